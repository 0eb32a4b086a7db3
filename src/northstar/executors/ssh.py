"""Runs the same command on a remote cluster, with a copy of this code, over one ssh connection.

OpenSSH connects, with the user's config, agent and known_hosts. Northstar adds only connection sharing (ControlMaster),
unless the user's config has it already. NORTHSTAR_SSH_COMMAND sets another ssh command, like git's GIT_SSH_COMMAND.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.config.cluster import TYPED_CONFIG_DIR, Cluster, SshTunnel
from northstar.core.errors import NorthstarError
from northstar.executors.code import NEEDED, archive, code_name

VARIABLE = "NORTHSTAR_SSH_COMMAND"
_CONFIG_DIR = ("--config_dir", "--config-dir")
NO_CODE = 97
"""Exit status of the remote script when this version's code is missing there."""
NO_PYTHON = 98
"""Exit status of the copying script when the remote Python is too old or lacks a package."""
SSH_FAILED = 255
SOON_SECONDS = 10
KEPT_SECONDS = 300
"""How long the connection stays open after a command, so that the next one starts at once."""


def run_there(
    cluster: Cluster, argv: Sequence[str], environment: Mapping[str, str] = os.environ, *, soon: bool = False
) -> int:
    """Run `ns ARGV` on the cluster with this process's stdout and stderr; return its exit status.

    Args:
        cluster: The cluster.
        argv: The arguments of ns.
        environment: The environment of this process.
        soon: Give up where ssh does not connect in SOON_SECONDS, or the connection falls silent.

    Raises:
        NorthstarError: The cluster can't be reached.
        UsageError: A required environment variable is not set.
    """
    tunnel = cluster.ssh_tunnel
    assert tunnel is not None
    script = remote_script(cluster, argv, cluster.environment(environment))
    command = [*ssh_argv(tunnel, environment, soon=soon), "bash -l -s"]
    status = subprocess.run(command, input=script.encode()).returncode
    if status == NO_CODE:
        _copy_code(cluster, tunnel, environment)
        status = subprocess.run(command, input=script.encode()).returncode
        if status == NO_CODE:
            raise NorthstarError(f"Northstar's code was copied to {tunnel.host}, but isn't in {tunnel.job_dir}/code.")
    if status == SSH_FAILED:
        raise NorthstarError(
            f"ssh could not connect to {tunnel.host}; try: {shlex.join(ssh_argv(tunnel, environment))} true"
        )
    return status


def ssh_argv(tunnel: SshTunnel, environment: Mapping[str, str] = os.environ, *, soon: bool = False) -> list[str]:
    """Return the ssh command line, up to the remote command."""
    argv = shlex.split(environment.get(VARIABLE) or "ssh")
    argv += ["-l", tunnel.user] if tunnel.user else []
    argv += ["-i", str(Path(tunnel.identity).expanduser())] if tunnel.identity else []
    if not _shares_connections([*argv, tunnel.host]):
        argv += ["-o", "ControlMaster=auto", "-o", f"ControlPath={_socket(environment)}"]
        argv += ["-o", f"ControlPersist={KEPT_SECONDS}"]
    if soon:
        argv += ["-o", f"ConnectTimeout={SOON_SECONDS}"]
        argv += ["-o", f"ServerAliveInterval={SOON_SECONDS}", "-o", "ServerAliveCountMax=2"]
    return [*argv, tunnel.host]


def _socket(environment: Mapping[str, str]) -> str:
    """Return the socket's path for ssh -o: quoted, with percent signs of the folder doubled."""
    folder = str(_socket_folder(environment))
    if '"' in folder or "\\" in folder or not folder.isprintable():
        raise NorthstarError(f"ssh can't use a socket in {folder!a}; set XDG_RUNTIME_DIR to a plainer folder.")
    return '"' + folder.replace("%", "%%") + '/northstar-%C"'


