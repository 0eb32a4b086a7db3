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
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.config.cluster import Cluster, SshTunnel
from northstar.errors import NorthstarError
from northstar.executors.code import archive, code_name

VARIABLE = "NORTHSTAR_SSH_COMMAND"
NO_CODE = 97
"""The remote script's exit status where this version's code isn't there yet."""
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
        _copy_code(tunnel, environment)
        status = subprocess.run(command, input=script.encode()).returncode
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
        folder = Path(environment.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"northstar-ssh-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        words += ["-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/%C", "-o", f"ControlPersist={KEPT_SECONDS}"]
    return [*words, tunnel.host]


def remote_script(cluster: Cluster, words: Sequence[str], variables: Mapping[str, str]) -> str:
    """What bash runs there. It is sent by standard input: no value of a variable is in a command line or a file.

    variables: those of the cluster config; its copy there names them only.
    """
    tunnel = cluster.ssh_tunnel
    assert tunnel is not None
    home = _in_shell(tunnel.job_dir)
    python = cluster.interpreters.get("northstar", "python3")
    columns = {"COLUMNS": str(shutil.get_terminal_size((120, 40)).columns)}  # as wide as it is here
    config = json.dumps(remote_config(cluster), indent=1)
    return "\n".join(
        [
            f"code={home}/code/{code_name()}",
            f'[ -d "$code/northstar" ] || exit {NO_CODE}',
            f"configs={home}/configs/{code_name()}-$$",
            'mkdir -p "$configs" || exit 1',
            "trap 'rm -rf \"$configs\"' EXIT",
            f"cat > \"$configs/{cluster.name}.yaml\" << 'NORTHSTAR_CONFIG'",
            config,
            "NORTHSTAR_CONFIG",
            *(f"export {name}={shlex.quote(value)}" for name, value in sorted({**variables, **columns}.items())),
            'export PYTHONPATH="$code"',
            f'cd && {shlex.quote(python)} -m northstar {shlex.join(words)} --config_dir="$configs" < /dev/null',
            "",
        ]
    )


def remote_config(cluster: Cluster) -> dict[str, object]:
    """The config as it is on the cluster itself: without the tunnel, and without values of variables."""
    assert cluster.ssh_tunnel is not None
    held = cluster.model_dump(mode="json", exclude={"name", "file", "ssh_tunnel"}, exclude_none=True)
    held["mounts"] = [str(mount) for mount in cluster.mounts]
    for key in ("env_vars", "required_env_vars"):
        held[key] = [word.partition("=")[0] for word in getattr(cluster, key)]
    held["job_dir"] = str(cluster.job_dir or cluster.ssh_tunnel.job_dir)
    return held


def _copy_code(tunnel: SshTunnel, environment: Mapping[str, str]) -> None:
    """Copy this version's code there, whole or not at all."""
    home, name = _in_shell(tunnel.job_dir), code_name()
    script = (
        f'set -e; mkdir -p {home}/code; cd {home}/code; new=".{name}.$$"; mkdir "$new"; tar xz -C "$new"; '
        f'mv -T "$new" {name} 2> /dev/null || {{ rm -rf "$new"; [ -d {name} ]; }}'
    )
    done = subprocess.run([*ssh_words(tunnel, environment), script], input=archive(), capture_output=True)
    if done.returncode != 0:
        said = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise NorthstarError(f"cannot copy Northstar's code to {tunnel.host}:{tunnel.job_dir}: {said}")


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
