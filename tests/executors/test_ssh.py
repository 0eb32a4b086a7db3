"""What is sent to a cluster: the command as it was typed, and no secret in it or in a file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from northstar.config.cluster import Cluster, SshTunnel, read_cluster
from northstar.config.mounts import Mount
from northstar.executors import ssh
from northstar.executors.code import code_name
from northstar.executors.ssh import remote_config, remote_script, ssh_argv

CLUSTER = Cluster(
    name="lab",
    executor="slurm",
    mounts=(Mount("/lustre/me", "/workspace"),),
    env_vars=("HF_TOKEN=hf_secret", "OTHER"),
    ssh_tunnel=SshTunnel(host="login", user="me", job_dir="~/jobs", identity="/keys/lab"),
)


def test_the_config_there_names_variables_and_holds_no_value() -> None:
    held = remote_config(CLUSTER)
    assert held["env_vars"] == ["HF_TOKEN", "OTHER"]
    assert held["mounts"] == ["/lustre/me:/workspace"]
    assert held["job_dir"] == "~/jobs"
    assert "ssh_tunnel" not in held
    assert "hf_secret" not in str(held)


def test_words_come_through_as_they_were_typed(tmp_path: Path) -> None:
    odd = ["eval", "--server_args=--x \"a b\" '$HOME'", "++system_message=''", "++prompt=*"]
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$HF_TOKEN" "$NORTHSTAR_CONFIG_DIR" "$(ls "$NORTHSTAR_CONFIG_DIR")"\n'
    )
    python.chmod(0o755)
    tunnel = SshTunnel(host="login", job_dir=f"{tmp_path}/my jobs")
    cluster = CLUSTER.model_copy(update={"ssh_tunnel": tunnel, "interpreters": {"northstar": str(python)}})
    (tmp_path / "my jobs/code" / code_name() / "northstar").mkdir(parents=True)
    script = remote_script(cluster, odd, {"HF_TOKEN": "it's"})
    said = subprocess.run(["bash", "-s"], input=script, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[:6] == ["-m", "northstar", *odd]
    assert said[6] == "it's"
    assert said[7].startswith(f"{tmp_path}/my jobs/configs/")
    assert said[8] == "lab.yaml"
    assert not [*(tmp_path / "my jobs/configs").iterdir()]


def test_the_folder_of_configs_is_this_machines_alone() -> None:
    argv = ["eval", "--config_dir", "here", "--x=1", "--config-dir=there", "--config_dir=x", "--y", "z"]
    assert remote_script(CLUSTER, argv, {}).splitlines()[-1].endswith("-m northstar eval --x=1 --y z < /dev/null")


@pytest.mark.parametrize("argv", [["eval", "--config_dir=my configs"], ["eval", "--config-dir", "my configs", "--x"]])
def test_it_is_said_there_where_the_configs_are_here(argv: list[str]) -> None:
    assert "export NORTHSTAR_TYPED_CONFIG_DIR='my configs'" in remote_script(CLUSTER, argv, {}).splitlines()


def test_a_home_folder_in_the_config_is_the_clusters(tmp_path: Path) -> None:
    text = """
    executor: slurm
    ssh_tunnel: {host: login, job_dir: ~/jobs}
    job_dir: ~/copies
    interpreters: {northstar: ~/env/bin/python, vllm: ~/vllm/bin/python}
    """
    (tmp_path / "lab.yaml").write_text(text)
    there = read_cluster(tmp_path / "lab.yaml")
    assert '&& "$HOME"/env/bin/python -m northstar' in remote_script(there, ["status"], {})
    held = remote_config(there)
    assert held["job_dir"] == "~/copies"
    (tmp_path / "lab.yaml").write_text(json.dumps(held))
    home = str(Path.home())
    assert read_cluster(tmp_path / "lab.yaml").job_dir == Path(home) / "copies"
    assert read_cluster(tmp_path / "lab.yaml").interpreters["vllm"] == f"{home}/vllm/bin/python"


def test_the_connections_socket_lies_where_nobody_else_can_put_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ssh, "_shares_connections", lambda _: False)
    monkeypatch.setenv("HOME", str(tmp_path))
    argv = ssh_argv(SshTunnel(host="login", job_dir="/j"), {})
    assert f'ControlPath="{tmp_path}/.ssh/northstar-%C"' in argv
    assert (tmp_path / ".ssh").stat().st_mode & 0o77 == 0


def test_openssh_reads_a_socket_in_a_folder_with_blanks_and_percent_signs(tmp_path: Path) -> None:
    folder = tmp_path / "my 100%h"
    argv = ssh_argv(SshTunnel(host="localhost", job_dir="/j"), {"XDG_RUNTIME_DIR": str(folder)})
    said = subprocess.run([argv[0], "-G", *argv[1:]], capture_output=True, text=True, check=True).stdout
    assert f"controlpath {folder}/northstar-" in said


def test_without_the_code_it_asks_for_it(tmp_path: Path) -> None:
    cluster = CLUSTER.model_copy(update={"ssh_tunnel": SshTunnel(host="login", job_dir=str(tmp_path))})
    script = remote_script(cluster, ["status"], {})
    assert subprocess.run(["bash", "-s"], input=script, text=True).returncode == ssh.NO_CODE


def test_the_users_own_settings_go_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert CLUSTER.ssh_tunnel is not None
    monkeypatch.setattr(ssh, "_shares_connections", lambda _: True)
    argv = ssh_argv(CLUSTER.ssh_tunnel, {"NORTHSTAR_SSH_COMMAND": "ssh -F /my/config"})
    assert argv == ["ssh", "-F", "/my/config", "-l", "me", "-i", "/keys/lab", "login"]
    monkeypatch.setattr(ssh, "_shares_connections", lambda _: False)
    argv = ssh_argv(CLUSTER.ssh_tunnel, {"XDG_RUNTIME_DIR": str(tmp_path)})
    assert "ControlMaster=auto" in argv
    assert argv[-1] == "login"


def test_a_look_gives_up_a_host_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "_shares_connections", lambda _: True)
    tunnel = SshTunnel(host="login", job_dir="/j")
    assert "ConnectTimeout=10" in ssh_argv(tunnel, {}, soon=True)
    assert ssh_argv(tunnel, {}) == ["ssh", "login"]
