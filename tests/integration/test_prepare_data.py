"""`ns prepare_data` with the real hub client, against a hub that serves, refuses, breaks and lies."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from tests.conftest import Ns
from tests.integration.conftest import Prepare


def faults(hub: Path, **said: Any) -> None:
    (hub / "math-ai/aime25/.faults.json").write_text(json.dumps(said))


def written(data_dir: Path) -> list[str]:
    found = (path for path in data_dir.rglob("*") if path.is_file() and not path.name.endswith(".lock"))
    return sorted(str(path.relative_to(data_dir)) for path in found)


def test_rows_and_manifest_are_written(prepare: Prepare, data_dir: Path) -> None:
    done = prepare("aime25")
    assert done.returncode == 0, done.stderr
    assert "aime25: 5 rows in" in done.stdout
    content = (data_dir / "aime25/test.jsonl").read_bytes()
    assert json.loads(content.splitlines()[1]) == {"id": "1", "problem": "What is 1 + 1?", "expected_answer": "2"}
    manifest = json.loads((data_dir / "aime25/test.manifest.json").read_text())
    assert manifest["repo"] == "math-ai/aime25"
    assert manifest["revision"] == "563bb8404243c5f09de6ec262f2db674fe5bce9b"
    assert manifest["rows"] == 5
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()


def test_another_number_of_rows_than_is_known_is_said_each_time(prepare: Prepare) -> None:
    for _ in range(2):
        done = prepare("aime25")
        assert "note: aime25 has 5 rows here, but 30 are expected: math-ai/aime25 or a mirror" in done.stderr
    assert "expected" not in prepare("smoke").stderr


def test_what_is_there_is_not_fetched_again(prepare: Prepare, hub: Path) -> None:
    prepare("aime25")
    faults(hub, status=503)
    done = prepare("aime25")
    assert (done.returncode, "(up to date)" in done.stdout) == (0, True)


def test_leading_zeros_of_an_answer_are_none_of_it(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    folder = hub / "HuggingFaceH4/aime_2024/data"
    folder.mkdir(parents=True)
    rows = [{"id": 60, "problem": "p", "solution": "s", "answer": "025", "url": "u", "year": "2024"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "train-00000-of-00001.parquet")
    assert prepare("aime24").returncode == 0
    row = json.loads((data_dir / "aime24/test.jsonl").read_text())
    assert row == {"id": "60", "problem": "p", "expected_answer": "25", "url": "u"}


BRANCHY = """
from dataclasses import replace
from northstar.benchmarks.mathematics.aime25 import BENCHMARK as AIME25
from northstar.task.benchmark import Splits
ROWS = replace(AIME25.splits.named["test"], revision="main", sha256=None)
BENCHMARK = replace(AIME25, name="mine", splits=Splits({"test": ROWS}))
"""


@pytest.fixture
def branchy(tmp_path: Path) -> str:
    """A user's benchmark that names a branch, not a commit."""
    (tmp_path / "mine.py").write_text(BRANCHY)
    return f"--extra_benchmarks={tmp_path}/mine.py"


def test_a_branch_is_pinned_to_the_commit_it_was(prepare: Prepare, data_dir: Path, branchy: str) -> None:
    assert prepare("mine", branchy).returncode == 0
    assert len(json.loads((data_dir / "mine/test.manifest.json").read_text())["revision"]) == 40


def test_a_branch_that_moved_on_is_taken_by_force_alone(
    prepare: Prepare, hub: Path, data_dir: Path, branchy: str
) -> None:
    assert prepare("mine", branchy).returncode == 0
    first = (data_dir / "mine/test.jsonl").read_bytes()
    (data_dir / "mine/test.jsonl").unlink()
    with (hub / "math-ai/aime25/test.jsonl").open("a") as file:
        file.write('{"id": 9, "problem": "new", "answer": "1"}\n')
    faults(hub, commit="0123456789" * 4)
    assert prepare("mine", branchy).returncode == 0
    assert (data_dir / "mine/test.jsonl").read_bytes() == first  # of the commit that was recorded
    assert prepare("mine", branchy, "--force").returncode == 0
    assert b'"new"' in (data_dir / "mine/test.jsonl").read_bytes()


SEVERAL = """
from dataclasses import replace
from northstar.benchmarks.mathematics.aime25 import BENCHMARK as AIME25
from northstar.data.source import UNPINNED, HubFiles
from northstar.task.benchmark import Splits
ROWS = replace(AIME25.splits.named["test"], revision=UNPINNED)
FILES = HubFiles((ROWS, replace(ROWS, path="more.jsonl")))
BENCHMARK = replace(AIME25, name="mine", splits=Splits({"test": FILES}))
"""


