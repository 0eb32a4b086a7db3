"""What is attached to rows lies beside them, and is what it was when it was prepared."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.attachments import Attachment, Attachments, keep


def test_it_is_written_once_and_read_by_what_the_row_says(tmp_path: Path) -> None:
    written: list[int] = []

    def content() -> bytes:
        written.append(1)
        return b"a\nb\n"

    first = keep(Attachment("tests/x.jsonl", content), tmp_path, "bench")
    second = keep(Attachment("tests/x.jsonl", content), tmp_path, "bench")
    assert (first, first["file"], first["bytes"], len(written)) == (second, "bench/tests/x.jsonl", 4, 1)
    assert list(Attachments(tmp_path).lines(first)) == [b"a", b"b"]
    assert Attachments(tmp_path).read(first) == b"a\nb\n"


def test_it_is_written_again_where_that_is_asked_for(tmp_path: Path) -> None:
    keep(Attachment("x", lambda: b"old"), tmp_path, "bench")
    reference = keep(Attachment("x", lambda: b"new"), tmp_path, "bench", anew=True)
    assert Attachments(tmp_path).read(reference) == b"new"


@pytest.mark.parametrize(("left", "why"), [(b"other", "it has changed"), (None, "No such file")])
def test_another_file_or_none_is_not_read(tmp_path: Path, left: bytes | None, why: str) -> None:
    reference = keep(Attachment("x", lambda: b"content"), tmp_path, "bench")
    (tmp_path / "bench/x").unlink()
    if left is not None:
        (tmp_path / "bench/x").write_bytes(left)
    with pytest.raises(NorthstarError, match=rf"{why}.*ns prepare_data bench --force"):
        Attachments(tmp_path).read(reference)


def test_a_row_names_no_file_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="is not in the data folder"):
        Attachments(tmp_path / "data").read({"file": "../secret", "sha256": "0", "bytes": 1})


def test_a_disk_that_fails_later_is_named(tmp_path: Path) -> None:
    reference = keep(Attachment("x", lambda: b"content"), tmp_path, "bench")
    attachments = Attachments(tmp_path)
    attachments.read(reference)
    (tmp_path / "bench/x").unlink()
    for read in (attachments.read, lambda reference: list(attachments.lines(reference))):
        with pytest.raises(NorthstarError, match=r"cannot read .*bench/x: No such file.*run the same command again"):
            read(reference)
