"""The recipe of the tutorial asks what the tutorial's commands ask, but for the departures that it declares."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from northstar.api.previewing import dry_run
from northstar.api.previewing.first_request import first_request
from northstar.benchmarks.registry import find_benchmark
from northstar.benchmarks.scicode.rows import to_row as scicode_row
from northstar.cli.app import app
from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.engine.preflight.preflight import Ready
from northstar.recipes.reading import chosen_run
from northstar.servers.arguments.arguments import server_words
from tests.tutorial import Tutorial, read_tutorial

pytestmark = pytest.mark.shared_data
RECIPE = "llama-nemotron-super-49b-v1.5:reasoning-on"
Asked = dict[str, Any]


@pytest.fixture
def tutorial(shared_data: Path) -> Tutorial:
    path = shared_data.parent / "tutorial.md"
    if not path.is_file():
        pytest.skip(f"NO TUTORIAL at {path}: its commands were not compared")
    return read_tutorial(path)


def first_line(path: Path) -> dict[str, Any]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return dict(json.loads(content.partition(b"\n")[0]))


@pytest.fixture
def data_dir(shared_data: Path, tmp_path: Path) -> Path:
    """A row of each benchmark, and the prompts of NeMo-Skills as if they had been fetched."""
    own = {name: first_line(shared_data / name / "test.jsonl") for name in ("math-500", "aime24", "aime25")}
    own["mmlu-pro"] = first_line(shared_data / "mmlu-pro/test.jsonl.gz")
    own["gpqa"] = {"Record ID": "r1", "Question": "Which?", "Correct Answer": "right"}
    own["gpqa"] |= {f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)}
    own["hle"] = {"id": "h1", "question": "What?", "answer": "that", "answer_type": "exactMatch", "image": ""}
    own["hle"] |= {"category": "Math"}
    rows: dict[str, Row | None] = {}
    for name, line in own.items():
        benchmark = find_benchmark(name)
        rows[f"{name}/{benchmark.splits.default}"] = benchmark.source(benchmark.splits.default).to_row(line, 0)  # type: ignore[union-attr]
    rows["livecodebench/test_v5_2410_2502"] = {"id": "l1", "problem": "Add.", "starter_code": "", "tests": []}
    rows["scicode/test"] = scicode_row(first_line(shared_data / "scicode/problems_test.jsonl"), 0)
    function = {"name": "f", "description": "F.", "parameters": {"type": "dict", "properties": {}, "required": []}}
    question = [[{"role": "user", "content": "Call f."}]]
    rows["bfcl_v3/test"] = {"id": "simple_0", "category": "simple", "question": question, "function": [function]}
    for name, row in rows.items():
        path = tmp_path / f"data/{name}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(row) + "\n")
    prompts = tmp_path / "data/prompts/nemo-skills/5e5a24f5"
    shutil.copytree(shared_data / "nemo-skills-prompts/5e5a24f5", prompts)
    (prompts / "sentences.py.txt").write_text(
        "class C:\n    FORMATTING_MESSAGE_WITH_STARTER_CODE = 'Use:'\n    FORMATTING_WITHOUT_STARTER_CODE = 'Read:'"
    )
    return tmp_path / "data"


def asked_by(monkeypatch: pytest.MonkeyPatch, words: Sequence[str]) -> dict[str, Asked]:
    """What a dry run of `ns` would ask of each benchmark: its first request, and all that decides the others."""
    found: dict[str, Asked] = {}

    def note(ready: Ready, _notes: Sequence[str]) -> str:
        for part in ready.loaded:
            request, opened = asyncio.run(first_request(part, ready.generate.server))
            judge = next(iter(ready.plan.judges_of(part.name)), None)
            found[part.benchmark.whole_name] = {
                "request": dict(request),
                "opened": opened,
                "split": part.plan.split,
                "seeds": part.plan.seeds,
                "rows": len(part.rows),
                "settings": part.plan.settings.model_dump(exclude={"use_client_parsing"}),
                "reads calls": part.reads_calls,
                "server": _started(ready.generate.server, of_tools=part.benchmark.tools),
                "judge": None if judge is None else judge.model_dump(exclude={"benchmarks"}),
            }
        return ""

    monkeypatch.setattr(dry_run, "describe", note)
    with pytest.raises(NorthstarError):  # there is no vLLM here
        typer.main.get_command(app).main([*words, "--dry_run"], standalone_mode=False)
    return found


def _started(server: ServerPlan, *, of_tools: bool) -> Asked:
    """How the server is started; the recipe's one server has the arguments that bfcl_v3 needs for all."""
    return {
        **server.model_dump(include={"type", "model", "gpus", "nodes", "replicas"}),
        "arguments": server_words(server) if of_tools else [],
    }


def without(words: Sequence[str], setting: Sequence[str]) -> list[str]:
    """The words without those that set the same."""
    names = {word.partition("=")[0] for word in setting}
    return [*(word for word in words if word.partition("=")[0] not in names), *setting]


def differences(first: Any, second: Any, path: str = "") -> list[str]:
    """The fields in which two values of JSON differ."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        names = dict.fromkeys((*first, *second))
        return [line for name in names for line in differences(first.get(name), second.get(name), f"{path}.{name}")]
    return [] if first == second else [f"{path}: {first} ≠ {second}"]


@pytest.mark.slow
def test_the_recipe_asks_what_the_commands_ask_but_for_the_departures_that_it_declares(
    tutorial: Tutorial, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTHSTAR_DATA_DIR", str(data_dir))
    monkeypatch.setenv("OPENAI_API_KEY", "abc")
    monkeypatch.chdir(tmp_path)
    declared = re.findall(r"here that is ([+-]\S+?)[.,](?:\s|$)", "\n".join(chosen_run(RECIPE).run.departures))
    assert [word.partition("=")[0] for word in declared] == ["++system_message", "--prompts", "--model"]
    by_commands: dict[str, Asked] = {}
    for command in tutorial.commands:
        words = shlex.split(command.replace("\\\n", " "))
        if words[:2] == ["ns", "eval"]:
            words = without(words[1:], [*declared, f"--output_dir={tmp_path}/out"])
            by_commands |= asked_by(monkeypatch, words)
    by_recipe = asked_by(monkeypatch, ["eval", f"--recipe={RECIPE}", f"--output_dir={tmp_path}/out"])
    assert set(by_recipe) == set(by_commands)
    assert len(by_recipe) == 9
    assert differences(by_commands, by_recipe) == []
    assert all(asked["request"]["max_tokens"] == 65536 for asked in by_recipe.values())
