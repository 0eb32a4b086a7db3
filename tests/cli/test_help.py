"""What the help of `ns eval` says first, and that its examples can be typed."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from northstar.cli.app import app
from northstar.cli.commands.eval import SETTINGS_HELP, eval_
from northstar.config.overrides import known_keys, parse_overrides
from northstar.recipes.reading import chosen_run

ABOUT = eval_.__doc__ or ""
EXAMPLES = [line.strip() for line in re.findall(r"^ *(ns eval .*)$", ABOUT.replace("\\\n", " "), re.MULTILINE)]


def parsed(line: str) -> dict[str, Any]:
    """The options of an example, as the command line reads them."""
    root: Any = typer.main.get_command(app)
    given: dict[str, Any] = root.commands["eval"].make_context("eval", shlex.split(line)[2:]).params
    return given


def test_there_are_four_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("line", EXAMPLES)
def test_each_example_can_be_typed(line: str) -> None:
    given = parsed(line)
    parse_overrides(given["overrides"] or ())
    if given["recipe"]:
        assert chosen_run(given["recipe"]).run.benchmarks


def test_the_usual_settings_are_settings() -> None:
    named = [word.rstrip("., ") for word in re.findall(r"\+\+([\w.]+)", SETTINGS_HELP)]
    assert {word.removesuffix("KEY") for word in named if word != "key"} <= set(known_keys())


def test_what_every_run_needs_comes_before_details() -> None:
    root: Any = typer.main.get_command(app)
    panels = [getattr(each, "rich_help_panel", None) for each in root.commands["eval"].params]
    assert list(dict.fromkeys(filter(None, panels)))[:3] == [
        "What to run",
        "The model and its server",
        "The server in detail",
    ]
