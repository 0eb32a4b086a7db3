"""What stands in a file's place without being one is refused, wherever files are opened that a run reads or writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.benchmarks.registry import find_benchmark, own_benchmarks
from northstar.benchmarks.scicode.completing import given_code
from northstar.benchmarks.scicode.targets import check_targets
from northstar.config.cluster import find_cluster, read_cluster
from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.lock import locked
from northstar.core.regular import check_regular
from northstar.data.attachments import Attachments
from northstar.data.manifest import read_manifest
from northstar.data.rows import RowFile
from northstar.jobs.job import SUBMISSION_FILE, read_job, read_records
from northstar.prompts.prompt import load_prompt
from northstar.results.judgement_files import judge_of, merge_judgements
from northstar.results.known_lengths import known_lengths
from northstar.results.layout import Shard
from northstar.results.leftovers import remove_leftovers
from northstar.results.outputs import finish_joining
from northstar.results.state import done_path, finished_shards, has_generations
from northstar.servers.hosting.server_log import log_tail

OPTION_FILES: list[tuple[str, Callable[[Path], object]]] = [
    ("mine.py", lambda file: find_benchmark("mine", [file])),
    ("mine.py", lambda file: find_benchmark("mine", [file.parent])),
    ("mine.py", lambda file: own_benchmarks([file.parent])),
    ("slurm.yaml", read_cluster),
    ("slurm.yaml", lambda file: find_cluster("slurm", file.parent)),
    ("mine.yaml", lambda file: load_prompt(str(file))),
    ("test_data.h5", check_targets),
    ("13.6.txt", lambda file: given_code("13.6", file.parent)),
]
SHARD = Shard("aime24", 0, range(3))
CHUNK = Shard("aime24", 0, range(3), 0, 2)


def lock(folder: Path) -> None:
    with locked(folder / ".output-rs0.lock", "output"):
        pass


def write(folder: Path) -> None:
    with whole_file(folder / "output-rs0.jsonl") as file:
        file.write(b"{}\n")


def remove_leftovers_beside(folder: Path, output: str) -> None:
    (folder / output).touch()
    remove_leftovers(folder)


PLACES: list[tuple[str, Callable[[Path], object]]] = [
    (".output-rs0.lock", lock),
    ("output-rs0.jsonl", write),
    ("output-rs0.jsonl", lambda folder: done_path(folder, SHARD)),
    ("output-rs0.jsonl", lambda folder: finish_joining(folder, CHUNK)),
    ("output-rs0_chunk_0-of-2.jsonl", lambda folder: finish_joining(folder, CHUNK)),
    ("output-rs0.jsonl", lambda folder: finished_shards(folder, "aime24", [0])),
    ("output-rs0.jsonl", lambda folder: judge_of(folder / "output-rs0.jsonl")),
    ("output-rs0.jsonl", lambda folder: merge_judgements(folder, "judge", 0)),
    ("output-rs0.jsonl", lambda folder: RowFile.open(folder / "output-rs0.jsonl")),
    ("output-rs0.manifest.json", lambda folder: read_manifest(folder / "output-rs0.jsonl")),
    ("job.json", lambda folder: read_job(folder / "job.json")),
    ("output-rs0.jsonl.journal", lambda folder: has_generations(folder, 0)),
    ("output-rs0_chunk_0-of-2.jsonl", lambda folder: remove_leftovers_beside(folder, "output-rs0.jsonl")),
    ("image.png", lambda folder: Attachments(folder).read({"file": "image.png", "sha256": "0" * 64})),
]


@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a FIFO"), (Path.mkdir, "a folder")])
@pytest.mark.parametrize(("name", "use"), PLACES)
def test_it_is_refused_with_a_sentence_and_nobody_waits_for_it(
    tmp_path: Path, name: str, use: Callable[[Path], object], make: Callable[[Path], None], kind: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(NorthstarError) as refusal:
        use(tmp_path)
    assert str(refusal.value) == f"{tmp_path / name} is {kind} where a file should be; move it away."


@pytest.mark.parametrize(("name", "read"), OPTION_FILES)
def test_a_file_that_an_option_names_is_refused_as_one_that_is_no_file(
    tmp_path: Path, name: str, read: Callable[[Path], object]
) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(
        UsageError, match=r"a FIFO where a file should be|no ordinary file|not a regular file"
    ) as refusal:
        read(tmp_path / name)
    assert name in str(refusal.value)


def test_a_record_of_jobs_that_is_no_file_is_named(tmp_path: Path) -> None:
    place = tmp_path / "eval-logs" / "jobs" / "001"
    place.mkdir(parents=True)
    os.mkfifo(place / SUBMISSION_FILE)
    assert read_records(tmp_path) == (
        [],
        [f"{place / SUBMISSION_FILE} is a FIFO where a file should be; move it away."],
    )


def test_what_is_only_good_to_know_is_done_without(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "output-rs0.jsonl")
    assert list(known_lengths(tmp_path)) == []
    assert log_tail(tmp_path / "output-rs0.jsonl") == []


def test_a_file_a_link_to_one_and_nothing_at_all_are_fine(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link", "missing"):
        check_regular(tmp_path / name)
