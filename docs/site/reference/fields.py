"""The fields of a record with their types, from the code, and their meanings, from docs/records.md."""

from __future__ import annotations

import inspect
import re
import typing
from typing import Any

from docs.site.navigation import ROOT
from docs.site.reference.docstrings import sections
from docs.site.reference.markdown import code, prose, table
from docs.site.reference.settings import type_name
from northstar.core.records import Generation, Step, Turn

_LEFT_OUT = "left out where it has its default"


def page() -> str:
    """Return the page of fields: as docs/records.md explains them, else as their docstring does."""
    said = sections(inspect.getdoc(Generation) or "").attributes
    meanings = {**{name: prose(said.get(name, "")) for name in written()}, **explained()}
    types = {name: _type(kind) for name, kind in typing.get_type_hints(Generation).items()}
    lines = [(code(name), types.get(name, "as its grader or judge writes it"), text) for name, text in meanings.items()]
    inner = [
        (f"## {heading}", table(("field", "type"), [(code(name), _type(kind)) for name, kind in _own(struct).items()]))
        for heading, struct in (("Of a step", Step), ("Of a turn", Turn))
    ]
    return "\n\n".join(
        [
            "# Fields of a record",
            "One line of `output-rs0.jsonl` is a JSON object: the row's own fields first, then these. A field that "
            "does not apply is left out. [What a run writes](../records.md) has the files around it.",
            table(("field", "type", "meaning"), lines),
            *(f"{heading}\n\n{text}" for heading, text in inner),
        ]
    )


def written() -> list[str]:
    """List the fields of a generation that records have."""
    said = sections(inspect.getdoc(Generation) or "").attributes
    return [name for name in Generation.__struct_fields__ if "in no record" not in said.get(name, "")]


def explained() -> dict[str, str]:
    """Return what docs/records.md says of each field of a record."""
    text = (ROOT / "docs" / "records.md").read_text().partition("\n## A record\n")[2].partition("\n## ")[0]
    found: dict[str, str] = {}
    for names, meaning in re.findall(r"^\| (`.+?) \| (.*) \|$", text, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = re.sub(r"\]\((?!http)", "](../", meaning)
    return found


def _own(struct: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(struct)
    return {name: hints[name] for name in struct.__struct_fields__}


def _type(kind: Any) -> str:
    plain = type_name(kind).replace("`True` or `False`", "true or false")
    return plain.replace("any", "object")
