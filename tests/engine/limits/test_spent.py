"""What an output folder has spent, from its outputs and journals."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.bounds.limits import Limits, Price
from northstar.core.errors import NorthstarError
from northstar.engine.limits.spent import spending_of


def folder(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / "eval-results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


OUTPUT = '{"num_prompt_tokens":10,"num_generated_tokens":5}\n{"num_prompt_tokens":1}\n'
JOURNAL = (
    '{"crc":"0","journal":2,"benchmark":"b","seed":1,"first_row":0,"rows":3}\n'
    '{"row":0,"turn":{"name":"a","num_prompt_tokens":7,"num_generated_tokens":1}}\n'
    '{"row":0,"generation":{"generation":"","num_prompt_tokens":20,"num_generated_tokens":2}}\n'
    '{"row":1,"turn":{"name":"a","num_prompt_tokens":100,"num_generated_tokens":3}}\n'
    '{"row":2,"generation":{"gener'
)


def test_outputs_and_journals_count_once_each(tmp_path: Path) -> None:
    there = folder(tmp_path, {"b/output-rs0.jsonl": OUTPUT, "b/output-rs1.jsonl.journal": JOURNAL})
    assert spending_of(Limits(tokens=1), there).tokens == 16 + 22 + 103


def test_turns_of_an_attempt_that_began_again_count_beside_the_others(tmp_path: Path) -> None:
    turn = '{"row":0,"turn":{"name":"%s","num_prompt_tokens":10,"num_generated_tokens":5}}\n'
    whole = '{"row":0,"generation":{"generation":"","num_prompt_tokens":10,"num_generated_tokens":5}}\n'
    there = folder(tmp_path, {"b/output.jsonl.journal": turn % "0.0" + turn % "1.0" + whole})
    assert spending_of(Limits(tokens=1), there).tokens == 30


def test_judges_count_at_their_own_price(tmp_path: Path) -> None:
    there = folder(tmp_path, {"b/output-rs0.jsonl": OUTPUT, "b/judgements/j/output-rs0.jsonl": OUTPUT})
    prices = {"": Price(input=1e6, output=0), "j": Price(input=0, output=1e6)}
    spending = spending_of(Limits(cost=1, prices=prices), there)
    assert (spending.tokens, spending.cost) == (32, 11 + 5)


def test_a_judge_without_a_price_is_refused(tmp_path: Path) -> None:
    there = folder(tmp_path, {"b/judgements/other/output-rs0.jsonl": OUTPUT})
    with pytest.raises(NorthstarError, match="holds what another judge has spent"):
        spending_of(Limits(cost=1, prices={"": Price(input=1, output=1)}), there)
