"""Command lines of the container runtimes."""

from __future__ import annotations

from pathlib import Path

from northstar.config.mounts import Mount
from northstar.executors.containers import Inside, apptainer_command, engine_command, pyxis_words, with_paths

MOUNTS = (Mount("/lustre/me", "/workspace"), Mount("/lustre/models", "/models", readonly=True))
INSIDE = Inside(image="me/vllm:1", mounts=MOUNTS, gpus=True)


def test_pyxis() -> None:
    assert pyxis_words(INSIDE) == [
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
