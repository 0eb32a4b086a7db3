"""Which words can stand at a place of a command line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from northstar.core.paths import PACKAGE

_NUMBERS = ("4", "8", "16", "64")
"""Usual numbers of seeds."""


class Candidate(NamedTuple):
    """A whole word that fits. value: ends in a space unless more of the word may follow."""

    value: str
    about: str = ""


def candidates(words: Sequence[str]) -> list[Candidate]:
    """Return what fits at the last of these words, which follow `ns`; nothing where a path or free text does.

    Args:
        words: The words up to the cursor; the last one is perhaps unfinished, or empty.
    """
    *before, typed = words or [""]
    root = _root()
    place = next((place for place, word in enumerate(before) if word in root.commands), None)
    if place is None:
        found = [Candidate(f"{name} ", _about(each)) for name, each in root.commands.items()]
        return _fitting([*found, *(_options(root) if typed.startswith("-") else ())], typed)
    return _fitting(_in_command(root.commands[before[place]], before[place + 1 :], typed), typed)


def _root() -> Any:
    import typer

    from northstar.cli.app import app

    return typer.main.get_command(app)


def _about(command: Any) -> str:
    lines = (command.help or "").strip().splitlines() or [""]
    return str(lines[0])


def _fitting(found: Iterable[Candidate], typed: str) -> list[Candidate]:
    return [each for each in found if each.value.startswith(typed)]


def _in_command(command: Any, before: Sequence[str], typed: str) -> Iterable[Candidate]:
    """Return the candidates at a word of a command; before: the words between its name and that one."""
    options = {name: each for each in command.params for name in each.opts if name.startswith("-")}
    takes_settings = any(each.name == "overrides" for each in command.params)
    name, equals, value = typed.partition("=")
    last = options.get((before[-1] if before else "").replace("-", "_").replace("__", "--", 1))
    if last is not None and not last.is_flag:
        return _values(last.name, typed, before, "")
    if typed.startswith("+") and takes_settings:
        return _settings(typed)
    if equals and name.startswith("--"):
        return _values(name.removeprefix("--").replace("-", "_"), value, before, f"{name}=")
    if typed.startswith("-"):
        return _options(command)
    positional = _positional(command.name, typed, before)
    return positional or ([] if typed else _options(command))


def _options(command: Any) -> Iterator[Candidate]:
    for each in command.params:
        for name in each.opts:
            if name.startswith("--"):
                about = " ".join(str(getattr(each, "help", "") or "").split())
                yield Candidate(f"{name} " if each.is_flag else f"{name}=", about.partition(" [dim]")[0])
    yield Candidate("--help ", "Show this message and exit.")


def _positional(command: str, typed: str, before: Sequence[str]) -> list[Candidate]:
    if command == "prepare_data":
        return [Candidate(f"{name} ") for name in _benchmarks() if name not in before]
    if command == "recipes":
        return _recipes(typed, "")
    if command == "settings":
        return [Candidate(f"{each.value.removeprefix('++').rstrip('=')} ", each.about) for each in _settings("")]
    return []


def _values(option: str, typed: str, before: Sequence[str], written: str) -> list[Candidate]:
    """Return the candidates of an option's value. written: what stands before it in the same word."""
    if option in ("benchmarks", "judge_benchmarks"):
        return [Candidate(written + each.value, each.about) for each in _lists(typed)]
    if option == "recipe":
        return _recipes(typed, written)
    values = _CHOICES.get(option)
    return [] if values is None else [Candidate(f"{written}{each} ") for each in values(before)]


def _lists(typed: str) -> list[Candidate]:
    """Return lists of benchmarks with their seeds that begin with this one: aime24:4,math-500."""
    done, comma, last = typed.rpartition(",")
    name, colon, _ = last.partition(":")
    if colon:
        return [Candidate(f"{done}{comma}{name}:{number}") for number in _NUMBERS]
    there = {part.partition(":")[0] for part in done.split(",")}
    return [Candidate(f"{done}{comma}{each}") for each in [*_benchmarks(), *_groups()] if each not in there]


def _benchmarks() -> list[str]:
    from northstar.benchmarks.registry import benchmark_names

    return benchmark_names()


def _groups() -> list[str]:
    return _shipped("groups")


def _recipes(typed: str, written: str) -> list[Candidate]:
    """Return recipes, and the runs of one that is named."""
    name, colon, _ = typed.partition(":")
    names = _shipped("recipes")
    if colon and name in names:
        return [Candidate(f"{written}{name}:{run} ") for run in _runs(name)]
    return [Candidate(written + each) for each in names]


def _runs(recipe: str) -> list[str]:
    """Return the runs of a recipe by the lines of its file: reading all of it takes a second."""
    (file,) = (PACKAGE / "recipes").rglob(f"{recipe}.yaml")
    runs = re.search(r"^runs:\n((?:[ #].*\n|\n)*)", file.read_text() + "\n", re.MULTILINE)
    return [] if runs is None else re.findall(r"^  ([\w.-]+):", runs[1], re.MULTILINE)


def _shipped(package: str) -> list[str]:
    return sorted(file.stem for file in (PACKAGE / package).rglob("*.yaml"))


def _settings(typed: str) -> list[Candidate]:
    from northstar.config.listing.settings import KEY, all_settings

    key, equals, _ = typed.removeprefix("++").partition("=")
    found = all_settings()
    if equals:
        choices = next((each.choices for each in found if each.key == key), ())
        return [Candidate(f"++{key}={each} ") for each in choices]
    return [
        Candidate(f"++{each.key.removesuffix(KEY)}" + ("" if each.key.endswith(KEY) else "="), each.about)
        for each in found
    ]


def _clusters(before: Sequence[str]) -> list[str]:
    from northstar.config.cluster import LOCAL, cluster_files

    prefix = "--config_dir="
    named = next((word.removeprefix(prefix) for word in before if word.startswith(prefix)), None)
    folder = None if named is None else os.path.expanduser(named)  # noqa: PTH111  the shell did not
    return sorted({*cluster_files(folder), LOCAL})


def _server_types(_: Sequence[str]) -> list[str]:
    files = (PACKAGE / "servers").glob("*.py")
    return sorted(file.stem for file in files if "\nSERVER = " in file.read_text())


_CHOICES: dict[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "cluster": _clusters,
    "server_type": _server_types,
    "judge_server_type": _server_types,
    "sandbox": lambda _: ("auto", "bubblewrap", "landlock", "unsafe"),
    "install_completion": lambda _: ("bash", "zsh", "fish"),
    "show_completion": lambda _: ("bash", "zsh", "fish"),
}
"""Option → its values, given the words before it."""
