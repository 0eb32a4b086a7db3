"""What `++key=value` sets, from the typed settings and the graders' fields."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterable
from typing import Any, Literal

from docs.site.reference.docstrings import sections
from docs.site.reference.markdown import code, prose, table
from northstar.api.generating.own_settings import KEYS
from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.config.input.rows import InputRows
from northstar.config.listing.settings import Setting, all_settings
from northstar.config.settings import RunSettings

_INTRODUCTION = """\
# Settings

Settings are words of the form `++key=value`, on `ns eval` behind its options, and as `overrides` from Python:

```
ns eval --benchmarks=aime24:16 --output_dir=out --model=my-model ++inference.temperature=0.6 ++system_message=''
```

They are checked before anything starts. A mistyped key is refused with the name of the nearest right one, a value
of the wrong type with the type that it must have. The last word of a key wins. `null` sends or limits nothing, where a
type has it. The judge's are given in `--extra_judge_args`, quoted as one word. `ns eval --dry_run` shows what holds,
and which of it you gave.

"""


def page() -> str:
    """Return the page of all settings."""
    settings = all_settings()
    of_the_run = [each for each in settings if each.key.partition(".")[0] in RunSettings.model_fields]
    parts = [
        _INTRODUCTION + "## What is asked and graded\n",
        "A change of one of these makes other results: they are never mixed with those that are there.\n",
        _table(each for each in settings if each not in of_the_run),
        "## The run\n",
        "These change how fast the answers come, and none of them.\n",
        _table(of_the_run),
        "## Of ns generate alone\n",
        table(("setting", "default", "meaning"), _of_generate()),
        "## Settings of graders\n",
        "`++eval_config.KEY`, of the graders of the benchmarks that a run has.\n",
        table(("setting", "default", "meaning"), _of_graders()),
    ]
    return "\n".join(parts)


def _table(settings: Iterable[Setting]) -> str:
    lines = [
        (f"{code(f'++{each.key}')} {prose(each.type)}", code(each.default) if each.default else "", prose(each.about))
        for each in settings
    ]
    return table(("setting", "default", "meaning"), lines)


def type_name(kind: Any) -> str:
    """Return a type in words; `null` where it may be None.

    >>> type_name(int | None), type_name(dict[str, int]), type_name(Literal["a", "b"])
    ('whole number or `null`', 'any', '`a` or `b`')
    """
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return " or ".join(type_name(each) for each in typing.get_args(kind))
    if typing.get_origin(kind) is Literal:
        return " or ".join(code(each) for each in typing.get_args(kind))
    if typing.get_origin(kind) in (list, tuple):
        return "list"
    names = {int: "whole number", float: "number", bool: "`True` or `False`", str: "text", type(None): "`null`"}
    return names.get(kind, "any")


def _of_generate() -> list[tuple[str, str, str]]:
    said = sections(inspect.getdoc(InputRows) or "")
    meanings, types = {**said.arguments, **said.attributes}, typing.get_type_hints(InputRows)
    defaults = {"prompt_format": code("ns"), "prompt_key": f"{code('messages')}, {code('prompt')}"}
    return [
        (f"{code(f'++{key}')} {type_name(types[key])}", defaults.get(key, ""), prose(meanings.get(key, "")))
        for key in KEYS
    ]


def _of_graders() -> list[tuple[str, str, str]]:
    """A line for each setting of each grader, with the benchmarks that have it."""
    found: dict[tuple[type, str], list[tuple[str, object]]] = {}
    for name in benchmark_names():
        grader: Any = find_benchmark(name).grader
        if dataclasses.is_dataclass(grader):
            for field in dataclasses.fields(grader):
                found.setdefault((type(grader), field.name), []).append((name, getattr(grader, field.name)))
    return [_of_grader(grader, key, having) for (grader, key), having in found.items()]


def _of_grader(grader: type, key: str, having: list[tuple[str, object]]) -> tuple[str, str, str]:
    said = {**sections(inspect.getdoc(grader) or "").arguments, **sections(inspect.getdoc(grader) or "").attributes}
    meaning = prose(re.sub(r"\\(?=boxed)", "", said.get(key, ""))) or "see the benchmark's page"
    names = ", ".join(name for name, _ in having)
    values = {f"{value}" for _, value in having if value is not None}
    default = code(values.pop()) if len(values) == 1 else "the benchmark's" if values else ""
    kind = type_name(typing.get_type_hints(grader)[key])
    return f"{code(f'++eval_config.{key}')} {kind}", default, f"{meaning.rstrip('.')} ({names})"
