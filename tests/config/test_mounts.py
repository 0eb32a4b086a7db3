"""Paths go from what a command says to the host's own, and to a container's, and back."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.config.mounts import Mount, PathMap, to_host, to_inside
from northstar.core.errors import UsageError

MOUNTS = (Mount.read("/lustre/me:/workspace"), Mount.read("/lustre/models/:/workspace/models:ro"))
HOST = to_host(MOUNTS, "lab")


@pytest.mark.parametrize(
    ("inside", "host"),
    [
        ("/workspace", "/lustre/me"),
        ("/workspace/", "/lustre/me/"),
        ("/workspace/out/", "/lustre/me/out/"),
        ("/workspace/models/m", "/lustre/models/m"),  # the longest mount decides
        ("/workspace/modelsx", "/lustre/me/modelsx"),
        ("/workspace//a/../b", "/lustre/me/b"),
        ("relative/path", "relative/path"),
        ("nvidia/Model", "nvidia/Model"),
    ],
)
def test_from_inside_to_the_host(inside: str, host: str) -> None:
    assert HOST.path(inside) == host


def test_a_path_under_no_mount_is_an_error_that_names_the_mounts() -> None:
    with pytest.raises(UsageError) as error:
        HOST.path("/scratch/out", "--output_dir")
    assert str(error.value) == (
        "--output_dir=/scratch/out lies under no mount. The mounts of cluster lab: /lustre/me:/workspace, "
        "/lustre/models:/workspace/models:ro."
    )


def test_a_path_cannot_climb_out_of_its_mount() -> None:
    with pytest.raises(UsageError):
        HOST.path("/workspace/../etc")


def test_the_hosts_own_name_of_a_mounted_path_is_asked_back() -> None:
    with pytest.raises(UsageError, match="Did you mean /workspace/m"):
        HOST.path("/lustre/me/m")


def test_without_mounts_every_path_is_the_hosts() -> None:
    assert to_host(()).path("/any/where") == "/any/where"
    assert to_host(()).argv("--a  '/x y'") == "--a  '/x y'"


def test_the_tutorials_server_arguments() -> None:
    words = (
        '--tool-parser-plugin "/workspace/Llama-3_3/parser_no_streaming.py" \\\n'
        '                 --tool-call-parser "llama_nemotron_json" \\\n --enable-auto-tool-choice'
    )
    assert shlex.split(HOST.argv(words)) == [
        "--tool-parser-plugin",
        "/lustre/me/Llama-3_3/parser_no_streaming.py",
        "--tool-call-parser",
        "llama_nemotron_json",
        "--enable-auto-tool-choice",
    ]


@pytest.mark.parametrize(
    ("word", "moved"),
    [
        ("--chat-template=/workspace/t.jinja", "--chat-template=/lustre/me/t.jinja"),
        ('{"model": "/workspace/draft", "n": 5}', '{"model": "/lustre/me/draft", "n": 5}'),
        ("/workspace/a b", "/lustre/me/a b"),
        ("http://host/workspace", "http://host/workspace"),
        ("a/workspace", "a/workspace"),
        ("lora=/workspace/l", "lora=/lustre/me/l"),
    ],
)
def test_paths_in_words(word: str, moved: str) -> None:
    assert shlex.split(HOST.argv(shlex.quote(word))) == [moved]


def test_a_path_in_the_arguments_under_no_mount_is_an_error() -> None:
    with pytest.raises(UsageError, match="--server_args: --chat-template=/etc/t lies under no mount"):
        HOST.argv("--chat-template=/etc/t", "--server_args")


def test_to_the_inside_of_a_container() -> None:
    assert to_inside(MOUNTS).path("/lustre/models/m") == "/workspace/models/m"
    with pytest.raises(UsageError, match="lies under no mount"):
        to_inside(MOUNTS).path("/home/me")


NAMES = st.lists(st.text("abc._-", min_size=1, max_size=4).filter(lambda name: set(name) - {"."}), max_size=4)


@given(NAMES)
def test_there_and_back_is_where_it_began(names: list[str]) -> None:
    path = "/".join(["/workspace", *names])
    assert to_inside(MOUNTS).path(HOST.path(path)) == path


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_words_without_paths_stay_as_they_are(words: list[str]) -> None:
    harmless = [word for word in words if "/" not in word and "\\\n" not in word]  # which continues a line
    assert shlex.split(HOST.argv(shlex.join(harmless))) == harmless


@pytest.mark.parametrize("text", ["/a", "/a:b", "a:/b", "/a:/b:rx", "/a:/b:ro:x", "/a:/"])
def test_a_mount_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"'/?a"):
        Mount.read(text)


def test_moves_that_are_empty_move_nothing() -> None:
    assert not PathMap(())
