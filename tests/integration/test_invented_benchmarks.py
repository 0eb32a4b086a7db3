"""Each benchmark from its file on the hub to its table: prepared, asked, graded and summed up, all in one run."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.registry import find_benchmark
from northstar.data.source import HubFile, HubFiles, hub_files
from northstar.prompts.prompt import load_prompt
from tests.integration.invented_benchmarks import INVENTED, file_of
from tests.mock_server import Behaviour, serving

ROOT = Path(__file__).parents[2]
UNPINNED_BYTES = """
import dataclasses
from northstar.benchmarks.registry import find_benchmark
from northstar.data.source import HubFile, hub_files
WHOLE = find_benchmark({name!r})
def known(source):
    files = tuple(dataclasses.replace(file, sha256=None) for file in hub_files(source))
    return files[0] if isinstance(source, HubFile) else dataclasses.replace(source, files=files)
NAMED = {{name: known(source) for name, source in WHOLE.splits.named.items()}}
BENCHMARK = dataclasses.replace(WHOLE, splits=dataclasses.replace(WHOLE.splits, named=NAMED))
"""
"""The benchmark itself, but for the checksum of its file: invented rows have another."""


@dataclass(frozen=True)
class Done:
    """A run over all of them.

    Attributes:
        listed: What `ns prepare_data --list` printed afterwards.
        planned: What its dry run printed.
        printed: What `ns eval` printed.
    """

    data: Path
    out: Path
    listed: str = ""
    planned: str = ""
    printed: str = ""

    def rows(self, name: str) -> list[dict[str, Any]]:
        path = self.data / name / f"{find_benchmark(name).splits.default}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def metrics(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / f"eval-results/{name}/metrics.json").read_text())[name]
        return found


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("invented")
    hub, data, extra = folder / "hub", folder / "data", folder / "extra"
    extra.mkdir()
    for name, invented in INVENTED.items():
        for path, lines in invented.files.items():
            file = hub / invented.repo / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(file_of(path, lines))
        (extra / f"{name}.py").write_text(UNPINNED_BYTES.format(name=name))
    environment = {"NORTHSTAR_DATA_DIR": str(data), "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_XET": "1"}

    def ns(*words: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "northstar", *words, f"--extra_benchmarks={extra}"],
            env={**os.environ, **environment, **more},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    words = [sys.executable, "-m", "tests.integration.local_hub", str(hub)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ns("prepare_data", *INVENTED, HF_ENDPOINT=server.stdout.readline().strip())
        server.kill()
    run = Done(data, folder / "out")
    answers = {
        load_prompt(find_benchmark(name).prompt).messages(row)[-1]["content"]: invented.right(row)
        for name, invented in INVENTED.items()
        for row in run.rows(name)
    }

    async def evaluate() -> list[str]:
        async with serving(Behaviour(answer=lambda message, seed: answers[message])) as mock:
            asked = f"--benchmarks={','.join(INVENTED)}"
            words = ("eval", asked, f"--output_dir={run.out}", "--model=mock", f"--server_address={mock.address}")
            return [await asyncio.to_thread(ns, *words, *more) for more in (("--dry_run",), ())]

    planned, printed = asyncio.run(evaluate())
    return replace(run, listed=ns("prepare_data", "--list"), planned=planned, printed=printed)


@pytest.mark.parametrize("name", INVENTED)
def test_its_rows_are_made_from_the_columns_of_its_source(done: Done, name: str) -> None:
    rows = done.rows(name)
    assert len(rows) == INVENTED[name].rows
    assert {key: rows[0][key] for key in INVENTED[name].row} == INVENTED[name].row


@pytest.mark.parametrize("name", INVENTED)
def test_its_files_are_those_of_the_source(done: Done, name: str) -> None:
    source = find_benchmark(name).source(find_benchmark(name).splits.default)
    assert isinstance(source, HubFile | HubFiles)
    assert {file.path for file in hub_files(source)} == set(INVENTED[name].files)
    assert {file.repo for file in hub_files(source)} == {INVENTED[name].repo}


@pytest.mark.parametrize("name", INVENTED)
def test_right_answers_are_graded_as_right_and_summed_up(done: Done, name: str) -> None:
    mode = done.metrics(name)["pass@1"]
    assert mode["num_entries"] == INVENTED[name].rows
    assert {key: mode[key] for key in INVENTED[name].shown} == INVENTED[name].shown


@pytest.mark.parametrize("name", INVENTED)
def test_its_first_request_is_shown_by_the_dry_run(done: Done, name: str) -> None:
    _, _, request = done.planned.partition(f"--- {name}: its first request, to /chat/completions ---")
    first = done.rows(name)[0]
    assert first["problem"].partition("\n")[0] in request.partition("\n---")[0].replace("\\\\", "\\")


@pytest.mark.parametrize("name", INVENTED)
def test_it_is_listed_as_prepared_and_has_its_table(done: Done, name: str) -> None:
    [line] = [each for each in done.listed.splitlines() if each.split()[:1] == [name]]
    assert "prepared" in line
    assert f" {name} " in done.printed
