"""Builds the command lines that run a command in a container: pyxis, apptainer, docker, podman. Pure functions.

A container provides programs; it does not isolate: network and environment are the host's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.mounts import Mount
from northstar.core.errors import UsageError

_SEPARATORS = {
    "pyxis": " ,:\"'\\$#",  # enroot reads a line of blank-separated argv, with variables
    "apptainer": ",:\"'\\",
    "docker": ":\\",
    "podman": ":\\",
}
"""The characters that each runtime misreads in a mount's path."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """A container to run a command in. image: its name for the runtime. gpus: whether it needs them."""

    image: str
    mounts: tuple[Mount, ...]
    gpus: bool = False


def with_paths(mounts: Sequence[Mount], paths: Iterable[Path]) -> tuple[Mount, ...]:
    """Add the folders that no mount covers, each under its own name."""
    found = list(mounts)
    for path in sorted({str(path) for path in paths}):
        if not any(path == mount.host or path.startswith(mount.host.rstrip("/") + "/") for mount in found):
            found.append(Mount(path, path))
    return tuple(found)


def check_mounts(runtime: str, mounts: Iterable[Mount]) -> None:
    """Raise UsageError for a mount whose path this runtime would misread."""
    separators = _SEPARATORS[runtime]
    for mount in mounts:
        for path in (mount.host, mount.inside):
            odd = next((each for each in path if each in separators or not each.isprintable()), None)
            if odd is not None:
                raise UsageError(
                    f"{runtime} can't mount {_shown(mount.host)}:{_shown(mount.inside)}: the path contains "
                    f"{_NAMES.get(odd, ascii(odd))}. Rename the folder, or use a link with another name."
                )


_NAMES = {" ": "a space", ",": "a comma", ":": "a colon", "\n": "a line break", "\t": "a tab"}


def _shown(path: str) -> str:
    return path if path.isprintable() else ascii(path)


def pyxis_options(inside: Inside) -> list[str]:
    """Return the options of srun for the pyxis plugin."""
    argv = [f"--container-image={inside.image}", "--no-container-mount-home"]
    if inside.mounts:
        argv.append("--container-mounts=" + ",".join(map(str, inside.mounts)))
    return argv


def apptainer_command(inside: Inside, command: Sequence[str]) -> list[str]:
    binds = [f"--bind={mount}" for mount in inside.mounts]
    return ["apptainer", "exec", *(["--nv"] if inside.gpus else []), *binds, inside.image, *command]


def engine_command(
    engine: str,
    inside: Inside,
    command: Sequence[str],
    *,
    name: str,
    environment: Collection[str],
    user: tuple[int, int],
    gpus: Sequence[str] | None = None,
) -> list[str]:
    """Return `docker run …` or `podman run …`: in the foreground, with standard input open until the client ends.

    Args:
        engine: docker or podman.
        inside: The container.
        command: The command to run in it.
        name: The container's name.
        environment: Names of variables to pass on; the values stay out of the command line.
        user: User and group id that own the files written.
        gpus: The GPUs to use; None for all.
    """
    argv = [engine, "run", "--interactive", f"--name={name}", "--network=host", "--ipc=host"]
    argv += _user_options(engine, user)
    if inside.gpus:
        argv += _gpu_options(engine, gpus)
    argv += [f"--volume={mount}" for mount in inside.mounts]
    argv += [f"--env={variable}" for variable in sorted(environment)]
    argv += [f"--env={name}={value}" for name, value in _home(user).items() if name not in environment]
    return [*argv, "--entrypoint=", inside.image, *command]


def _user_options(engine: str, user: tuple[int, int]) -> list[str]:
    """Run under the user's own id, so that the files written belong to the user."""
    argv = [f"--user={user[0]}:{user[1]}"]
    return ["--userns=keep-id", *argv] if engine == "podman" and user[0] != 0 else argv


def _home(user: tuple[int, int]) -> dict[str, str]:
    """Set HOME and USER: an image doesn't know the user id, and would have no name and no writable home for caches."""
    return {} if user[0] == 0 else {"HOME": "/tmp", "USER": "northstar"}


def _gpu_options(engine: str, gpus: Sequence[str] | None) -> list[str]:
    if engine == "podman":
        return [f"--device=nvidia.com/gpu={gpu}" for gpu in (["all"] if gpus is None else gpus)]
    return ["--gpus=all"] if gpus is None else ["--gpus", '"device=' + ",".join(gpus) + '"']
