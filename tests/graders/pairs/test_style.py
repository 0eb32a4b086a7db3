"""How an answer is written, counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from northstar.graders.pairs.style import Style, difference, style_of


@pytest.mark.shared_data
def test_headers_lists_and_bold_are_counted_as_their_authors_do_on_all_750_answers(shared_data: Path) -> None:
    with gzip.open(shared_data / "arena-hard-v2/o3-mini-2025-01-31.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    ours = [style_of(record["messages"][-1]["content"]["answer"]) for record in records]
    theirs = [
        [sum(record["metadata"][f"{name}_count"].values()) for name in ("header", "list", "bold")] for record in records
    ]
    assert [list(style[1:]) for style in ours] == theirs
    tokens = np.array([record["metadata"]["token_len"] for record in records])
    assert np.corrcoef(tokens, [style.length for style in ours])[0, 1] > 0.95


def test_the_difference_of_two_is_between_minus_one_and_one_and_turns_with_them() -> None:
    one, other = Style(300, 3, 0, 9), Style(100, 0, 2, 1)
    assert difference(one, other) == [-each for each in difference(other, one)]
    assert difference(one, other)[0] == 0.5
    assert difference(one, other)[1] == pytest.approx(0.01 / 1.01)


def test_an_empty_answer_has_a_style() -> None:
    assert difference(style_of(""), style_of("")) == [0.0, 0.0, 0.0, 0.0]
    assert difference(style_of("one"), style_of(""))[0] == 1.0


def test_marks_in_code_are_none() -> None:
    assert style_of("```\n# no\n- no\n**no**\n```")[1:] == (0, 0, 0)
