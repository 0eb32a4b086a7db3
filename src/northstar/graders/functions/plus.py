"""Fetches EvalPlus' inputs for the functions of HumanEval and MBPP, and adds them to the rows."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from northstar.core.download.raw_file import NotThere, RawFile
from northstar.core.errors import NorthstarError
from northstar.core.records import Row
from northstar.data.attachments import Attachment
from northstar.data.github import ENDPOINT_VARIABLE
from northstar.data.source import Finisher, Preparation

MOST_BYTES = 1 << 26
RELEASES = "https://github.com/evalplus"
SHAPES: Mapping[str, tuple[int, ...]] = {
    "tuples": (
        *(2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744),
        809,
    ),
    "lists of tuples": (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780),
    "first: list of tuples": (75, 413, 444, 753),
    "second: tuple": (106, 750),
    "first: list of sets": (115,),
    "float, complex": (124,),
    "first: tuple": (250, 307, 405, 446, 617, 720, 763, 808),
    "tuples of tuples": (259, 401, 445),
    "first: tuple of tuples and others": (278,),
    "first: values are tuples": (722,),
    "complex": (252,),
    "tuples at any depth": (580, 615, 791),
}
"""The types of arguments of MBPP's problems that JSON can't hold, by number."""


@dataclass(frozen=True)
class Release:
    """A release of EvalPlus' inputs.

    Attributes:
        of: What EvalPlus calls the set: 'humaneval' or 'mbpp'.
        name: The file's name, without its endings.
        sha256: Checksum of the compressed file.
    """

    of: str
    name: str
    version: str
    sha256: str

    @property
    def address(self) -> str:
        return f"{RELEASES}/{self.name.lower()}_release/releases/download/{self.version}/{self.name}.jsonl.gz"


HUMAN_EVAL_PLUS = Release(
    "humaneval", "HumanEvalPlus", "v0.1.10", "272720b90ac375502c8ed23cd791c2a93dfb22a911641a494da74a426c09f101"
)
MBPP_PLUS = Release("mbpp", "MbppPlus", "v0.2.0", "af43697e8791c4c149bdfd6b489d8b5412507551ac20e28a439f650b8225db63")


class _WithInputs:
    """Adds the function's name and an attachment with EvalPlus' inputs to each row."""

    def __init__(self, release: Release, tasks: Mapping[str, Any]) -> None:
        self._release, self._tasks = release, tasks

    @property
    def facts(self) -> Mapping[str, Any]:
        return {"plus": f"{self._release.name} {self._release.version}", "plus_sha256": self._release.sha256}

    def __call__(self, row: Row) -> Row:
        task = self._tasks.get(str(row["id"]))
        if task is None:
            raise ValueError(f"{self._release.name} {self._release.version} has no inputs for {row['id']}")
        content = json.dumps(
            {
                "set": self._release.of,
                "shape": shape_of(str(row["id"])),
                "tolerance": task["atol"],
                "reference": f"{task['prompt']}{task['canonical_solution']}",
                "inputs": [*task["base_input"], *task["plus_input"]],
            }
        ).encode()
        name = f"plus/{str(row['id']).replace('/', '-')}-{hashlib.sha256(content).hexdigest()[:16]}.json"
        return {**row, "function": task["entry_point"], "plus": Attachment(name, lambda: content)}


def shape_of(task: str) -> str:
    """Return the shape of a problem's arguments; '' where they are as JSON holds them."""
    kind, _, number = task.partition("/")
    if kind != "Mbpp":
        return ""
    return next((shape for shape, numbers in SHAPES.items() if int(number) in numbers), "")


@contextmanager
def _with_inputs(release: Release, preparation: Preparation) -> Iterator[Finisher]:
    file = RawFile(
        release.address,
        f"EvalPlus' {release.name} {release.version}",
        release.sha256,
        most_bytes=MOST_BYTES,
        mirror=ENDPOINT_VARIABLE,
    )
    try:
        content = file.read(preparation.folder / f"{release.name}-{release.version}.jsonl.gz")
    except NotThere:
        raise NorthstarError(f"cannot fetch {file.what}: there is no file at {file.shown}.") from None
    tasks = [json.loads(line) for line in gzip.decompress(content).splitlines() if line.strip()]
    yield _WithInputs(release, {task["task_id"]: task for task in tasks})


def with_inputs_of(release: Release) -> Callable[[Preparation], AbstractContextManager[Finisher]]:
    """Return the step that completes rows by a release."""
    return partial(_with_inputs, release)
