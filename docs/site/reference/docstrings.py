"""Takes docstrings apart: a text, then `Args:`, `Attributes:`, `Returns:`, `Raises:` and examples."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field

_HEADS = {"Args": "arguments", "Attributes": "attributes", "Raises": "raises", "Returns": "returns"}


@dataclass
class Sections:
    """A docstring's parts.

    Attributes:
        text: Its paragraphs.
        examples: Its lines that begin with `>>>`, and what follows them.
    """

    text: list[str] = field(default_factory=list)
    arguments: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    raises: dict[str, str] = field(default_factory=dict)
    returns: str = ""
    examples: str = ""


def sections(doc: str) -> Sections:
    """Take a docstring apart.

    >>> sections('Adds.' + chr(10) * 2 + 'Args:' + chr(10) + '    a, b: Numbers.').arguments
    {'a': 'Numbers.', 'b': 'Numbers.'}
    """
    found = Sections()
    for part in re.split(r"\n\s*\n", doc.strip()):
        head, _, body = part.partition("\n")
        name = head.rstrip(":")
        if part.startswith(">>>"):
            found.examples += part + "\n"
        elif head.endswith(":") and name in _HEADS:
            body = textwrap.dedent(body)
            value = " ".join(body.split()) if name == "Returns" else _items(body)
            setattr(found, _HEADS[name], value)
        elif part.strip() != "Examples:":
            found.text.append(" ".join(part.split()))
    return found


def _items(body: str) -> dict[str, str]:
    """`name: text` with deeper lines that go on."""
    items: dict[str, str] = {}
    names: list[str] = []
    for line in body.splitlines():
        match = re.match(r"([\w, ]+): (.*)", line)
        if match and not line.startswith(" "):
            names = [each.strip() for each in match[1].split(",")]
            items |= dict.fromkeys(names, match[2])
        else:
            for name in names:
                items[name] += f" {line.strip()}"
    return items
