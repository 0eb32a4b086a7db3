"""The names of prompts: Northstar's own, of a library (nemo-skills/generic/math), or the path of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from northstar.core.errors import UsageError, did_you_mean
from northstar.prompts.library import Library, LibraryAt, libraries

_OF_A_LIBRARY = re.compile(
    r"(?P<library>[a-z0-9-]+)(?:@(?P<commit>[^/]*))?/(?P<name>[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)"
)


class OfLibrary(NamedTuple):
    """A prompt of a library; str() is its whole name."""

    at: LibraryAt
    name: str

    def __str__(self) -> str:
        return f"{self.at}/{self.name}"


def prompt_names() -> list[str]:
    """Return the names of the prompts that come with Northstar."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def is_path(text: str) -> bool:
    """Return whether a prompt is named by the path of its file."""
    if text.endswith((".yaml", ".yml")) or text.startswith(("/", "./", "../", "~")):
        return True
    try:
        return "/" in text and Path(text).is_file()
    except OSError:  # longer than any name of a file
        return False


def of_library(text: str, known: Mapping[str, Library] | None = None) -> OfLibrary | None:
    """Return the library, the commit and the name in 'library[@commit]/name'; None for any other text."""
    found = _OF_A_LIBRARY.fullmatch(text)
    if found is None or is_path(text):
        return None
    known = libraries() if known is None else known
    if found["library"] not in known:
        return None
    name = found["name"].removesuffix(".yaml")
    if ".." in name.split("/"):
        raise UsageError(f"++prompt_config={text}: '..' is not part of a prompt's name.")
    return OfLibrary(known[found["library"]].at(found["commit"] or ""), name)


def whole_name(text: str, chosen: LibraryAt | None = None, known: Mapping[str, Library] | None = None) -> str:
    """Return the name by which a plan holds a prompt, with library and commit where it is of one.

    Args:
        text: What the user wrote, or a benchmark's default.
        chosen: The library of --prompts: its names come first.
        known: The libraries; those of Northstar if not given.

    Raises:
        UsageError: Several libraries have a prompt of that name.
    """
    known = libraries() if known is None else known
    if is_path(text):
        return text
    if (qualified := of_library(text, known)) is not None:
        return str(qualified)
    if chosen is not None and (text in chosen.names or text not in prompt_names()):
        return f"{chosen}/{text}"
    if text in prompt_names():
        return text
    having = [each for each in known.values() if each.has(text)]
    if len(having) > 1:
        names = " and ".join(each.name for each in having)
        raise UsageError(
            f"++prompt_config={text}: {names} have a prompt of that name; write {having[0].name}/{text}, or choose one "
            f"by --prompts={having[0].name}."
        )
    return f"{having[0].at()}/{text}" if having else text


def unknown_prompt(text: str) -> UsageError:
    """Return the error for a name that nobody has."""
    others = [f"{each.name}/{name}" for each in libraries().values() for name in each.at().names]
    return UsageError(
        f"unknown prompt '{text}'.{did_you_mean(text, [*prompt_names(), *others])} "
        f"Known prompts: {', '.join(prompt_names())}; and those of the libraries {', '.join(libraries())}. To use your "
        "own file, give its path, ending in .yaml."
    )
