"""What a model's generation_config recommends; the file may be anything."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from northstar.models.generation_config import recommended_sampling


def read(folder: Path, text: str) -> dict[str, float]:
    (folder / "generation_config.json").write_text(text)
    return dict(recommended_sampling(str(folder)))


def test_sampling_values_are_read_and_others_left_alone(tmp_path: Path) -> None:
    text = '{"do_sample": true, "temperature": 0.6, "top_k": 20, "eos_token_id": [1, 2], "repetition_penalty": 1.05}'
    assert read(tmp_path, text) == {"temperature": 0.6, "top_k": 20, "repetition_penalty": 1.05}


def test_values_that_change_nothing_are_no_recommendation(tmp_path: Path) -> None:
    assert read(tmp_path, '{"top_k": 0, "repetition_penalty": 1.0, "min_p": 0.0}') == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"top_k": true, "top_p": "0.8", "min_p": null, "temperature": [0.6]}',
        '{"top_k": NaN, "top_p": Infinity, "min_p": 1e999}',
        '{"top_k": 1' + "0" * 3_000 + "}",
    ],
)
def test_what_is_no_recommendation_is_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


def test_a_file_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "generation_config.json")
    assert recommended_sampling(str(tmp_path)) == {}


def test_a_model_without_the_file_recommends_nothing(tmp_path: Path) -> None:
    assert recommended_sampling(str(tmp_path / "gone")) == {}