def _socket_folder(environment: Mapping[str, str]) -> Path:
    """Return a folder that only this user can write; its path must be short, since socket paths are limited."""
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime)
    folder = Path.home() / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def remote_script(cluster: Cluster, argv: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return the script that bash runs on the cluster.

    It is sent through standard input, so that no value of a variable appears in a command line or a file.

    Args:
        cluster: The cluster.
        argv: The arguments of ns.
        variables: Name → value of the cluster config's variables; the config's remote copy holds only the names.
    """
    tunnel = cluster.ssh_tunnel
    assert tunnel is not None
    home = _in_shell(tunnel.job_dir)
    python = _in_shell(_python(cluster))
    config_file = '"$NORTHSTAR_CONFIG_DIR"/' + shlex.quote(f"{cluster.name}.yaml")
    columns = {"COLUMNS": str(shutil.get_terminal_size((120, 40)).columns)}  # the width of this terminal
    config = json.dumps(remote_config(cluster), indent=1)
    return "\n".join(
        [
            f"code={home}/code/{code_name()}",
            f'[ -d "$code/northstar" ] || exit {NO_CODE}',
            f"export NORTHSTAR_CONFIG_DIR={home}/configs/{code_name()}-$$",
            'mkdir -p "$NORTHSTAR_CONFIG_DIR" || exit 1',
            "trap 'rm -rf \"$NORTHSTAR_CONFIG_DIR\"' EXIT",
            f"cat > {config_file} << 'NORTHSTAR_CONFIG'",
            config,
            "NORTHSTAR_CONFIG",
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted({**variables, **columns}.items())),
            *_typed_config_dir(argv),
            'export PYTHONPATH="$code"',
            f"cd && {python} -m northstar {shlex.join(_without_config_dir(argv))} < /dev/null",
            "",
        ]
    )


def _python(cluster: Cluster) -> str:
    return cluster.interpreters.get("northstar", "python3")


def _without_config_dir(argv: Sequence[str]) -> list[str]:
    """Drop --config_dir: the folder is local; the script makes one on the cluster."""
    kept = []
    following = iter(argv)
    for argument in following:
        if argument in _CONFIG_DIR:
            next(following, None)
        elif argument.partition("=")[0] not in _CONFIG_DIR:
            kept.append(argument)
    return kept


def _typed_config_dir(argv: Sequence[str]) -> list[str]:
    """Export --config_dir, so that hints of the remote command can repeat it."""
    typed = ""
    for place, argument in enumerate(argv):
        name, equals, value = argument.partition("=")
        if name in _CONFIG_DIR:
            typed = value if equals else "".join(argv[place + 1 : place + 2])
    return [f"export {TYPED_CONFIG_DIR}={shlex.quote(typed)}"] if typed else []


def remote_config(cluster: Cluster) -> dict[str, object]:
    """Return the config for use on the cluster: without the tunnel and without values of variables."""
    assert cluster.ssh_tunnel is not None
    config = cluster.model_dump(mode="json", exclude={"name", "file", "ssh_tunnel"}, exclude_none=True)
    config["mounts"] = [str(mount) for mount in cluster.mounts]
    for key in ("env_vars", "required_env_vars"):
        config[key] = [argument.partition("=")[0] for argument in getattr(cluster, key)]
    config["job_dir"] = str(cluster.job_dir or cluster.ssh_tunnel.job_dir)
    return config


def _copy_code(cluster: Cluster, tunnel: SshTunnel, environment: Mapping[str, str]) -> None:
    """Copy this version's code to the cluster atomically, after checking that its Python can run it."""
    home, name, python = _in_shell(tunnel.job_dir), code_name(), _in_shell(_python(cluster))
    script = (
        f"{python} -c 'import sys, {NEEDED}; assert sys.version_info >= (3, 11), sys.version' || exit {NO_PYTHON}; "
        f'set -e; mkdir -p {home}/code; cd {home}/code; new=".{name}.$$"; mkdir "$new"; tar xz -C "$new"; '
        f'mv -T "$new" {name} 2> /dev/null || {{ rm -rf "$new"; [ -d {name} ]; }}'
    )
    command = [*ssh_argv(tunnel, environment), shlex.join(["bash", "-l", "-c", script])]  # whatever the login shell
    done = subprocess.run(command, input=archive(), capture_output=True)
    stderr = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode == NO_PYTHON:
        raise NorthstarError(
            f"{_python(cluster)} on {tunnel.host} can't run Northstar ({stderr[-1] if stderr else 'no output'}); "
            "install northstar into an environment there, and name its Python in the cluster config: interpreters: "
            "{northstar: /path/to/bin/python}."
        )
    if done.returncode != 0:
        raise NorthstarError(
            f"cannot copy Northstar's code to {tunnel.host}:{tunnel.job_dir}: {' '.join(stderr)[-300:]}"
        )


def _shares_connections(argv: Sequence[str]) -> bool:
    """Return whether the user's ssh config already shares connections to that host."""
    try:
        config = subprocess.run([argv[0], "-G", *argv[1:]], capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise NorthstarError(f"cannot find {argv[0]} on this machine; it is needed to reach the cluster.") from None
    settings = dict(line.split(" ", 1) for line in config.lower().splitlines() if " " in line)
    return settings.get("controlmaster", "false") not in ("false", "no") and "controlpath" in settings


def _in_shell(path: str) -> str:
    """Quote a path for a shell; a leading `~/` still means the remote home folder."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)
