"""Libraries of prompts: the words of others, which are fetched like data and never shipped.

A library is a file of `prompts/libraries`: where its files are, which commits are known with the checksums of their
files, and which prompt it gives a benchmark by default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from northstar.core.errors import UsageError, did_you_mean

NEMO_SKILLS = "nemo-skills"
"""The library whose form and field names users write prompt files of their own in."""


@dataclass(frozen=True)
class State:
    """A library at a commit.

    Attributes:
        date: When it was, for people.
        sha256: Name of a prompt → checksum of its file.
        benchmarks: Benchmark → the prompt that the library asks it with.
        judges: Benchmark → the prompt that the library judges it with.
        options: How it letters options: 'A. …' after one line break ('dot'), or 'A) …' after an empty line.
    """

    commit: str
    date: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    judges: Mapping[str, str] = field(default_factory=dict)
    options: str = "parenthesis"


@dataclass(frozen=True)
class Library:
    """Where a library's prompts are, and how they are read.

    Attributes:
        address: Of a file, with {commit} and {name}.
        commit: The commit of those who name none.
        states: What is known of some commits, by commit.
        content: 'yaml' (NeMo-Skills' form), 'text' (the user's message), or the name of a text in a Python file.
        renamed: Name of a field in its prompts → our name for it.
        names: The names of its prompts, where they are few; else they are those with a checksum.
        background: The prompts that show a step's background; empty for all.
        sentences: Address of a Python file with the sentences that the library adds to the problems of a benchmark.
    """

    name: str
    about: str
    address: str
    commit: str
    states: Mapping[str, State]
    content: str = "yaml"
    renamed: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    background: tuple[str, ...] = ()
    sentences: str = ""

    def at(self, commit: str = "") -> LibraryAt:
        """The library at a commit (hex digits, perhaps shortened), or its default one. Raises UsageError."""
        if not re.fullmatch("[0-9a-f]{7,40}", commit or self.commit):
            raise UsageError(
                f"--prompts={self.name}@{commit}: a library is pinned by a commit, 7 to 40 hex digits; known are "
                f"{self._known()}."
            )
        asked = commit or self.commit
        known = next((each for each in self.states if _same_commit(each, asked)), None)
        if known is None:
            return LibraryAt(self, self._unknown(asked))
        return LibraryAt(self, replace(self.states[known], commit=max(known, asked, key=len)))

    def has(self, name: str) -> bool:
        """Return whether a prompt of that name is known at any commit."""
        return name in self.names or any(name in state.sha256 for state in self.states.values())

    def _unknown(self, commit: str) -> State:
        """Take the newest known state's defaults for a commit of which nothing is known."""
        newest = max(self.states.values(), key=lambda state: state.date)
        return State(commit, "", {}, newest.benchmarks, newest.judges, newest.options)

    def _known(self) -> str:
        return ", ".join(f"{each.commit} ({each.date})" if each.date else each.commit for each in self.states.values())


@dataclass(frozen=True)
class LibraryAt:
    """A library at a commit; str() is how names in plans and run.json begin."""

    library: Library
    state: State

    def __str__(self) -> str:
        return f"{self.library.name}@{self.state.commit}"

    @property
    def names(self) -> frozenset[str]:
        """The names of the prompts that are known to be there."""
        return frozenset((*self.library.names, *self.state.sha256))

    def address(self, name: str) -> str:
        return self.library.address.format(commit=self.state.commit, name=name)


@cache
def libraries() -> Mapping[str, Library]:
    """Return the libraries by name."""
    import yaml

    folder = resources.files(__package__).joinpath("libraries")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {
        name: library_from(name, yaml.safe_load(file.read_bytes()))
        for file in files
        for name in [file.name.removesuffix(".yaml")]
    }


def library_from(name: str, content: Mapping[str, Any]) -> Library:
    """Make a library from the content of its file."""
    states = {
        commit: State(commit, **{**known, "date": str(known.get("date", ""))})
        for commit, known in content["commits"].items()
    }
    names = {key: tuple(content.get(key, ())) for key in ("names", "background")}
    rest = {**content, **names, "states": states}
    del rest["commits"]
    return Library(name, **rest)


def library_named(text: str) -> LibraryAt:
    """Return what `--prompts=NAME[@COMMIT]` names. Raises UsageError."""
    name, _, commit = text.partition("@")
    known = libraries()
    if name not in known:
        raise UsageError(
            f"--prompts={text}: there is no prompt library '{name}'.{did_you_mean(name, known)} There are "
            f"{', '.join(known)}, each also at another commit: {NEMO_SKILLS}@COMMIT."
        )
    return known[name].at(commit)


def _same_commit(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
