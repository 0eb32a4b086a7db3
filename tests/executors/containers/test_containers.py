"""Command lines of the container runtimes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from northstar.config.mounts import Mount
from northstar.core.errors import UsageError
from northstar.executors.containers.containers import (
    Inside,
    apptainer_command,
    check_mounts,
    engine_command,
    pyxis_options,
    with_paths,
)

MOUNTS = (Mount("/lustre/me", "/workspace"), Mount("/lustre/models", "/models", readonly=True))
INSIDE = Inside(image="me/vllm:1", mounts=MOUNTS, gpus=True)


def test_pyxis() -> None:
    assert pyxis_options(INSIDE) == [
        "--container-image=me/vllm:1",
        "--no-container-mount-home",
        "--container-mounts=/lustre/me:/workspace,/lustre/models:/models:ro",
    ]


def test_apptainer() -> None:
    assert apptainer_command(INSIDE, ["python3", "x.py"]) == [
        "apptainer",
        "exec",
        "--nv",
        "--bind=/lustre/me:/workspace",
        "--bind=/lustre/models:/models:ro",
        "me/vllm:1",
        "python3",
        "x.py",
    ]


def test_docker_keeps_the_user_and_no_value_is_in_the_command_line() -> None:
    assert engine_command(
        "docker", INSIDE, ["python3"], name="n", environment=["HF_TOKEN"], user=(1000, 100), gpus=["2", "3"]
    ) == [
        "docker",
        "run",
        "--interactive",
        "--name=n",
        "--network=host",
        "--ipc=host",
        "--user=1000:100",
        "--gpus",
        '"device=2,3"',
        "--volume=/lustre/me:/workspace",
        "--volume=/lustre/models:/models:ro",
        "--env=HF_TOKEN",
        "--env=HOME=/tmp",
        "--env=USER=northstar",
        "--entrypoint=",
        "me/vllm:1",
        "python3",
    ]


def test_a_home_that_the_config_gives_is_kept_and_root_has_its_own() -> None:
    words = engine_command("docker", INSIDE, [], name="n", environment=["HOME"], user=(1000, 100))
    assert [word for word in words if "HOME" in word] == ["--env=HOME"]
    words = engine_command("docker", INSIDE, [], name="n", environment=[], user=(0, 0))
    assert not [word for word in words if word.startswith("--env")]


def test_podman_without_root_keeps_the_user_by_its_own_means() -> None:
    words = engine_command("podman", INSIDE, [], name="n", environment=[], user=(1000, 100))
    assert "--userns=keep-id" in words
    assert "--device=nvidia.com/gpu=all" in words
    assert "--userns=keep-id" not in engine_command("podman", INSIDE, [], name="n", environment=[], user=(0, 0))


def test_a_folder_that_no_mount_covers_is_mounted_under_its_own_name() -> None:
    added = with_paths(
        MOUNTS, [Path("/lustre/me/out"), Path("/home/me/data"), Path("/lustre/me"), Path("/home/me/data/x")]
    )
    assert added == (*MOUNTS, Mount("/home/me/data", "/home/me/data"))


@pytest.mark.parametrize(
    ("runtime", "path", "odd"),
    [
        ("pyxis", "/home/me/my results", "a space"),
        ("pyxis", "/home/me/a,b", "a comma"),
        ("pyxis", "/home/me/a:b", "a colon"),
        ("pyxis", "/home/me/a\nb", "a line break"),
        ("pyxis", "/home/me/a\tb", "a tab"),
        ("pyxis", "/home/me/it's", '"\'"'),
        ("pyxis", '/home/me/"a"', "'\"'"),
        ("pyxis", "/home/me/$HOME", "'$'"),
        ("pyxis", "/home/me/a\\b", "'\\\\'"),
        ("apptainer", "/home/me/a,b", "a comma"),
        ("apptainer", "/home/me/a:b", "a colon"),
        ("apptainer", "/home/me/a\nb", "a line break"),
        ("docker", "/home/me/a:b", "a colon"),
        ("docker", "/home/me/a\nb", "a line break"),
        ("podman", "/home/me/a:b", "a colon"),
        ("podman", "/home/me/a\\b", "'\\\\'"),
    ],
)
@pytest.mark.parametrize("side", ["host", "inside"])
def test_a_mount_that_the_runtime_would_read_otherwise_is_refused_by_name(
    runtime: str, path: str, odd: str, side: str
) -> None:
    mount = Mount(path, "/w") if side == "host" else Mount("/w", path)
    with pytest.raises(UsageError, match=re.escape(f"the path contains {odd}")) as refused:
        check_mounts(runtime, [*MOUNTS, mount])
    assert str(refused.value).startswith(f"{runtime} can't mount ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("runtime", "path"), [("docker", "/my results, 2"), ("podman", "/it's"), ("apptainer", "/a b")]
)
def test_a_mount_that_the_runtime_reads_as_it_stands_is_taken(runtime: str, path: str) -> None:
    check_mounts(runtime, [Mount(path, path, readonly=True)])
