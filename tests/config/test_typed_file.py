from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from northstar.config.typed_file import line_of, read_typed
from northstar.core.errors import UsageError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    k: int
    source: str | None = None


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    runs: dict[str, tuple[Inner, ...]] = {}


def refusal(folder: Path, text: str) -> str:
    """Return what is said of a file with this text, without its path."""
    file = folder / "x.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read_typed(file, Outer, "a test")
    return str(error.value).removeprefix(str(file)).removeprefix(", ")


def test_values_are_read_and_typed(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("runs:\n  a:\n  - k: 3\n")
    assert read_typed(file, Outer, "a test").runs["a"][0].k == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run: 1\n", "line 1: unknown key 'run'. Did you mean runs? It may be runs."),
        ("runs:\n  a:\n  - k: 1\n    sourc: x\n", "line 4: unknown key 'runs.a.0.sourc'. Did you mean source?"),
        ("runs:\n  a:\n  - k: 1\n  - source: x\n", "line 4: runs.a.1.k is missing."),
        ("runs:\n  a:\n  - k: many\n", "line 3: runs.a.0.k: input should be a valid integer"),
        ("1\n", " is not a test: it should be a mapping of runs."),
        ("a: b: c\n", " is not YAML: "),
        ("a: &a [*a]\n", "line 1: unknown key 'a'."),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    assert refusal(tmp_path, text).startswith(expected)


def test_a_file_that_is_missing_or_too_large_or_no_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*No such file"):
        read_typed(tmp_path / "none.yaml", Outer, "a test")
    assert "it may have 1,048,576" in refusal(tmp_path, "#" * (1 << 20) + "\n")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        read_typed(tmp_path / "x.yaml", Outer, "a test")


def test_a_place_that_is_missing_has_the_line_of_what_it_would_be_in() -> None:
    assert line_of("a:\n  b: 1\n", ("a", "c")) == 1
