"""Finds the files to import, and what tool wrote them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from northstar.core.errors import NorthstarError, UsageError
from northstar.core.parsing import Malformed, parsed
from northstar.core.regular import check_regular
from northstar.importing.found import About, Tool
from northstar.importing.inspect_log import INSPECT, is_log
from northstar.importing.lm_eval import LM_EVAL
from northstar.importing.records import NEMO_SKILLS, RECORDS

MOST_FILES = 10_000
_OUTPUT = re.compile(r"output(?:-rs(?P<seed>0|[1-9][0-9]{0,8}))?(?:_chunk_[0-9]+(?:-of-[0-9]+)?)?\.jsonl")
_FIRST_LINE = 64 << 20


@dataclass(frozen=True)
class Source:
    """A file to import. seed: the seed that its name says, where `is_named`; None is the greedy generation."""

    path: Path
    about: About
    is_named: bool = False
    seed: int | None = None


@dataclass(frozen=True)
class Sources:
    """The files to import, all of one tool, sorted by name."""

    tool: Tool
    files: Sequence[Source]

    @property
    def model(self) -> str | None:
        return self.files[0].about.model

    @property
    def sampling(self) -> Mapping[str, Any]:
        return self.files[0].about.sampling


class _First(msgspec.Struct):
    """What tells the tools' lines apart."""

    doc: msgspec.Raw = msgspec.Raw()
    resps: msgspec.Raw = msgspec.Raw()
    generation: msgspec.Raw = msgspec.Raw()


def find_sources(path: Path) -> Sources:
    """Return the files that `path` means: itself, or all that it holds as a folder.

    Raises:
        UsageError: There is no such path.
        NorthstarError: There is nothing to import, or files of several tools, tasks or models, which are never mixed.
    """
    if not path.exists():
        raise UsageError(f"there is no file or folder {path}.")
    found = [(file, tool) for file in (_files(path) if path.is_dir() else [path]) if (tool := _tool_of(file))]
    if not found:
        raise NorthstarError(
            f"{path} holds nothing to import: outputs of NeMo-Skills (output-rs*.jsonl), samples_*.jsonl of "
            "lm-evaluation-harness, logs of Inspect (.eval, .json), or JSON lines with a generation."
        )
    tools = list(dict.fromkeys(tool.name for _, tool in found))
    _check_one(path, "tools", tools)
    tool = found[0][1]
    files = [_source(file, tool) for file, _ in found]
    _check_one(path, "folders" if tool in (NEMO_SKILLS, RECORDS) else "tasks", [each.about.group for each in files])
    _check_one(path, "models", [each.about.model for each in files if each.about.model])
    _check_one(path, "settings", [str(dict(each.about.sampling)) for each in files if each.about.sampling])
    return Sources(tool, files)


def _source(file: Path, tool: Tool) -> Source:
    about = tool.about(file)
    name = _OUTPUT.fullmatch(file.name) if tool is NEMO_SKILLS else None
    if name is None:
        return Source(file, about)
    return Source(file, about, True, None if name["seed"] is None else int(name["seed"]))


def _check_one(path: Path, what: str, each: Sequence[str]) -> None:
    names = list(dict.fromkeys(each))
    if len(names) > 1:
        shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        raise NorthstarError(f"{path} has files of {len(names)} {what} ({shown}); name those of one of them.")


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder that may be imported, sorted; links to other folders are not followed."""
    found = sorted(_walk(folder))
    if len(found) > MOST_FILES:
        raise NorthstarError(f"{folder} has more than {MOST_FILES:,} files; name a folder with those to import.")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".eval", ".json", ".jsonl")) and not name.startswith("."):
                yield Path(place) / name


def _tool_of(file: Path) -> Tool | None:
    """Return the tool that wrote a file; None for a file of something else."""
    if file.suffix == ".eval":
        return INSPECT
    if file.suffix == ".json":
        return INSPECT if is_log(file) else None
    check_regular(file)
    try:
        with file.open("rb") as lines:
            line = lines.readline(_FIRST_LINE)
        first = parsed(line, msgspec.json.Decoder(_First).decode)
    except OSError as error:
        raise NorthstarError(f"cannot read {file}: {error.strerror}.") from None
    except Malformed as error:
        raise NorthstarError(f"{file}, line 1: {error}.") from None
    if bytes(first.doc) and bytes(first.resps):
        return LM_EVAL
    if not bytes(first.generation):
        return None
    return NEMO_SKILLS if _OUTPUT.fullmatch(file.name) else RECORDS
