"""How `ns eval`, `ns summarize_results` and `ns recipes` take recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.cli.app import main


def ended(words: list[str]) -> object:
    with pytest.raises(SystemExit) as end:
        main(words)
    return end.value.code


def test_an_evaluation_needs_benchmarks_or_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["eval", f"--output_dir={tmp_path}"]) == 2
    assert "missing option '--benchmarks', or a --recipe that names them." in capsys.readouterr().err


@pytest.mark.parametrize("word", ["--format=csv", "--max_samples=3", "other"])
def test_a_verdict_is_on_one_whole_run(tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str) -> None:
    recipe = "--recipe=nemotron-nano-9b-v2"
    assert ended(["summarize_results", str(tmp_path), recipe, word]) == 2
    assert "--recipe takes one folder, all of its rows, and --format=text, markdown or json." in capsys.readouterr().err


def test_recipes_are_listed_and_one_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["recipes"]) == 0
    assert "llama-nemotron-super-49b-v1.5:reasoning-off" in capsys.readouterr().out
    assert ended(["recipes", "nemotron-nano-9b-v2:reasoning-on"]) == 0
    shown = capsys.readouterr().out
    assert "++inference.temperature=0.6" in shown
    assert "generic/general-boxed" in shown


def test_an_unknown_recipe_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(["recipes", "nemotron"]) == 2
    assert capsys.readouterr().err.startswith("error: there is no recipe 'nemotron'.")
