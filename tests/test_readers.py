"""Every reader of a file fails in one sentence that names the file, or works, whatever the file holds."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from northstar.config.cluster import read_cluster
from northstar.core.errors import NorthstarError
from northstar.data.conversion import convert
from northstar.data.manifest import Manifest, manifest_path, read_manifest
from northstar.data.reading import read_records
from northstar.data.rows import RowFile
from northstar.importing.sources import find_sources
from northstar.jobs.job import read_job, recorded_jobs
from northstar.progress.progress_file import read_progress
from northstar.prompts.prompt import load_prompt
from northstar.provenance import provenance
from northstar.provenance.earlier_plan import is_unfinished
from northstar.reports.run_notes import known_by_name_only, left_to_the_server
from northstar.reports.summarize import summarize_results
from northstar.results.judgement_files import merge_judgements
from northstar.results.known_lengths import known_lengths
from northstar.servers.hosting.step_process import _read as read_rank
from tests.hostile_files import spoiled, with_odd_values

MUTATIONS = 60
RECORDS = b"".join(
    json.dumps(
        {
            "id": f"r{row}",
            "generation": "5",
            "predicted_answer": "5",
            "symbolic_correct": True,
            "finish_reason": "stop",
            "num_generated_tokens": 3,
            "num_prompt_tokens": 2,
            "generation_start_time": 1.0,
            "generation_end_time": 2.5,
        }
    ).encode()
    + b"\n"
    for row in range(2)
)
JUDGEMENTS = b'{"id": "r0", "judge": "j", "judge_correct": true}\n{"id": "r1", "judge": "j", "judge_correct": false}\n'
RUN = {
    "run_json": 1,
    "results": {"smoke.greedy": {"rows": 2, "model": "m", "model_content": "c", "said.root": "/m"}},
    "models": {"c": {"config.json": "0" * 32}},
    "answered_by": {"smoke.greedy": {"model": "m", "system_fingerprint": "fp"}},
    "runs": [
        {
            "ending": "done",
            "put_back": True,
            "plan": {"job": None, "rerun_done": True},
            "results": ["smoke.greedy"],
            "judges": {"j": {"generated": 2}},
            "known_by_name_only": {"m": "no hub"},
            "server": {"not_sent": ["temperature"]},
            "judge j": {"not_sent": ["top_p"]},
        }
    ],
}


@dataclass(frozen=True)
class Reader:
    """file: below a folder, which `read` is given. content: as the file should be. quiet: what it can't read, it says
    nothing of by design: others do.
    """

    file: str
    content: bytes
    read: Callable[[Path], object]
    is_json: bool = True
    quiet: bool = False


def rows(folder: Path) -> None:
    file = RowFile.open(folder / "test.jsonl", needs=("problem",))
    for number in range(len(file)):
        json.dumps(file.row(number), allow_nan=False)
    file.close()


def run_json(folder: Path) -> None:
    provenance.rows_asked(folder, "smoke.greedy")
    provenance.changed(folder, {"smoke.greedy": {"rows": 2, "model": "m", "model_content": "d"}})
    is_unfinished(folder, {"job": None})
    known_by_name_only(folder)
    left_to_the_server(folder)
    provenance.first_answered_by(folder, "smoke.greedy")
    (folder / "eval-logs").mkdir()
    provenance.forget(folder, provenance.register(folder, {"other.greedy": {}}, {"ending": None}, rerun=False))
    provenance.note_first_answer(folder, "smoke.greedy", {"model": "n"})
    provenance.add_description(folder, ["smoke.greedy"], {"root": "/m"})
    provenance.update_run(folder, 0, {"ending": "done"})
    json.loads((folder / "run.json").read_bytes())


def outputs(folder: Path) -> object:
    return summarize_results(folder, benchmarks=["smoke"]).metrics


def judged(folder: Path) -> object:
    results = folder / "eval-results/smoke"
    (results / "output.jsonl").write_bytes(RECORDS)
    merge_judgements(results, "j", None)
    return summarize_results(folder, benchmarks=["smoke"]).metrics


def metrics(folder: Path) -> object:
    (folder / "eval-results/smoke").mkdir()
    (folder / "eval-results/smoke/output.jsonl").write_bytes(RECORDS)
    for failure in summarize_results(folder).failures:
        raise NorthstarError(failure)
    return json.loads((folder / "eval-results/metrics.json").read_bytes())


def source(folder: Path) -> list[bytes]:
    (path,) = folder.glob("x.*")
    return [*convert(read_records(path, str(path)), str(path), lambda line, _: {**line, "id": line["id"]})]


def imported(folder: Path) -> object:
    (path,) = (folder / "x").iterdir()
    sources = find_sources(path)
    return [*sources.tool.read(path)]


def manifest(folder: Path) -> object:
    return read_manifest(folder / "test.jsonl")


MANIFEST = Manifest(
    "b", "test", "hub", "o/n", "x", "main", "0" * 64, "0" * 64, 1, "2026", "0.1.0", {"seed": 1}
).to_json()
RANK = b'{"host": "n1", "address": "10.0.0.1", "port": 5000, "token": "t", "devices": null}'
JOB = b'{"name": "summary", "summary": {"output_dir": "/out", "extra_benchmarks": ["/b.py"]}}'
PROGRESS = b'{"host": "h", "process": 1, "stage": "asking", "shards": {}}'
SUBMISSION = b'{"number": 1, "executor": "slurm", "cluster": "lab", "submitted": "x", "expname": "e", "command": []}'
PROMPT = b"system: be brief\nuser: |-\n  {{ problem }}\n"
CLUSTER = b"executor: slurm\nmounts: ['/a:/b']\ntimeouts: {gpu: 04:00:00}\n"

FOUND = b'{"id": "a", "problem": "p", "expected_answer": "1", "generation": "5", "seed": 0, "reasoning": "r"}\n' * 2
SAMPLES = b'{"doc": {"id": "a", "problem": "p"}, "target": "1", "resps": [["5", "6"]], "filter": "none"}\n' * 2
LOG = b"""{"status": "success", "eval": {"task": "t", "model": "m", "model_generate_config": {"temperature": 1}},
"samples": [{"id": "a", "epoch": 1, "input": "p", "target": ["1"],
"output": {"choices": [{"message": {"role": "assistant", "content": "5"},
"stop_reason": "stop"}], "usage": {"output_tokens": 5}}, "started_at": "2026-11-27T18:48:07.551408+00:00"}]}"""

READERS = {
    "rows": Reader("test.jsonl", b'{"id": "a", "problem": "p"}\n{"id": "b", "problem": ["q"]}\n', rows),
    "manifest": Reader(manifest_path(Path("test.jsonl")).name, MANIFEST, manifest),
    "run.json": Reader("run.json", json.dumps(RUN, indent=2).encode(), run_json),
    "outputs": Reader("eval-results/smoke/output.jsonl", RECORDS, outputs),
    "judged outputs": Reader("eval-results/smoke/judgements/j/output.jsonl", JUDGEMENTS, judged),
    "metrics.json": Reader("eval-results/metrics.json", b'{"aime24": {"pass@1": {"x": 1.0}}}', metrics),
    "lines of a source": Reader("x.jsonl", b'{"id": "a", "x": 1}\n{"id": "b", "x": 2}\n', source),
    "list of a source": Reader("x.json", b'[{"id": "a", "x": 1}, {"id": "b", "x": [2]}]', source),
    "table of a source": Reader("x.csv", b'id,text\na,"1\n2"\nb,e\n', source, is_json=False),
    "parquet of a source": Reader("x.parquet", b"PAR1e", source, is_json=False),
    "prompt": Reader("p.yaml", PROMPT, lambda folder: load_prompt(str(folder / "p.yaml")), is_json=False),
    "cluster": Reader("lab.yaml", CLUSTER, lambda folder: read_cluster(folder / "lab.yaml"), is_json=False),
    "imported records": Reader("x/output-rs0.jsonl", FOUND, imported),
    "imported samples": Reader("x/samples_t.jsonl", SAMPLES, imported),
    "imported log": Reader("x/log.json", LOG, imported),
    "rank of a step": Reader("rank-0.json", RANK, lambda folder: read_rank(folder / "rank-0.json")),
    "job": Reader("job.json", JOB, lambda folder: read_job(folder / "job.json")),
    "known lengths": Reader("output.jsonl", RECORDS, lambda folder: [*known_lengths(folder)], quiet=True),
    "progress": Reader("progress.json", PROGRESS, read_progress, quiet=True),
    "submissions": Reader("eval-logs/jobs/1/submission.json", SUBMISSION, recorded_jobs, quiet=True),
}


def read(reader: Reader, folder: Path, content: bytes) -> str:
    """What the reader says of this content: nothing where it takes it."""
    path = folder / reader.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return said_of(reader, folder)


def said_of(reader: Reader, folder: Path) -> str:
    path = folder / reader.file
    try:
        reader.read(folder)
    except NorthstarError as error:
        said = str(error)
        assert path.name in said
        assert "\n" not in said
        assert "3000" not in said
        assert "secret" not in said
        return said
    return ""


@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_what_is_as_it_should_be(name: str, tmp_path: Path) -> None:
    if name != "parquet of a source":
        assert read(READERS[name], tmp_path, READERS[name].content) == ""


@pytest.mark.parametrize("name", READERS)
def test_a_spoiled_file_is_one_sentence_or_is_read(name: str, tmp_path: Path) -> None:
    reader = READERS[name]
    for number, (how, content) in enumerate(spoiled(reader.content)):
        said = read(reader, tmp_path / str(number), content)
        if how in ("NULs", "brackets", "braces"):
            assert reader.quiet or said, how


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir], ids=["FIFO", "folder"])
@pytest.mark.parametrize("name", [name for name in READERS if not name.endswith(" of a source")])
def test_what_is_no_file_is_one_sentence_and_nobody_waits_for_it(
    name: str, make: Callable[[Path], None], tmp_path: Path
) -> None:
    reader = READERS[name]
    (tmp_path / reader.file).parent.mkdir(parents=True, exist_ok=True)
    make(tmp_path / reader.file)
    assert bool(said_of(reader, tmp_path)) != reader.quiet


@pytest.mark.parametrize("name", [name for name, reader in READERS.items() if reader.is_json])
def test_a_value_of_another_kind_is_one_sentence_or_is_read(name: str, tmp_path: Path) -> None:
    for number, (_, content) in enumerate(with_odd_values(READERS[name].content)):
        read(READERS[name], tmp_path / str(number), content)


@pytest.mark.parametrize("name", READERS)
def test_bytes_changed_at_random_are_one_sentence_or_are_read(name: str, tmp_path: Path) -> None:
    draw = random.Random(name)
    for number in range(MUTATIONS):
        content = bytearray(READERS[name].content)
        for _ in range(draw.randint(1, 4)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        read(READERS[name], tmp_path / str(number), bytes(content))
