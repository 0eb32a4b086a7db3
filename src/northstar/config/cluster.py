"""Cluster configs: YAML files with the executor, mounts and scheduler settings of a cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from northstar.config.mounts import Mount, PathMap
from northstar.config.typed_file import explained
from northstar.config.values import read_yaml
from northstar.core.errors import UsageError, did_you_mean

VARIABLE = "NORTHSTAR_CONFIG_DIR"
TYPED_CONFIG_DIR = "NORTHSTAR_TYPED_CONFIG_DIR"
"""Environment variable: the --config_dir typed on the machine that sent this command by ssh."""
FOLDER = "cluster_configs"
LOCAL = "local"
IMAGES = ("northstar", "vllm", "sglang", "trtllm", "llamacpp", "generic")
"""The programs that can have their own image or interpreter: the worker and each hosted server type."""

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TIME = re.compile(r"\d+|\d+:\d\d|\d+:\d\d:\d\d|\d+-\d\d?(:\d\d(:\d\d)?)?")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SshTunnel(_Part):
    """How to reach the cluster by ssh. host: a host name or an alias from the ssh config."""

    host: str = Field(min_length=1)
    user: str | None = None
    job_dir: str = Field(min_length=1)
    identity: str | None = None

    @field_validator("host", "user")
    @classmethod
    def _no_option(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith("-") or not re.fullmatch(r"[A-Za-z0-9_.:%@-]+", value)):
            raise ValueError("is not a valid name for ssh")
        return value

    @field_validator("job_dir")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("/", "~/")):
            raise ValueError("must be an absolute path on the cluster")
        if ":" in value or not value.isprintable():
            raise ValueError("must not contain a colon or a line break, for PYTHONPATH and the shell")
        return value


class Cluster(_Part):
    """One cluster config. The default is this machine, with nothing mounted.

    timeouts: partition → time limit, as Slurm writes it; a single one is for all. interpreters: the Python of the
    worker (`northstar`) and of server types that live in an environment of their own. container_runtime: not given,
    pyxis on Slurm, and on this machine podman or docker, whichever is there. cpus_per_task: of jobs that ask or judge;
    their server and worker share them.
    """

    name: str = LOCAL
    file: Path | None = None
    executor: str = LOCAL
    mounts: tuple[Mount, ...] = ()
    containers: dict[str, str] = Field(default_factory=dict)
    container_runtime: Literal["pyxis", "apptainer", "docker", "podman"] | None = None
    interpreters: dict[str, str] = Field(default_factory=dict)
    env_vars: tuple[str, ...] = ()
    required_env_vars: tuple[str, ...] = ()
    job_name_prefix: str = ""
    account: str | None = None
    partition: str | None = None
    cpu_partition: str | None = None
    timeouts: dict[str, str] = Field(default_factory=dict)
    job_dir: Path | None = None
    ssh_tunnel: SshTunnel | None = None
    gpus_per_node: int | None = Field(None, ge=0)
    cpus_per_task: int | None = Field(None, ge=1)

    @field_validator("mounts", mode="before")
    @classmethod
    def _read_mounts(cls, value: Any) -> Any:
        _check_list(value, "['/data/me:/workspace']")
        return tuple(Mount.read(each) if isinstance(each, str) else each for each in value)

    @field_validator("containers", "interpreters")
    @classmethod
    def _known_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name not in IMAGES:
                raise ValueError(
                    f"has no place for '{name}'.{did_you_mean(name, IMAGES)} It may be {', '.join(IMAGES)}"
                )
        return value

    @field_validator("containers")
    @classmethod
    def _images(cls, value: dict[str, str]) -> dict[str, str]:
        """Check that an image can be an argument of a command, and is not an option."""
        for name, image in value.items():
            if not image or image.startswith("-") or not image.isprintable():
                raise ValueError(f"names for '{name}' no image: {image!a}")
        return value

    @field_validator("timeouts", mode="before")
    @classmethod
    def _read_timeouts(cls, value: Any) -> Any:
        """Accept `4:00:00` for all partitions, or one limit per partition; a bare number is minutes, as for sbatch."""
        each = value if isinstance(value, Mapping) else {"": value}
        for partition, limit in each.items():
            if isinstance(limit, bool) or not is_time(str(limit)):
                raise ValueError(f"holds '{limit}' for {partition or 'all'}: a time looks like 04:00:00 or 1-12:00:00")
        return {str(partition): str(limit) for partition, limit in each.items()}

    @field_validator("env_vars", "required_env_vars", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        _check_list(value, "[HF_TOKEN, 'HF_HOME=/workspace/hf']")
        for word in value:
            name = str(word).partition("=")[0]  # the value may be a secret
            if not _VARIABLE_NAME.fullmatch(name):
                raise ValueError("holds an entry that is neither NAME nor NAME=value")
        return tuple(str(word) for word in value)

    @field_validator("job_dir")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        if value is not None and not str(value).startswith(("/", "~/")):
            raise ValueError("must be an absolute path")
        return value

    def time_limit(self, partition: str | None) -> str | None:
        """Return the time limit of jobs in a partition; None leaves it to Slurm."""
        return self.timeouts.get(partition or "", self.timeouts.get(""))

    def image(self, name: str) -> str | None:
        """Return the image of the worker ('northstar') or a server type; None if it runs without a container."""
        return self.containers.get(name)

    def environment(self, own: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment variables of a job. Raises UsageError if a required one is not set.

        Paths in the config's values are paths inside containers; without containers they are mapped to the host's.
        """
        path_map = PathMap(() if self.containers else tuple((mount.inside, mount.host) for mount in self.mounts))
        found: dict[str, str] = {}
        for word in (*self.env_vars, *self.required_env_vars):
            name, equals, value = word.partition("=")
            if equals:
                found[name] = ":".join(path_map.path(part) for part in value.split(":"))
            elif name in own:
                found[name] = own[name]
        missing = [word for word in self.required_env_vars if "=" not in word and word not in found]
        if missing:
            raise UsageError(
                f"cluster {self.name} needs the environment variable{'s' if len(missing) > 1 else ''} "
                f"{', '.join(missing)} (required_env_vars in {self.file}): export it first."
            )
        return found


