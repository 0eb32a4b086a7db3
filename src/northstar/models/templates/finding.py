"""What is found of a prompt's reasoning, and how run.json keeps it: as a text that tells what is known."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.models.reply.reasoning import Tag

NOT_KNOWN = "not known"
"""Part of the format of run.json; the messages behind it are not."""


@dataclass(frozen=True)
class Finding:
    """The tag that a prompt leaves open, if any; `about` says so in words for run.json, or why it is unknown."""

    tag: Tag | None
    about: str


def unknown(why: object, *, yet: bool = False) -> Finding:
    """Return the finding that nothing is known; `yet`: the next sample may tell."""
    return Finding(None, f"{NOT_KNOWN}{' yet' if yet else ''}: {why}")


def is_known(about: object) -> bool:
    """Return whether a finding in run.json knows what the prompt does.

    >>> is_known("the prompt opens <think>"), is_known(unknown("the template comes with the requests").about)
    (True, False)
    """
    return not str(about).startswith(NOT_KNOWN)