def test_all_files_of_a_branch_that_moves_meanwhile_are_of_one_commit(
    prepare: Prepare, hub: Path, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(SEVERAL)
    (hub / "math-ai/aime25/more.jsonl").write_text('{"id": 9, "problem": "more", "answer": "1"}\n')
    faults(hub, moves=True)
    for more in ((), ("--force",)):
        assert prepare("mine", f"--extra_benchmarks={tmp_path}/mine.py", *more).returncode == 0
        recorded = json.loads((data_dir / "mine/test.manifest.json").read_text())["revision"]
        fetched = (tmp_path / "hf/hub/datasets--math-ai--aime25/snapshots").iterdir()
        assert [folder.name for folder in fetched] == [recorded]


def test_another_file_at_the_recorded_commit_is_refused(
    prepare: Prepare, hub: Path, data_dir: Path, tmp_path: Path, branchy: str
) -> None:
    assert prepare("mine", branchy).returncode == 0
    (data_dir / "mine/test.jsonl").unlink()
    shutil.rmtree(tmp_path / "hf")
    with (hub / "math-ai/aime25/test.jsonl").open("a") as file:
        file.write('{"id": 9, "problem": "new", "answer": "1"}\n')
    refused = prepare("mine", branchy)
    assert (refused.returncode, "the source of mine has changed since" in refused.stderr) == (1, True)
    assert written(data_dir) == ["mine/test.manifest.json"]


FINISHED = """
import contextlib, hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from northstar.benchmarks.mathematics.aime25 import BENCHMARK as AIME25
from northstar.data.source import HubFiles
from northstar.task.benchmark import Splits
BESIDE = Path(__file__).with_name("beside.txt")
@dataclass(frozen=True)
class Finisher:
    facts: dict
    def __call__(self, row):
        return row
@contextlib.contextmanager
def finishing(preparation):
    yield Finisher({"beside_sha256": hashlib.sha256(BESIDE.read_bytes()).hexdigest()})
ROWS = HubFiles((AIME25.splits.named["test"],), finishing=finishing)
BENCHMARK = replace(AIME25, name="mine", splits=Splits({"test": ROWS}))
"""


def test_a_file_that_completes_the_rows_is_held_to_the_checksum_of_the_first_preparation(
    prepare: Prepare, data_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(FINISHED)
    (tmp_path / "beside.txt").write_text("first")
    assert prepare("mine", f"--extra_benchmarks={tmp_path}/mine.py").returncode == 0
    (tmp_path / "beside.txt").write_text("second")
    (data_dir / "mine/test.jsonl").unlink()
    refused = prepare("mine", f"--extra_benchmarks={tmp_path}/mine.py")
    assert (refused.returncode, "the source of mine has changed since" in refused.stderr) == (1, True)
    assert prepare("mine", f"--extra_benchmarks={tmp_path}/mine.py", "--force").returncode == 0


def test_a_pinned_file_that_was_fetched_before_takes_no_network(
    prepare: Prepare, data_dir: Path, ns: Ns, tmp_path: Path
) -> None:
    assert prepare("aime25").returncode == 0
    shutil.rmtree(data_dir)
    nowhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    assert ns("prepare_data", "aime25", **nowhere).returncode == 0


@pytest.mark.parametrize(
    ("trouble", "environment", "said"),
    [
        ({"gated": True}, {}, "is gated: accept its terms at http"),
        ({"gated": True}, {"HF_TOKEN": "hf_secret"}, "is gated"),
        ({"private": True}, {}, "there is no dataset math-ai/aime25"),
        ({"etag": "wrong"}, {}, "has the wrong checksum"),
        ({"status": 418}, {}, "answered HTTP 418"),
        (
            {"expired": True},
            {"HF_TOKEN": "hf_secret"},
            "refuses the token in HF_TOKEN for test.jsonl of the dataset math-ai/aime25",
        ),
        ({"kept_at": "http://127.0.0.1:9/f?signature=x"}, {}, "from http://127.0.0.1:9, where the hub at http://127"),
        ({}, {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set, so nothing is downloaded. Unset it, or take"),
        ({"cut": True}, {}, "test.jsonl of the dataset math-ai/aime25"),
        ({}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot fetch test.jsonl"),
    ],
    ids=[
        "gated",
        "gated to this token",
        "private",
        "wrong hash",
        "error",
        "token",
        "data host",
        "offline",
        "interrupted",
        "no network",
    ],
)
@pytest.mark.slow
def test_trouble_is_one_sentence_and_leaves_nothing(
    prepare: Prepare, hub: Path, data_dir: Path, trouble: dict[str, Any], environment: dict[str, str], said: str
) -> None:
    faults(hub, **trouble)
    done = prepare("aime25", **environment)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout
    assert written(data_dir) == []


def test_what_failed_its_checksum_is_not_taken_from_the_cache_next_time(
    prepare: Prepare, hub: Path, data_dir: Path
) -> None:
    faults(hub, etag="wrong")
    for _ in range(2):
        done = prepare("aime25")
        assert (done.returncode, "has the wrong checksum" in done.stderr) == (1, True), done.stderr
    assert written(data_dir) == []
    faults(hub)
    assert prepare("aime25").returncode == 0


def test_a_file_that_cannot_be_read_is_kept_until_force_fetches_another(prepare: Prepare, hub: Path) -> None:
    file = hub / "math-ai/aime25/test.jsonl"
    right = file.read_text()
    file.write_text("<html>Log in to the network first</html>")
    assert prepare("aime25").returncode == 1
    file.write_text(right)
    kept = prepare("aime25")
    assert "not JSON" in kept.stderr
    assert "If it was damaged on its way, --force fetches it again." in kept.stderr
    assert prepare("aime25", "--force").returncode == 0


def test_a_missing_repository_and_file_are_said(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    (hub / "math-ai/aime25/test.jsonl").unlink()
    assert "there is no file test.jsonl" in prepare("aime25").stderr
    shutil.rmtree(hub / "math-ai/aime25")
    assert "there is no dataset math-ai/aime25" in prepare("aime25").stderr
    assert written(data_dir) == []


def test_a_row_that_is_not_as_expected_is_named(prepare: Prepare, hub: Path, data_dir: Path) -> None:
    (hub / "math-ai/aime25/test.jsonl").write_text(
        '{"id": 1, "problem": "p", "answer": "1"}\n{"id": 2, "problem": "p"}\n'
    )
    done = prepare("aime25")
    assert (done.returncode, "test.jsonl, record 2: it has no 'answer'." in done.stderr) == (1, True)
    assert written(data_dir) == []


def test_one_that_fails_does_not_stop_the_others(prepare: Prepare, data_dir: Path) -> None:
    done = prepare("math-500", "smoke")
    assert done.returncode == 1
    assert "math-500: there is no dataset HuggingFaceH4/MATH-500" in done.stderr
    assert written(data_dir) == ["smoke/test.jsonl", "smoke/test.manifest.json"]


def test_a_lost_network_is_one_sentence_with_the_list_of_what_was_not_prepared(prepare: Prepare) -> None:
    done = prepare("math-500", "smoke", "aime25", "gpqa", HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.count("Check the network") == done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: cannot reach http://127.0.0.1:9 (")
    assert done.stderr.endswith(" Not prepared: math-500, aime25, gpqa.\n")
    assert "smoke: 24 rows" in done.stdout


def test_a_folder_that_cannot_be_written_is_named(prepare: Prepare, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = prepare("smoke", f"--data_dir={tmp_path}/file")
    assert (done.returncode, f"cannot write to --data_dir={tmp_path}/file" in done.stderr) == (1, True)


def test_a_full_disk_is_said_and_leaves_nothing(prepare: Prepare, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("NO FULL DISK TO TRY: mounting a small tmpfs needs root")
    try:
        (small / "filler").write_bytes(b"x" * 4096)
        done = prepare("smoke", f"--data_dir={small}")
        assert (done.returncode, "No space left on device" in done.stderr) == (1, True), done.stderr
        assert [path for path in written(small) if path != "filler"] == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.shared_data
def test_the_real_files_are_those_that_are_pinned(
    prepare: Prepare, hub: Path, data_dir: Path, shared_data: Path
) -> None:
    (hub / "HuggingFaceH4/MATH-500").mkdir(parents=True)
    shutil.copy(shared_data / "math-500/test.jsonl", hub / "HuggingFaceH4/MATH-500/test.jsonl")
    done = prepare("math-500")
    assert done.returncode == 0, done.stderr
    assert json.loads((data_dir / "math-500/test.manifest.json").read_text())["rows"] == 500
