"""Reads a line of shell as `ns` would, and says what is wrong with it; nothing is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import typer

from northstar.api.generating.own_settings import parted
from northstar.benchmarks.registry import find_benchmark
from northstar.cli.app import app
from northstar.config.asked_benchmarks import parse_benchmarks
from northstar.config.overrides import parse_overrides
from northstar.core.errors import NorthstarError
from northstar.groups.reading import is_group

_JOINS = re.compile(r"\s(?:&&|\|\||;|\||&)(?=\s|$)")
PLACEHOLDERS = ("…", "...", "$", "NAME", "PATH", "OUT", "{", "<")
"""Words that stand for something: a command that has them is read as far as it can be."""
OWN = ("my-", "lab-", "NAME")
"""How benchmarks are called that a reader may have, and Northstar has not."""


def ns_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each `ns` command in a line of shell, without redirections, comments and prefixes."""
    for part in _JOINS.split(f" {line} "):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue
        while words and (re.fullmatch(r"[A-Z_]+=.*", words[0]) or words[0] in ("nohup", "$", "-", "run:")):
            words = words[1:]
        if words[:1] == ["tmux"]:
            yield from ns_commands(words[-1])
        if words[:1] and words[0].rsplit("/", 1)[-1] == "ns":
            yield _without_redirections(words[1:])
        elif "ns" in words[1:4] and words[0].endswith("uv"):
            yield _without_redirections(words[words.index("ns") + 1 :])


def fault_of(words: list[str]) -> str:
    """Return what the command line says against these words; '' if it takes them."""
    if not words or words[0].startswith("-"):
        return ""
    command = typer.main.get_command(app)
    try:
        name, found, rest = command.resolve_command(command.make_context("ns", [], resilient_parsing=True), words)  # type: ignore[attr-defined]
        context = found.make_context(name, list(rest))
    except Exception as refused:  # its class depends on typer's version
        message = refused.format_message() if hasattr(refused, "format_message") else str(refused)
        is_partial = any(mark in word for word in words for mark in PLACEHOLDERS)
        return "" if is_partial and "No such" not in message else f"ns {shlex.join(words)}: {message}"
    return _fault_of_values(words[0], context.params)


def _fault_of_values(name: str, given: dict[str, object]) -> str:
    """What is wrong with settings and benchmarks that the command itself reads later."""
    try:
        settings = given.get("overrides") if name != "prepare_data" else None
        if isinstance(settings, list | tuple):
            if name == "generate":
                settings = parted([str(each) for each in settings])[1]
            parse_overrides([each for each in settings if "KEY" not in each and "…" not in each])
        extra = given.get("extra_judge_args")
        if isinstance(extra, str):
            parse_overrides(shlex.split(extra))
        asked = given.get("benchmarks")
        if isinstance(asked, str) and asked and not given.get("extra_benchmarks"):
            for each in parse_benchmarks(asked):
                if not each.name.startswith(OWN) and "/" not in each.name and not each.name.endswith(".yaml"):
                    known = is_group(each.name) or find_benchmark(each.name)
                    assert known
    except NorthstarError as error:
        return f"ns {name}: {error}"
    return ""


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif re.fullmatch(r"\d?(?:>|>>|<|2>&1)", word) or word == "2>&1":
            skip = word != "2>&1"
        elif word not in ("&",):
            kept.append(word)
    return kept
