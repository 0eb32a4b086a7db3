"""Texts with fields in single braces, as `str.format` reads them: {problem}, and {{ }} for literal braces.

Only plain names are fields. A text with attributes, indexes, conversions or format specifications is refused: of a file
from anywhere these could reach into objects, or pad a text without end.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from northstar.prompts.renderer import TemplateFails


@dataclass(frozen=True)
class FormatTemplate:
    """A text in parts: literal text, and the field that follows it (None after the last)."""

    parts: tuple[tuple[str, str | None], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, name in self.parts if name is not None))

    def render(self, values: Mapping[str, Any], /) -> str:
        """Put the values in. Raises TemplateFails for a field that they lack."""
        for name in self.fields:
            if name not in values:
                raise TemplateFails(f"the row has no field '{name}'; it has {', '.join(sorted(values))}")
        return "".join(text + ("" if name is None else str(values[name])) for text, name in self.parts)


@dataclass(frozen=True)
class LiteralText:
    """A text without fields, sent as it is."""

    text: str

    def render(self, values: Mapping[str, Any], /) -> str:
        del values
        return self.text


def format_template(text: str, empty: Collection[str] = ()) -> FormatTemplate:
    r"""Read a text with fields in single braces. Raises TemplateFails.

    Args:
        text: The text.
        empty: Fields that stand for nothing, whatever the row has.

    >>> format_template(r"\boxed{{}} {problem}").render({"problem": "1 + 1"})
    '\\boxed{} 1 + 1'
    """
    parts: list[tuple[str, str | None]] = []
    try:
        for literal, name, form, conversion in Formatter().parse(text):
            if name is not None and (not name.isidentifier() or form or conversion):
                written = name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
                raise TemplateFails(f"{{{written}}} is not the plain name of a field; literal braces are doubled")
            parts.append((literal, None if name in empty else name))
    except ValueError as error:
        raise TemplateFails(f"{str(error).lower()}; literal braces are doubled") from None
    return FormatTemplate(tuple(parts))
