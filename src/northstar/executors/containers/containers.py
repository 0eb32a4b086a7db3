"""A command inside a container image, as a command line: pyxis, apptainer, docker, podman. Pure functions.

Mounts, environment and network are those of the host: a container brings programs, it is no wall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.mounts import Mount
from northstar.core.errors import UsageError

_SEPARATORS = {
    "pyxis": " ,:\"'\\$#",  # enroot reads a line of blank-separated words, with variables
    "apptainer": ",:\"'\\",
    "docker": ":\\",
    "podman": ":\\",
}
"""What each runtime reads as something else inside of a mount's path, where it stands in an option."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """image: what the runtime calls it. mounts: what it sees of the host. gpus: whether it needs them."""

    image: str
    mounts: tuple[Mount, ...]
    gpus: bool = False


def with_paths(mounts: Sequence[Mount], paths: Iterable[Path]) -> tuple[Mount, ...]:
    """The mounts, and each folder that none of them covers under its own name."""
    found = list(mounts)
    for path in sorted({str(path) for path in paths}):
        if not any(path == mount.host or path.startswith(mount.host.rstrip("/") + "/") for mount in found):
            found.append(Mount(path, path))
    return tuple(found)


def check_mounts(runtime: str, mounts: Iterable[Mount]) -> None:
    """Raises UsageError for a mount that this runtime can't be told: it would mount something else, or nothing."""
    separators = _SEPARATORS[runtime]
    for mount in mounts:
        for path in (mount.host, mount.inside):
            odd = next((each for each in path if each in separators or not each.isprintable()), None)
            if odd is not None:
                raise UsageError(
                    f"{runtime} can't be told the mount {_shown(mount.host)}:{_shown(mount.inside)}: its path holds "
                    f"{_NAMES.get(odd, ascii(odd))}. Rename the folder, or name a link to it that holds none."
                )


_NAMES = {" ": "a space", ",": "a comma", ":": "a colon", "\n": "a line break", "\t": "a tab"}


def _shown(path: str) -> str:
    return path if path.isprintable() else ascii(path)


def pyxis_words(inside: Inside) -> list[str]:
    """What srun is told, where the plugin pyxis is there."""
    words = [f"--container-image={inside.image}", "--no-container-mount-home"]
    if inside.mounts:
        words.append("--container-mounts=" + ",".join(map(str, inside.mounts)))
    return words


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
    """`docker run …` or `podman run …`, in the foreground, its standard input connected: that closes with its client.

    environment: names; values come from the client's own environment and are in no command line. user: who writes the
    files. gpus: which ones, None for all of them.
    """
    words = [engine, "run", "--interactive", f"--name={name}", "--network=host", "--ipc=host"]
    words += _user_words(engine, user)
    if inside.gpus:
        words += _gpu_words(engine, gpus)
    words += [f"--volume={mount}" for mount in inside.mounts]
    words += [f"--env={variable}" for variable in sorted(environment)]
    words += [f"--env={name}={value}" for name, value in _home(user).items() if name not in environment]
    return [*words, "--entrypoint=", inside.image, *command]


def _user_words(engine: str, user: tuple[int, int]) -> list[str]:
    """The user's own id inside, so that what is written belongs to the user."""
    words = [f"--user={user[0]}:{user[1]}"]
    return ["--userns=keep-id", *words] if engine == "podman" and user[0] != 0 else words


def _home(user: tuple[int, int]) -> dict[str, str]:
    """An image knows no user of that number: without these it has no name, and a home where it can't write caches."""
    return {} if user[0] == 0 else {"HOME": "/tmp", "USER": "northstar"}


def _gpu_words(engine: str, gpus: Sequence[str] | None) -> list[str]:
    if engine == "podman":
        return [f"--device=nvidia.com/gpu={gpu}" for gpu in (["all"] if gpus is None else gpus)]
    return ["--gpus=all"] if gpus is None else ["--gpus", '"device=' + ",".join(gpus) + '"']
