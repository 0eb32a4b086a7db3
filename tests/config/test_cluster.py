"""Cluster configs: where they are found, what they may hold, and what an error says."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.cluster import Cluster, config_folders, find_cluster, read_cluster
from northstar.config.mounts import Mount
from northstar.core.errors import UsageError

WHOLE = """
executor: slurm
mounts: ["/lustre/me:/workspace", "/lustre/models:/models:ro"]
containers: {vllm: /images/vllm.sqsh, northstar: "docker://me/northstar:1"}
env_vars: [HF_TOKEN, HF_HOME=/workspace/hf]
required_env_vars: [WANDB_KEY]
job_name_prefix: me-
account: lab
partition: gpu
cpu_partition: cpu
timeouts: {gpu: 04:00:00, cpu: 30}
job_dir: /lustre/me/jobs
ssh_tunnel: {host: login.example.org, user: me, job_dir: /lustre/me/jobs, identity: ~/.ssh/lab}
gpus_per_node: 8
cpus_per_task: 16
"""


def write(folder: Path, text: str, name: str = "lab.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_every_key_is_read(tmp_path: Path) -> None:
    cluster = read_cluster(write(tmp_path, WHOLE))
    assert cluster.name == "lab"
    assert cluster.mounts == (Mount("/lustre/me", "/workspace"), Mount("/lustre/models", "/models", readonly=True))
    assert cluster.image("vllm") == "/images/vllm.sqsh"
    assert cluster.image("sglang") is None
    assert (cluster.time_limit("gpu"), cluster.time_limit("cpu"), cluster.time_limit("other")) == (
        "04:00:00",
        "30",
        None,
    )
    assert (cluster.gpus_per_node, cluster.cpus_per_task) == (8, 16)
    assert cluster.ssh_tunnel is not None
    assert cluster.ssh_tunnel.host == "login.example.org"


def test_one_time_limit_may_be_for_all_partitions(tmp_path: Path) -> None:
    cluster = read_cluster(write(tmp_path, "executor: slurm\ntimeouts: 12:30:00\n"))
    assert cluster.time_limit("any") == "12:30:00"  # and not 45000, as YAML 1.1 reads it


def test_local_needs_no_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    assert find_cluster("local") == Cluster()


def test_a_config_called_local_is_used(tmp_path: Path) -> None:
    write(tmp_path, "executor: local\nmounts: ['/data:/workspace']\n", "local.yaml")
    assert find_cluster("local", tmp_path).mounts == (Mount("/data", "/workspace"),)


def test_folders_are_looked_through_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("NORTHSTAR_CONFIG_DIR", str(tmp_path / "named"))
    named, here, user = config_folders()
    assert (named, here) == (tmp_path / "named", tmp_path / "cluster_configs")
    for number, folder in enumerate((user, here, named)):
        write(folder, f"executor: slurm\naccount: a{number}\n")
        assert find_cluster("lab").account == f"a{number}"


def test_config_dir_is_the_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "cluster_configs", "executor: slurm\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="unknown cluster 'lab'"):
        find_cluster("lab", tmp_path / "empty")


def test_a_mistyped_cluster_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "executor: slurm\n")
    with pytest.raises(UsageError, match=r"unknown cluster 'lba'\. Did you mean lab\?"):
        find_cluster("lba", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("executor: slurm\nmount: []\n", r"unknown key 'mount'\. Did you mean mounts"),
        (
            "ssh_tunnel: {host: h, job_dir: /j, idenity: x}\nexecutor: slurm\n",
            r"'ssh_tunnel\.idenity'\. Did you mean i",
        ),
        ("executor: slurm\nmounts: ['data:/workspace']\n", "mounts 'data:/workspace' must have absolute paths"),
        ("executor: slurm\nmounts: /a:/b\n", "mounts must be a list"),
        ("executor: slurm\nmounts: ['/a:/w', '/b:/w']\n", "same place inside, /w"),
        ("executor: slurm\ncontainers: {vlm: x}\n", r"no place for 'vlm'\. Did you mean vllm"),
        ("executor: slurm\ntimeouts: {gpu: soon}\n", "holds 'soon' for gpu"),
        ("executor: slurm\nenv_vars: ['A B']\n", "neither NAME nor NAME=value"),
        ("executor: slurm\nssh_tunnel: {host: '-oProxyCommand=x', job_dir: /j}\n", "is not a valid name for ssh"),
        ("executor: slurm\nssh_tunnel: {host: h, job_dir: '/a:b'}\n", "job_dir must not contain a colon"),
        ("executor: slurm\ncontainers: {vllm: '--privileged'}\n", "containers names for 'vllm' no image"),
        ("executor: slurm\nssh_tunnel: {host: h}\n", r"ssh_tunnel\.job_dir is missing"),
        ("executor: slurm\ncpu_per_task: 8\n", r"unknown key 'cpu_per_task'\. Did you mean cpus_per_task"),
        ("executor: slurm\ncpus_per_task: 0\n", "cpus_per_task: input should be greater than or equal to 1"),
        ("executor: slurm\njob_dir: jobs\n", "job_dir must be an absolute path"),
        ("- a\n", "is not a cluster config"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UsageError, match=said) as error:
        read_cluster(file)
    assert str(file) in str(error.value)


def test_a_value_of_env_vars_is_never_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        read_cluster(write(tmp_path, "executor: slurm\nenv_vars: ['my token=hf_secret']\n"))
    assert "hf_secret" not in str(error.value)


def test_the_environment_of_jobs() -> None:
    cluster = Cluster(name="lab", env_vars=("A", "B=2", "UNSET"), required_env_vars=("C",))
    assert cluster.environment({"A": "1", "C": "3", "D": "4"}) == {"A": "1", "B": "2", "C": "3"}
    with pytest.raises(UsageError, match="needs the environment variable C"):
        cluster.environment({"A": "1"})


def test_paths_in_values_of_variables_are_the_hosts_where_nothing_runs_in_a_container() -> None:
    cluster = Cluster(
        mounts=(Mount("/lustre/me", "/workspace"),), env_vars=("HF_HOME=/workspace/hf", "P=/workspace/a:/bin", "U=a:/b")
    )
    assert cluster.environment({}) == {"HF_HOME": "/lustre/me/hf", "P": "/lustre/me/a:/bin", "U": "a:/b"}
    contained = cluster.model_copy(update={"containers": {"vllm": "image"}})
    assert contained.environment({})["HF_HOME"] == "/workspace/hf"
