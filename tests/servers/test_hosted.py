"""What is checked of a server that is to be started, before it is, and what of it can change an answer."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers import vllm
from northstar.servers.server import is_hosted, running


def check(**options: Any) -> ServerPlan:
    return vllm.SERVER.check(ServerPlan(type="vllm", **options))


def start(folder: Path, **options: Any) -> None:
    async def enter() -> None:
        async with running(ServerPlan(**{"type": "vllm", "model": "org/model"} | options), folder):
            pass

    asyncio.run(enter())


def test_a_path_where_there_is_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"--model={tmp_path}/none/: there is no such folder\.$"):
        check(model=f"{tmp_path}/none/")


def test_a_path_of_containers_is_told_what_makes_it_one_here() -> None:
    with pytest.raises(UsageError) as error:
        check(model="/no-workspace/none/")
    assert str(error.value) == (
        "--model=/no-workspace/none/: there is no such folder. There is no /no-workspace here: if it is a mount, a "
        "cluster config names it (mounts: [/my/folder:/no-workspace]); ns setup writes one, and --cluster=NAME "
        "reads it."
    )


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no model's folder: it has no config\.json"):
        check(model=str(tmp_path))


def test_a_slash_at_the_end_makes_no_other_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert check(model=f"{tmp_path}/").model == check(model=str(tmp_path)).model == str(tmp_path)


def test_a_name_on_the_hub_is_left_as_it_is() -> None:
    assert check(model="org/model").model == "org/model"


def test_a_model_must_be_named() -> None:
    with pytest.raises(UsageError, match="--model is missing: vLLM needs a model's folder"):
        check()


def test_one_that_runs_already_is_only_asked() -> None:
    plan = check(model="any", address="http://host:8000/v1/")
    assert (plan.address, is_hosted(plan), is_hosted(check(model="org/model"))) == ("http://host:8000/v1", False, True)


def test_what_would_be_started_makes_no_sense_at_an_address() -> None:
    with pytest.raises(UsageError, match="--server_replicas is for servers that Northstar starts"):
        check(model="any", address="http://host:8000/v1", replicas=2)


def test_a_command_that_names_gpus_may_be_given_an_address_in_passing() -> None:
    assert check(model="any", address="http://host:8000/v1", gpus=8).gpus is None


def test_a_key_in_the_arguments_would_be_written_down() -> None:
    with pytest.raises(UsageError, match="leave --api-key out"):
        check(model="org/model", args="--api-key sk-1")


def test_another_share_of_the_memory_makes_no_other_results() -> None:
    plain, thrifty = check(model="m"), check(model="m", args="--gpu-memory-utilization 0.8 --port 8000", gpus=4)
    assert vllm.SERVER.identity(plain) == vllm.SERVER.identity(thrifty) == {}


def test_other_arguments_may() -> None:
    plan = check(model="m", args='--port 8000 --max-model-len 4096 --tool-call-parser "json"')
    assert vllm.SERVER.identity(plan) == {"args": "--max-model-len 4096 --tool-call-parser json"}


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"^--server_python: there is no program /no/python\.$"):
        start(tmp_path, python="/no/python")


def test_without_the_package_an_interpreter_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NorthstarError, match=r"vLLM is not installed beside Northstar; --server_python=/path"):
        start(tmp_path)


def test_an_interpreter_is_found_beside_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = tmp_path / "venv" / "bin"
    environment.mkdir(parents=True)
    for name, text in {"python": "#!/bin/sh\necho found; exit 9\n", "vllm": "#!/bin/sh\n"}.items():
        (environment / name).write_text(text)
        (environment / name).chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vllm").symlink_to(environment / "vllm")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    with pytest.raises(
        NorthstarError, match=r"vLLM's server ended with status 9 before it was ready\.\nThe.*\n  found"
    ):
        start(tmp_path)


def test_a_port_that_somebody_has_is_not_shared(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(NorthstarError, match=f"cannot serve at --port {port}: .*leave --port out"):
            start(tmp_path, python="/bin/true", args=f"--port {port}")


def test_on_the_cpu_the_cache_is_not_all_memory() -> None:
    assert vllm.VLLM().environment(check(model="m", gpus=0))["VLLM_CPU_KVCACHE_SPACE"] == "4"
    assert "VLLM_CPU_KVCACHE_SPACE" not in vllm.VLLM().environment(
        check(model="m", gpus=0, args="--kv-cache-memory-bytes 9")
    )


KEYS = ("OPENAI_API_KEY", "JUDGE_API_KEY", "AZURE_OPENAI_API_KEY", "GEMINI_API_KEY")


@pytest.mark.parametrize(("kind", "keys"), [("vllm", []), ("sglang", []), ("generic", sorted(KEYS))])
def test_keys_of_other_servers_are_given_to_a_proxy_alone(
    kind: str, keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*KEYS, "HF_TOKEN"):
        monkeypatch.setenv(name, "secret")
    code = "import os; print(*sorted(name for name in os.environ if os.environ[name] == 'secret'))"
    with pytest.raises(NorthstarError, match="ended with status 0 before it was ready"):
        start(tmp_path, type=kind, entrypoint=f'{sys.executable} -c "{code}"', restarts=0)
    assert (tmp_path / f"{kind}-server.log").read_text().split() == sorted([*keys, "HF_TOKEN"])
