"""From a laptop: the code is copied once, and each command is one ssh over a connection that stays open."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.integration.cluster.conftest import RealSlurm, RealSsh

pytestmark = [pytest.mark.real_ssh, pytest.mark.slow]

Start = Callable[..., str]


@pytest.fixture
def laptop(ssh: RealSsh, slurm: RealSlurm, config: Path, tmp_path: Path, data_dir: Path, ns: Ns) -> Callable[..., str]:
    """Run `ns` against a cluster that is reached by ssh; returns what it prints."""
    (config / "lab.yaml").write_text(
        f"executor: slurm\npartition: main\nmounts: ['{tmp_path}/host:/workspace']\n"
        f"ssh_tunnel: {{host: {ssh.host}, job_dir: '{tmp_path}/jobs'}}\n"
        f"interpreters: {{northstar: '{sys.executable}'}}\n"
        f"env_vars: [SLURM_CONF, SECRET=s3cr3t, NORTHSTAR_DATA_DIR={data_dir}]\n"
    )
    trace = tmp_path / "ssh.log"
    wrapper = tmp_path / "ssh"
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {trace}\nexec {ssh.command} "$@"\n')
    wrapper.chmod(0o755)
    environment = {"NORTHSTAR_SSH_COMMAND": str(wrapper), "SLURM_CONF": slurm.environment["SLURM_CONF"]}

    def run(command: str, *words: object) -> str:
        done = ns(command, "--cluster=lab", f"--config_dir={config}", *words, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_everything_from_a_laptop(
    laptop: Callable[..., str], slurm: RealSlurm, start_mock: Start, tmp_path: Path
) -> None:
    words = ("--benchmarks=smoke:2", "--output_dir=/workspace/out", "--model=mock", f"--server_address={start_mock()}")
    submitted = laptop("eval", *words)
    assert submitted.endswith(f"Watch them: ns status /workspace/out --cluster=lab --config_dir={tmp_path}/configs\n")
    numbers = [line.split()[0] for line in submitted.splitlines() if line.startswith("  ")]
    slurm.wait(*numbers)
    shards = json.loads(laptop("status", "/workspace/out", "--format=json"))["shards"]
    assert [(shard["name"], shard["state"]) for shard in shards] == [
        ("smoke rs0", "done"),
        ("smoke rs1", "done"),
        ("summary", "done"),
    ]
    assert "pass@1[avg-of-2]" in laptop("summarize_results", "/workspace/out")
    sent = [line for line in (tmp_path / "ssh.log").read_text().splitlines() if not line.startswith("-G")]
    assert [line.endswith("bash -l -s") for line in sent] == [True, False, True, True, True]  # the code: once
    (code,) = (tmp_path / "jobs/code").iterdir()
    script = (tmp_path / "host/out/eval-logs/jobs/001/smoke/job.sh").read_text()
    assert str(code) in script
    assert not [*(tmp_path / "jobs/configs").iterdir()]
    assert "s3cr3t" not in script + "".join(sent)
    written = [file for folder in ("jobs", "host") for file in (tmp_path / folder).rglob("*") if file.is_file()]
    assert not [file for file in written if b"s3cr3t" in file.read_bytes()]


def test_the_doctor_looks_at_the_login_node(laptop: Callable[..., str]) -> None:
    found = json.loads(laptop("doctor", "--json", "--timeout=20"))
    slurm = next(check for check in found["checks"] if check["check"] == "slurm")
    assert (found["cluster"], slurm["state"]) == ("lab", "ok")
    assert "main" in slurm["details"]["partitions"]


def test_exit_codes_and_messages_come_through(ssh: RealSsh, laptop: Callable[..., str], ns: Ns, config: Path) -> None:
    environment = {"NORTHSTAR_SSH_COMMAND": ssh.command}
    done = ns("status", "--cluster=lab", f"--config_dir={config}", "/elsewhere/out", **environment)
    assert done.returncode == 2
    assert "/elsewhere/out lies under no mount" in done.stderr


def test_a_python_that_cannot_run_northstar_is_said(ssh: RealSsh, laptop: object, ns: Ns, config: Path) -> None:
    file = config / "lab.yaml"
    file.write_text(file.read_text().replace(sys.executable, "/no/such/python"))
    done = ns("status", "--cluster=lab", f"--config_dir={config}", "/workspace/o", NORTHSTAR_SSH_COMMAND=ssh.command)
    assert done.returncode == 1
    assert "/no/such/python on labcluster can't run Northstar (" in done.stderr
    assert "interpreters: {northstar: /path/to/bin/python}." in done.stderr


def test_a_host_that_is_not_there_is_said(laptop: Callable[..., str], ns: Ns, config: Path) -> None:
    file = config / "lab.yaml"
    file.write_text(file.read_text().replace("host: labcluster", "host: 127.0.0.1"))
    command = "ssh -o ConnectTimeout=2 -o BatchMode=yes -p 9"
    done = ns("status", "--cluster=lab", f"--config_dir={config}", "/workspace/out", NORTHSTAR_SSH_COMMAND=command)
    assert done.returncode == 1
    assert "error: ssh could not connect to 127.0.0.1; try: ssh " in done.stderr


def test_a_config_that_shares_connections_is_left_to_it(ssh: RealSsh) -> None:
    said = subprocess.run([*ssh.command.split(), "-G", ssh.host], capture_output=True, text=True).stdout
    assert "controlmaster auto" in said
