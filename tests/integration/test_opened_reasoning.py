"""A model whose template opens <think> in the prompt: what never ended is no answer, and the run says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.api.evaluation import make_plan
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.engine.counters import RunCounters
from northstar.engine.worker import do
from northstar.models.failures import ServerUnusable
from tests.mock_server import Behaviour, MockServer, boxed, failing, serving

pytestmark = pytest.mark.slow

TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<bot>"
OPENS = TEMPLATE + "{% if '/no_think' in messages[-1].content %}<think></think>{% else %}<think>\n{% endif %}"


def model(path: Path, template: str = OPENS) -> str:
    path.mkdir()
    (path / "config.json").write_text("{}")
    (path / "chat_template.jinja").write_text(template)
    return str(path)


def half_unfinished(message: str, seed: int | None) -> str:
    """With seed 0 the model never stops reasoning, and has the right answer in its reasoning."""
    answer = boxed(message, seed, right=1)
    return f"It is {answer}, or is it?" if seed == 0 else f"It is.</think>{answer}"


def run(out: Path, name: str, behaviour: Behaviour, *overrides: str, benchmarks: str = "smoke:2") -> MockServer:
    async def main() -> MockServer:
        async with serving(behaviour) as server:
            model = ServerOptions(model=name, address=server.address)
            asked = EvalOptions(benchmarks=benchmarks, output_dir=out, server=model, overrides=overrides)
            await do(make_plan(asked), RunCounters())
            return server

    return asyncio.run(main())


def records(out: Path, seed: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / f"eval-results/smoke/output-rs{seed}.jsonl").read_text().splitlines()]


def facts(out: Path) -> list[dict[str, Any]]:
    return [one["server"].get("reasoning", {}) for one in json.loads((out / "run.json").read_text())["runs"]]


def test_what_never_ended_is_no_answer_and_the_run_says_why(tmp_path: Path) -> None:
    name = model(tmp_path / "m")
    run(tmp_path / "out", name, Behaviour(answer=half_unfinished, models=(name,)))
    unfinished, finished = records(tmp_path / "out", 0), records(tmp_path / "out", 1)
    assert {(one["reasoning_unfinished"], one["generation"], one["predicted_answer"]) for one in unfinished} == {
        (True, "", None)
    }
    assert not any("reasoning_unfinished" in one or one["generation"] == "" for one in finished)
    assert facts(tmp_path / "out") == [{"smoke": {"user": "the prompt opens <think>"}}]


def test_where_the_template_closes_it_for_the_messages_all_answers_count(tmp_path: Path) -> None:
    name = model(tmp_path / "m")
    (tmp_path / "my.yaml").write_text("user: '{{ problem }} /no_think'")
    prompt = f"++prompt_config={tmp_path / 'my.yaml'}"
    run(tmp_path / "out", name, Behaviour(answer=half_unfinished, models=(name,)), prompt)
    assert all(one["predicted_answer"] for one in records(tmp_path / "out", 0))
    assert facts(tmp_path / "out") == [{"smoke": {"user": "the prompt opens none"}}]


def test_the_samples_that_a_later_run_asks_are_read_alike(tmp_path: Path) -> None:
    name = model(tmp_path / "m")
    once = Behaviour(answer=half_unfinished, models=(name,), first=(None,) * 10, always=failing(500, "No."))
    with pytest.raises(ServerUnusable):
        run(tmp_path / "out", name, once, "++max_retries=0", "++max_concurrent_requests=1")
    run(tmp_path / "out", name, Behaviour(answer=half_unfinished, models=(name,)))
    assert {one.get("reasoning_unfinished") for one in records(tmp_path / "out", 0)} == {True}
    assert facts(tmp_path / "out") == [{"smoke": {"user": "the prompt opens <think>"}}] * 2


def test_an_answer_of_a_hosted_model_is_taken_as_it_is(tmp_path: Path) -> None:
    run(tmp_path / "out", "mock", Behaviour(answer=half_unfinished))
    assert all(one["predicted_answer"] for one in records(tmp_path / "out", 0))


def judged(tmp_path: Path, verdict: Callable[[str, int | None], str]) -> list[dict[str, Any]]:
    """Verdicts on hle of a model whose template opens <think>."""
    name = model(tmp_path / "m")
    row = {"problem": "What is 2 + 3?", "expected_answer": "five", "answer_type": "exactMatch", "category": "Math"}
    (tmp_path / "data/hle").mkdir(parents=True)
    rows = "".join(json.dumps({"id": f"q{number}", **row}) + "\n" for number in range(4))
    (tmp_path / "data/hle/text.jsonl").write_text(rows)

    async def main() -> None:
        async with serving(Behaviour()) as server, serving(Behaviour(answer=verdict, models=(name,))) as judge:
            asked = EvalOptions(
                benchmarks="hle:1",
                data_dir=tmp_path / "data",
                output_dir=tmp_path / "out",
                server=ServerOptions(model="mock", address=server.address),
                judge=JudgeOptions(server=ServerOptions(model=name, address=judge.address)),
            )
            await do(make_plan(asked), RunCounters())

    asyncio.run(main())
    (file,) = (tmp_path / "out/eval-results/hle/judgements").glob("*/output-rs0.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize(("reasoning", "unparsed"), [("Hm.", True), ("Hm.</think>", False)])
def test_a_judge_that_never_ended_its_reasoning_gave_no_verdict(tmp_path: Path, reasoning: str, unparsed: bool) -> None:
    verdicts = judged(tmp_path, lambda message, seed: f"{reasoning}\nJudgement: Yes")
    assert {bool(one.get("judge_unparsed")) for one in verdicts} == {unparsed}
