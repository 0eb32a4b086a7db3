"""What a command has written, as text that can be compared and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.recordings.masks import mask, mask_json, mask_script

WIDTH = 116
CODE = "northstar-<code>"


def shown_files(folder: Path, patterns: Sequence[str], *, plans: bool) -> Iterator[str]:
    """The names of all files in folder/here, then the content of those that a pattern fits, and the stand-ins' logs.

    plans: whether run.json is shown with the plans of its runs, which are long.
    """
    work = folder / "here"
    names = sorted(
        path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file() and not _is_chance(path)
    )
    if kept := _masked_names(names, folder):
        yield "=== files\n" + "".join(f"{name}\n" for name in kept)
    shown: dict[str, str] = {}
    for name in names:
        if not any(Path(name).match(pattern) for pattern in patterns):
            continue
        content, masked_name = shown_file(work / name, folder, plans=plans), mask(name, folder)
        yield f"=== {masked_name}" + (f": as {shown[content]}\n" if content in shown else f"\n{content}")
        shown.setdefault(content, masked_name)
    for log in sorted((folder / "stand_ins").glob("*.log")):
        calls = mask_script(log.read_text(), folder).split("\n\n")
        yield f"=== calls of {log.stem}\n" + "\n".join(sorted(calls)).strip("\n") + "\n"  # some at the same time


def _is_chance(file: Path) -> bool:
    """Whether two that finish at once decide whether the file is there: the lock of joining chunks."""
    return file.name.endswith(".join.lock")


def shown_file(file: Path, temporary: Path, *, plans: bool) -> str:
    """The content of a file, masked: JSON in its own way, journals in the order of their rows."""
    text = file.read_text(errors="backslashreplace")
    if file.suffix == ".json":
        held = json.loads(text)
        return as_text(mask_json(held if plans or file.name != "run.json" else _without_plans(held), temporary)) + "\n"
    if file.name.endswith(".journal"):
        head, *lines = [as_text(mask_json(json.loads(line), temporary)) for line in text.splitlines()]
        return "".join(f"{line}\n" for line in (head, *sorted(lines)))
    if file.suffix == ".jsonl":
        return "".join(as_text(mask_json(json.loads(line), temporary)) + "\n" for line in text.splitlines())
    return mask_script(text, temporary) if file.suffix == ".sh" else mask(text, temporary)


def as_text(value: Any, indent: int = 0) -> str:
    """JSON, as much of it in a line as there is room for."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return line
    if isinstance(value, list):
        parts = [as_text(each, indent + 1) for each in value]
    else:
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {as_text(each, indent + 1)}" for key, each in value.items()]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    space = "\n" + " " * (indent + 1)
    return opening + space + f",{space}".join(_filled(parts, indent + 1)) + space[:-1] + closing


def _filled(parts: Sequence[str], indent: int) -> list[str]:
    """Lines of as many parts as fit; a part of several lines has these for itself."""
    lines: list[str] = []
    for place, part in enumerate(parts):
        several = "\n" in part or (place > 0 and "\n" in parts[place - 1])
        if lines and not several and indent + len(lines[-1]) + len(part) + 2 < WIDTH:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return lines


def _without_plans(run_json: dict[str, Any]) -> dict[str, Any]:
    runs = [{key: value for key, value in run.items() if key != "plan"} for run in run_json.get("runs", [])]
    return {**run_json, "runs": runs}


def _masked_names(names: Sequence[str], folder: Path) -> list[str]:
    """Of a copy of Northstar's own code only its folder."""
    masked = (mask(name, folder) for name in names)
    return list(dict.fromkeys(name.partition(CODE)[0] + CODE if CODE in name else name for name in masked))
