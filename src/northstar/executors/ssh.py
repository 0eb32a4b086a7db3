"""A cluster reached from elsewhere: the same command is run there, by a copy of this code, over one ssh connection.

OpenSSH does the connecting, with its own config, agent and known_hosts; Northstar only sees to it that one connection
serves all that it asks (ControlMaster), unless the user's config does so already. NORTHSTAR_SSH_COMMAND is another ssh
command line, as GIT_SSH_COMMAND is git's.
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
"""The remote script's exit status where this version's code isn't there yet."""
NO_PYTHON = 98
"""That of the script that copies it, where the interpreter there lacks something."""
SSH_FAILED = 255
KEPT_SECONDS = 300
"""The connection outlives the command by so long, so that the next one begins at once."""


def run_there(cluster: Cluster, words: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run `ns words` on the cluster, its output going where this one's goes; returns its exit status.

    Raises NorthstarError when the cluster can't be reached, UsageError when a required variable isn't set.
    """
    tunnel = cluster.ssh_tunnel
    assert tunnel is not None
    script = remote_script(cluster, words, cluster.environment(environment))
    command = [*ssh_words(tunnel, environment), "bash -l -s"]
    status = subprocess.run(command, input=script.encode()).returncode
    if status == NO_CODE:
        _copy_code(cluster, tunnel, environment)
        status = subprocess.run(command, input=script.encode()).returncode
        if status == NO_CODE:
            raise NorthstarError(f"Northstar's code was copied to {tunnel.host}, but isn't in {tunnel.job_dir}/code.")
    if status == SSH_FAILED:
        raise NorthstarError(
            f"ssh did not get to {tunnel.host}; try: {shlex.join(ssh_words(tunnel, environment))} true"
        )
    return status


def ssh_words(tunnel: SshTunnel, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The ssh command line, up to the remote command."""
    words = shlex.split(environment.get(VARIABLE) or "ssh")
    words += ["-l", tunnel.user] if tunnel.user else []
    words += ["-i", str(Path(tunnel.identity).expanduser())] if tunnel.identity else []
    if not _shares_connections([*words, tunnel.host]):
        words += ["-o", "ControlMaster=auto", "-o", f"ControlPath={_socket(environment)}"]
        words += ["-o", f"ControlPersist={KEPT_SECONDS}"]
    return [*words, tunnel.host]


def _socket(environment: Mapping[str, str]) -> str:
    """As OpenSSH reads it in its options: quoted, and a percent sign of the folder's own doubled."""
    folder = str(_socket_folder(environment))
    if '"' in folder or "\\" in folder or not folder.isprintable():
        raise NorthstarError(f"ssh can't be told a socket in {folder!a}; set XDG_RUNTIME_DIR to a plainer folder.")
    return '"' + folder.replace("%", "%%") + '/northstar-%C"'


def _socket_folder(environment: Mapping[str, str]) -> Path:
    """Where nobody else can put a socket of theirs; the names of sockets must be short."""
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime)
    folder = Path.home() / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def remote_script(cluster: Cluster, words: Sequence[str], variables: Mapping[str, str]) -> str:
    """What bash runs there. It is sent by standard input: no value of a variable is in a command line or a file.

    variables: those of the cluster config; its copy there names them only.
    """
    tunnel = cluster.ssh_tunnel
    assert tunnel is not None
    home = _in_shell(tunnel.job_dir)
    python = _in_shell(_python(cluster))
    config_file = '"$NORTHSTAR_CONFIG_DIR"/' + shlex.quote(f"{cluster.name}.yaml")
    columns = {"COLUMNS": str(shutil.get_terminal_size((120, 40)).columns)}  # as wide as it is here
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
            *_typed_config_dir(words),
            'export PYTHONPATH="$code"',
            f"cd && {python} -m northstar {shlex.join(_without_config_dir(words))} < /dev/null",
            "",
        ]
    )


def _python(cluster: Cluster) -> str:
    return cluster.interpreters.get("northstar", "python3")


def _without_config_dir(words: Sequence[str]) -> list[str]:
    """That folder is here; there, the config has one of its own."""
    kept = []
    following = iter(words)
    for word in following:
        if word in _CONFIG_DIR:
            next(following, None)
        elif word.partition("=")[0] not in _CONFIG_DIR:
            kept.append(word)
    return kept


def _typed_config_dir(words: Sequence[str]) -> list[str]:
    """Lets the command there repeat the option in what it tells the user to type here."""
    typed = ""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in _CONFIG_DIR:
            typed = value if equals else "".join(words[place + 1 : place + 2])
    return [f"export {TYPED_CONFIG_DIR}={shlex.quote(typed)}"] if typed else []


def remote_config(cluster: Cluster) -> dict[str, object]:
    """The config as it is on the cluster itself: without the tunnel, and without values of variables."""
    assert cluster.ssh_tunnel is not None
    held = cluster.model_dump(mode="json", exclude={"name", "file", "ssh_tunnel"}, exclude_none=True)
    held["mounts"] = [str(mount) for mount in cluster.mounts]
    for key in ("env_vars", "required_env_vars"):
        held[key] = [word.partition("=")[0] for word in getattr(cluster, key)]
    held["job_dir"] = str(cluster.job_dir or cluster.ssh_tunnel.job_dir)
    return held


def _copy_code(cluster: Cluster, tunnel: SshTunnel, environment: Mapping[str, str]) -> None:
    """Copy this version's code there, whole or not at all, once there is a Python that can run it."""
    home, name, python = _in_shell(tunnel.job_dir), code_name(), _in_shell(_python(cluster))
    script = (
        f"{python} -c 'import sys, {NEEDED}; assert sys.version_info >= (3, 11), sys.version' || exit {NO_PYTHON}; "
        f'set -e; mkdir -p {home}/code; cd {home}/code; new=".{name}.$$"; mkdir "$new"; tar xz -C "$new"; '
        f'mv -T "$new" {name} 2> /dev/null || {{ rm -rf "$new"; [ -d {name} ]; }}'
    )
    command = [*ssh_words(tunnel, environment), shlex.join(["bash", "-l", "-c", script])]  # whatever the login shell is
    done = subprocess.run(command, input=archive(), capture_output=True)
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode == NO_PYTHON:
        raise NorthstarError(
            f"{_python(cluster)} on {tunnel.host} can't run Northstar ({said[-1] if said else 'it says nothing'}); "
            "install northstar into an environment there, and name its Python in the cluster config: interpreters: "
            "{northstar: /path/to/bin/python}."
        )
    if done.returncode != 0:
        raise NorthstarError(f"cannot copy Northstar's code to {tunnel.host}:{tunnel.job_dir}: {' '.join(said)[-300:]}")


def _shares_connections(words: Sequence[str]) -> bool:
    """Whether the user's own ssh config keeps one connection to that host already."""
    try:
        said = subprocess.run([words[0], "-G", *words[1:]], capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise NorthstarError(f"there is no {words[0]} here: the cluster is reached by OpenSSH's client.") from None
    settings = dict(line.split(" ", 1) for line in said.lower().splitlines() if " " in line)
    return settings.get("controlmaster", "false") not in ("false", "no") and "controlpath" in settings


def _in_shell(path: str) -> str:
    """A path quoted for a shell, with a `~/` at its beginning still meaning the home folder there."""
    return '"$HOME"/' + shlex.quote(path[2:]) if path.startswith("~/") else shlex.quote(path)
