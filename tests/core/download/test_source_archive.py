"""The archive of fetched files: the same bytes each time, and nothing that leaves its folder."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from northstar.core.download.elsewhere import INDEX
from northstar.core.download.source_archive import unpack_sources, write_sources
from northstar.core.errors import NorthstarError

NAME = "huggingface.co/datasets/o/n/resolve/c0ffee/rows.jsonl"


def archive_of(path: Path, entries: list[tarfile.TarInfo], sums: dict[str, str]) -> Path:
    index = json.dumps({"sources": 1, "files": sums}).encode()
    first = tarfile.TarInfo(INDEX)
    first.size = len(index)
    with tarfile.open(path, "w") as tar:
        tar.addfile(first, io.BytesIO(index))
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, size: int = 1, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size if kind == tarfile.REGTYPE else 0, to
    return info


def test_the_same_files_give_the_same_bytes_and_come_back(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("one\n")
    write_sources(tmp_path / "a.tar", {NAME: file})
    file.touch()
    write_sources(tmp_path / "b.tar", {NAME: file})
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    (tmp_path / "into").mkdir()
    unpack_sources(tmp_path / "a.tar", tmp_path / "into")
    assert (tmp_path / "into" / NAME).read_text() == "one\n"


@pytest.mark.parametrize(
    "bad",
    [
        entry("../out"),
        entry("/etc/passwd"),
        entry("a/../../out"),
        entry("a//b"),
        entry("a\\b"),
        entry("link", tarfile.SYMTYPE, to="/etc/passwd"),
        entry("hard", tarfile.LNKTYPE, to=INDEX),
        entry("pipe", tarfile.FIFOTYPE),
        entry("disk", tarfile.BLKTYPE),
        entry("folder", tarfile.DIRTYPE),
    ],
    ids=lambda each: each.name,
)
def test_what_leaves_the_folder_or_is_no_file_is_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    archive = archive_of(tmp_path / "bad.tar", [bad], {bad.name: hashlib.sha256(b"x").hexdigest()})
    (tmp_path / "in/to").mkdir(parents=True)
    with pytest.raises(NorthstarError, match=r"bad\.tar is no archive of ns prepare_data --export, or was damaged: it"):
        unpack_sources(archive, tmp_path / "in/to")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] in (["bad.tar"], ["bad.tar", INDEX])


@pytest.mark.parametrize(
    ("entries", "sums", "said"),
    [
        ([entry("a")], {"a": "0" * 64}, "a is not what"),
        ([entry("a")], {}, "does not list"),
        ([], {"a": "0" * 64}, "it lacks a"),
        ([entry("a"), entry("a")], {"a": hashlib.sha256(b"x").hexdigest()}, "or twice"),
    ],
)
def test_another_content_than_the_list_says_is_refused(
    tmp_path: Path, entries: list[tarfile.TarInfo], sums: dict[str, str], said: str
) -> None:
    (tmp_path / "into").mkdir()
    with pytest.raises(NorthstarError, match=said):
        unpack_sources(archive_of(tmp_path / "a.tar", entries, sums), tmp_path / "into")


@pytest.mark.parametrize("length", [1, 100, 1000, 3000])
def test_a_cut_archive_is_refused(tmp_path: Path, length: int) -> None:
    archive = archive_of(tmp_path / "a.tar", [entry("a", size=2000)], {"a": hashlib.sha256(b"x" * 2000).hexdigest()})
    archive.write_bytes(archive.read_bytes()[:length])
    (tmp_path / "into").mkdir()
    with pytest.raises(NorthstarError, match="is no archive of ns prepare_data"):
        unpack_sources(archive, tmp_path / "into")


def test_a_header_that_is_told_to_be_huge_is_not_read_into_memory(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    (tmp_path / "a.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"x" * 4096)
    (tmp_path / "into").mkdir()
    with pytest.raises(NorthstarError, match="a header of more than 16 MiB"):
        unpack_sources(tmp_path / "a.tar", tmp_path / "into")
