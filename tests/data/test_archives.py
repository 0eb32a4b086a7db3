"""Archives that an environment's packages read: fetched from their makers, checked, unpacked whole or not at all."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError
from northstar.data.archives import Archive, missing_archives, unpack
from tests.file_server import FileServer, serving_files


def zipped(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"words/{name}", text)
    return content.getvalue()


WORDS = zipped(english="a b c")


@pytest.fixture
def makers() -> Iterator[FileServer]:
    with serving_files() as files:
        files.files["/words.zip"] = WORDS
        yield files


def of(makers: FileServer, content: bytes = WORDS) -> Archive:
    digest = hashlib.sha256(content).hexdigest()
    return Archive(f"{makers.address}/words.zip", "their words", digest, "data/lists", "words", "NOBODYS_MIRROR")


def test_it_is_unpacked_into_its_folder(makers: FileServer, tmp_path: Path) -> None:
    unpack(of(makers), tmp_path)
    assert (tmp_path / "data/lists/words/english").read_text() == "a b c"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["archives", "data"]


def test_it_is_missing_until_it_is_unpacked(makers: FileServer, tmp_path: Path) -> None:
    assert missing_archives((of(makers),), tmp_path) == [of(makers)]
    unpack(of(makers), tmp_path)
    assert missing_archives((of(makers),), tmp_path) == []


def test_other_bytes_than_the_pinned_ones_are_not_unpacked(makers: FileServer, tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="sent another file than the pinned their words"):
        unpack(of(makers, b"others"), tmp_path)
    assert not (tmp_path / "data").exists()


def test_what_is_no_archive_is_one_sentence(makers: FileServer, tmp_path: Path) -> None:
    makers.files["/words.zip"] = b"no zip"
    with pytest.raises(NorthstarError, match=r"^cannot unpack their words into .*\.$"):
        unpack(of(makers, b"no zip"), tmp_path)
    assert not (tmp_path / "data/lists/words").exists()


def test_what_is_not_there_is_one_sentence(makers: FileServer, tmp_path: Path) -> None:
    makers.files.clear()
    with pytest.raises(NorthstarError, match=r"^cannot fetch their words: there is no file at http.*\.$"):
        unpack(of(makers), tmp_path)
