"""--server_args: split as a shell would, looked into, and what of them can change an answer."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers.arguments.operational import MANY_VALUES

PORT_TO_FILL_IN = "{port}"
"""What stands for the chosen port in the words of a generic server."""


def split_words(text: str, option: str) -> list[str]:
    """The words of a text as a shell reads them: quotes, backslashes, and lines that a backslash continues."""
    try:
        return shlex.split(re.sub(r"\\\r?\n", " ", text))
    except ValueError as error:
        raise UsageError(f"{option}: {error}: {text}") from None


def server_words(plan: ServerPlan) -> list[str]:
    """The plan's server arguments as words."""
    return split_words(plan.args, plan.option("server_args"))


def value_of(words: Sequence[str], *names: str) -> str | None:
    """What `--name value` or `--name=value` says last; '' for a name without a value; None where it isn't there."""
    found: str | None = None
    for name, value in argument_parts(words):
        if name in names:
            found = value or ""
    return found


def has_any(words: Sequence[str], *names: str) -> bool:
    return value_of(words, *names) is not None


def answer_words(words: Sequence[str], resources: Collection[str]) -> list[str]:
    """The words without those arguments that only say what the server may use, and where it listens."""
    kept: list[str] = []
    dropped = ""
    for name, value in argument_parts(words):
        if name.startswith("-"):
            dropped = name if name in resources else ""
        if not dropped or (not name.startswith("-") and dropped not in MANY_VALUES):
            kept += [name] if value is None else [name, value]
    return kept


def by_name(words: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Each argument's values, as often as it is given; under '' the words before the first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    latest = ""
    for name, value in argument_parts(words):
        if name.startswith("-"):
            latest = name
            found.setdefault(name, []).append(() if value is None else (value,))
        elif latest:
            found[latest][-1] = (*found[latest][-1], name)
        else:
            found.setdefault("", []).append((name,))
    return found


def port_of(plan: ServerPlan, words: Sequence[str]) -> int | None:
    """The port that the user asks for, if any. Raises UsageError for what is none, or can't be shared by replicas."""
    text = value_of(words, "--port")
    if text is None or text == PORT_TO_FILL_IN:
        return None
    option = plan.option("server_args")
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise UsageError(f"{option}: '--port {text}' is not a port.")
    if plan.replicas > 1:
        raise UsageError(f"{option}: {plan.replicas} replicas can't share --port {text}; leave it out.")
    return int(text)


def argument_parts(words: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """(name, value) of each argument, names with hyphens for underscores; a word that belongs to none has no value."""
    position = 0
    while position < len(words):
        word = words[position]
        name, equals, value = word.partition("=")
        follows = words[position + 1] if position + 1 < len(words) else "-"
        position += 1
        if not word.startswith("-") or _is_number(word):
            yield word, None
        elif equals:
            yield _named(name), value
        elif follows.startswith("-") and not _is_number(follows):
            yield _named(word), None
        else:
            position += 1
            yield _named(word), follows


def _named(name: str) -> str:
    return name[:2] + name[2:].replace("_", "-")


def _is_number(word: str) -> bool:
    return re.fullmatch(r"-\.?\d[\d.e+-]*", word) is not None
