"""Adds to SciCode's rows what the hub lacks: the code of three steps, and the targets of all tests."""

from __future__ import annotations

import ast
import hashlib
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.benchmarks.scicode.targets import Targets, extract_targets, fetch_targets
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.records import Row
from northstar.core.regular import read_whole
from northstar.data.attachments import Attachment
from northstar.data.source import Preparation
from northstar.sandbox.environment import make_environment

GIVEN = ("13.6", "62.1", "76.3")
"""Steps whose code the authors give; they are neither asked nor graded."""
GIVEN_AT = "https://raw.githubusercontent.com/scicode-bench/SciCode/main/eval/data"
LARGEST_GIVEN = 1 << 20
FETCH_SECONDS = 60


@dataclass
class Completing:
    """Completes rows; `facts` says with what."""

    given: Path | None
    targets: Targets
    facts: dict[str, Any] = field(default_factory=dict)

    def __call__(self, row: Row) -> Row:
        return {**row, "sub_steps": [self._completed(step) for step in row["sub_steps"]]}

    def _completed(self, step: dict[str, Any]) -> dict[str, Any]:
        name = step["step"]
        if name in GIVEN:
            code = given_code(name, self.given)
            self.facts[f"given_{name}_sha256"] = hashlib.sha256(code.encode()).hexdigest()
            return {**step, "given": code}
        path = self.targets.file_of(name, len(step["tests"]))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {**step, "targets": Attachment(f"targets/{name}-{digest[:16]}.values", path.read_bytes)}


@contextmanager
def completed(preparation: Preparation) -> Iterator[Completing]:
    """Open what completes the rows. Raises NorthstarError that says what to do if something is missing."""
    environment = make_environment(preparation.say)
    targets = preparation.options.get("targets") or fetch_targets(environment, preparation)
    with tempfile.TemporaryDirectory(prefix="northstar-scicode-") as folder:
        extracted = extract_targets(environment, targets, Path(folder), preparation.say)
        yield Completing(
            given=preparation.options.get("given"),
            targets=extracted,
            facts={"targets_sha256": extracted.sha256},
        )


def check_given(folder: Path) -> None:
    """Raise UsageError if a folder cannot be ++scicode.given."""
    for step in GIVEN:
        given_code(step, folder)


def given_code(step: str, folder: Path | None) -> str:
    """Return the authors' code of a step, from a folder or their repository. Raises UsageError or NorthstarError."""
    if folder is not None:
        try:
            return _python(read_whole(folder / f"{step}.txt"))
        except (NorthstarError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"++scicode.given={folder}: {step}.txt cannot be read ({reason}).") from None
    address = f"{GIVEN_AT}/{step}.txt"
    try:
        with urllib.request.urlopen(address, timeout=FETCH_SECONDS) as response:
            return _python(response.read(LARGEST_GIVEN))
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        names = ", ".join(f"{name}.txt" for name in GIVEN)
        raise NorthstarError(
            f"cannot fetch the code that SciCode's authors give for step {step} from {address} ({reason}). "
            f"Copy {names} of their repository's eval/data into a folder and name it with ++scicode.given=DIR."
        ) from None


def _python(content: bytes) -> str:
    """Return the code. Raises ValueError that says why it is not valid Python."""
    try:
        code = content.decode()
        statements = ast.parse(code).body
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except SyntaxError as error:
        raise ValueError(f"it is not valid Python: line {error.lineno}, {error.msg}") from None
    if not statements:
        raise ValueError("it contains no code")
    return code
