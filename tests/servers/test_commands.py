"""The command lines of each server type, held against golden files, one word or argument a line.

The golden files of SGLang and TensorRT-LLM follow their documentation (docs.sglang.io: multi-node deployment;
nvidia.github.io/TensorRT-LLM: trtllm-serve); vLLM's also run for real in tests/integration.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers import generic, sglang, trtllm, vllm
from northstar.servers.hosting.ports import free_meeting_port
from northstar.servers.hosting.software import Seat
from northstar.servers.launchers import launcher

GOLDEN = Path(__file__).parent / "golden"
MODEL = "/models/my-model"


def plan(kind: str, **options: Any) -> ServerPlan:
    return ServerPlan(type=kind, model=MODEL, **options)


def seat(program: Sequence[str], gpus: int | None = 8) -> Seat:
    return Seat(port=8123, meeting_port=9123, gpus=gpus, program=program)


VLLM = seat(vllm.VLLM().program("/env/bin/python"))
SGLANG = seat(sglang.SGLang().program("/env/bin/python"))
TRTLLM = seat(trtllm.TensorRTLLM().program("/env/bin/python"))
TOOLS = '--tool-parser-plugin "/models/my-model/plugin.py" --tool-call-parser "json" --enable-auto-tool-choice'

LINES: dict[str, list[list[str]]] = {
    "vllm-one-node": [vllm.VLLM().command(plan("vllm", gpus=8, args=TOOLS), VLLM)],
    "vllm-cpu": [vllm.VLLM().command(plan("vllm", gpus=0), seat(VLLM.program, 0))],
    "vllm-two-nodes": [
        vllm.ray_command("/env/bin/python", 0, "10.0.0.1", 8, 9123),
        vllm.VLLM().command(plan("vllm", gpus=8, nodes=2), VLLM),
        vllm.ray_command("/env/bin/python", 1, "10.0.0.1", 8, 9123),
    ],
    "sglang-one-node": [sglang.SGLang().command(plan("sglang", gpus=8, args="--context-length 65536"), SGLANG)],
    "sglang-cpu": [sglang.SGLang().command(plan("sglang", gpus=0), seat(SGLANG.program, 0))],
    "sglang-two-nodes": [
        sglang.SGLang().command_on(plan("sglang", gpus=8, nodes=2), SGLANG, node, "10.0.0.1") for node in (0, 1)
    ],
    "trtllm-one-node": [trtllm.TensorRTLLM().command(plan("trtllm", gpus=8, args="--max_seq_len 65536"), TRTLLM)],
    "trtllm-two-nodes": [trtllm.TensorRTLLM().command(plan("trtllm", gpus=8, nodes=2), TRTLLM)],
}


def shown(lines: list[list[str]]) -> str:
    """Each command with every argument on a line of its own; the launcher by its name."""
    texts = []
    for line in lines:
        words = [word.replace(launcher("start_vllm"), "…/start_vllm.py") for word in line]
        text = words[0]
        for before, word in itertools.pairwise(words):
            joined = not word.startswith("-") and before.startswith("-") and "=" not in before
            text += f" {word}" if joined else f"\n  {word}"
        texts.append(text)
    return "\n\n".join(texts) + "\n"


@pytest.mark.parametrize("name", LINES)
def test_a_command_line_is_as_written_down(name: str) -> None:
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("NORTHSTAR_WRITE_GOLDEN"):
        golden.write_text(shown(LINES[name]))
    assert shown(LINES[name]) == golden.read_text()


def test_each_golden_file_is_of_a_command_line() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(LINES)


@pytest.mark.parametrize("own", ["--tensor-parallel-size 2", "-tp 2", "--data_parallel_size=8"])
def test_who_says_how_a_vllm_is_split_gets_that_alone(own: str) -> None:
    line = vllm.VLLM().command(plan("vllm", gpus=8, args=own), VLLM)
    assert line[-len(own.split()) :] == own.split()
    assert "--tensor-parallel-size 8" not in " ".join(line)


def test_users_arguments_come_last_and_win() -> None:
    assert vllm.VLLM().command(plan("vllm", args="--port 9000 --dtype float16"), VLLM)[-4:] == [
        "--port",
        "9000",
        "--dtype",
        "float16",
    ]


def test_trtllm_does_not_run_on_the_cpu() -> None:
    with pytest.raises(UsageError, match=r"--server_gpus=0: TensorRT-LLM does not run on the CPU\."):
        trtllm.SERVER.check(ServerPlan(type="trtllm", model="org/model", gpus=0))


def test_a_generic_server_is_told_model_and_port() -> None:
    line = generic.Entrypoint().command(plan("generic", args="--x 1"), seat(["/opt/serve.sh", "--quiet"]))
    assert line == ["/opt/serve.sh", "--quiet", "--model", MODEL, "--port", "8123", "--x", "1"]


def test_a_generic_server_may_name_what_it_is_told() -> None:
    line = generic.Entrypoint().command(
        plan("generic", args="--listen=:{port}"), seat(["serve", "{model}", "-g", "{gpus}"])
    )
    assert line == ["serve", MODEL, "-g", "8", "--listen=:8123"]


def test_a_generic_server_needs_a_command() -> None:
    with pytest.raises(UsageError, match="--server_entrypoint is missing: which command starts the server"):
        generic.SERVER.check(ServerPlan(type="generic"))


def test_servers_of_two_jobs_on_the_same_nodes_do_not_meet() -> None:
    first = vllm.VLLM().command_on(plan("vllm", gpus=4, nodes=2), VLLM, 0, "10.0.0.1")[-1]
    assert " --port=9123 && exec env RAY_ADDRESS=10.0.0.1:9123 /env/bin/python " in first
    assert len({free_meeting_port() for _ in range(8)}) > 1