def is_time(limit: str) -> bool:
    """Return whether sbatch reads a text as a time: '30' (minutes), '4:00:00', '1-12', …"""
    return _TIME.fullmatch(limit) is not None


def config_folders(option: str | os.PathLike[str] | None = None) -> list[Path]:
    """List the folders of cluster configs, in search order; --config_dir replaces them all."""
    if option is not None:
        return [Path(option).expanduser().absolute()]
    import platformdirs

    named = [Path(os.environ[VARIABLE]).expanduser().absolute()] if os.environ.get(VARIABLE) else []
    user = Path(platformdirs.user_config_dir("northstar", appauthor=False)) / FOLDER
    return [*named, Path(FOLDER).absolute(), user]


def cluster_files(option: str | os.PathLike[str] | None = None) -> dict[str, Path]:
    """Return the name and file of each cluster config; the first folder that has a name wins."""
    return _files(config_folders(option))


def find_cluster(name: str, config_dir: str | os.PathLike[str] | None = None) -> Cluster:
    """Return the cluster of a name; `local` without a config is this machine. Raises UsageError."""
    folders = config_folders(config_dir)
    if config_dir is not None and not folders[0].is_dir():
        raise UsageError(f"--config_dir: there is no folder {folders[0]}.")
    files = _files(folders)
    if name in files:
        return read_cluster(files[name])
    if name == LOCAL:
        return Cluster()
    known = [*files, *([] if LOCAL in files else [LOCAL])]
    raise UsageError(
        f"unknown cluster '{name}'.{did_you_mean(name, known)} There are {', '.join(known)}; a config is a file "
        f"{name}.yaml in {', '.join(map(str, folders))}. ns setup writes one."
    )


def read_cluster(file: Path) -> Cluster:
    """Read and check a config file. Raises UsageError, which names file, key and what to do."""
    if file.exists() and not file.is_file():
        raise UsageError(f"cannot read {file}: it is not a regular file.")
    try:
        content = read_yaml(file.read_text())
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not YAML: {' '.join(str(error).split())}") from None
    return cluster_of(content, file)


def cluster_of(content: Any, file: Path) -> Cluster:
    """Check the values of a config file and return its cluster. Raises UsageError."""
    if not isinstance(content, dict) or not content:
        raise UsageError(f"{file} is not a cluster config: it should begin with `executor: slurm`, or local.")
    _check_keys(file, content, Cluster, "")
    if isinstance(content.get("ssh_tunnel"), dict):
        _check_keys(file, content["ssh_tunnel"], SshTunnel, "ssh_tunnel.")
    given = {key: value for key, value in content.items() if value is not None}
    try:
        cluster = Cluster.model_validate({**given, "name": file.stem, "file": file})
    except ValidationError as error:
        raise UsageError(f"{file}: " + "; ".join(_explain(problem) for problem in error.errors()) + ".") from None
    _check_consistent(cluster)
    return _at_home(cluster) if cluster.ssh_tunnel is None else cluster


def _at_home(cluster: Cluster) -> Cluster:
    """Replace `~/` in paths by this machine's home folder; not with a tunnel, where it means the cluster's."""
    return cluster.model_copy(
        update={
            "job_dir": cluster.job_dir and cluster.job_dir.expanduser(),
            "interpreters": {name: _from_home(path) for name, path in cluster.interpreters.items()},
            "containers": {name: _from_home(image) for name, image in cluster.containers.items()},
        }
    )


def _from_home(path: str) -> str:
    return str(Path(path).expanduser()) if path.startswith("~/") else path


def _check_list(value: Any, example: str) -> None:
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list like {example}")  # noqa: TRY004 - pydantic turns it into its own


def _check_consistent(cluster: Cluster) -> None:
    insides = [mount.inside for mount in cluster.mounts]
    if twice := next((inside for inside in insides if insides.count(inside) > 1), None):
        raise UsageError(f"{cluster.file}: two mounts have the same place inside, {twice}.")


def _files(folders: Sequence[Path]) -> dict[str, Path]:
    """Return name → file; the first one found wins."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.is_dir():
            for file in sorted(folder.iterdir()):
                if file.suffix in (".yaml", ".yml"):
                    found.setdefault(file.stem, file)
    return found


def _check_keys(file: Path, content: Mapping[Any, Any], model: type[BaseModel], prefix: str) -> None:
    known = [name for name in model.model_fields if name not in ("name", "file")]
    for key in content:
        if key not in known:
            raise UsageError(
                f"{file} has an unknown key '{prefix}{key}'.{did_you_mean(str(key), known)} "
                f"It may have {', '.join(known)}."
            )


def _explain(problem: Any) -> str:
    return explained(problem, ".".join(str(part) for part in problem["loc"]))
