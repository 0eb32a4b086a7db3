"""BFCL v3 with real servers: llama.cpp's, and vLLM as the tutorial starts it. The model is too small to be any good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ns

PLUGIN = Path(__file__).parent / "plugins" / "old_style_tool_parser.py"
RIGHT = '{"name": "calculate_triangle_area", "arguments": {"base": 10, "height": 5}}'
"""The answer to simple_0."""
SHOWS_TOOLS = (
    "{% for tool in tools or [] %}{{ tool.function.name }} {% endfor %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{% for call in message.tool_calls or [] %}{{ call.function.arguments.base }}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def records(output: Path, category: str) -> list[dict[str, Any]]:
    file = output / f"eval-results/bfcl_v3.{category}/output.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.real_model
@pytest.mark.slow
@pytest.mark.parametrize("reader", ["++use_client_parsing=False", "++inference.endpoint_type=responses"])
def test_llama_cpps_server_is_offered_the_tools_of_every_kind_of_category(
    ns: Ns, bfcl_data: Path, tmp_path: Path, reader: str
) -> None:
    categories = ["simple", "java", "parallel_multiple", "live_irrelevance", "multi_turn_miss_func"]
    done = ns(
        "eval", f"--benchmarks={','.join(f'bfcl_v3.{name}' for name in categories)}", f"--output_dir={tmp_path}/out",
        f"--data_dir={bfcl_data}", "--server_type=llamacpp", reader, "++max_samples=1",
        "++inference.tokens_to_generate=24", "++system_message=''", timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in categories:
        (record,) = records(tmp_path / "out", name)
        assert (record.get("error"), isinstance(record["correct"], bool)) == (None, True)
    assert len(record["question"]) <= len(record["steps"]) <= 21 * len(record["question"])


@pytest.mark.real_model
def test_a_model_whose_template_shows_no_tools_is_not_asked_without_them(
    ns: Ns, bfcl_data: Path, tmp_path: Path
) -> None:
    done = ns(
        "eval", "--benchmarks=bfcl_v3.simple", f"--output_dir={tmp_path}/out", f"--data_dir={bfcl_data}",
        "--server_type=llamacpp", "++max_samples=1",
    )  # fmt: skip
    assert done.returncode == 1
    assert "shows no tools to the model" in done.stderr


def asked_of_vllm(
    ns: Ns, data: Path, output: Path, vllm: Path, model: Path, answer: str, server_args: str, *settings: str
) -> dict[str, list[dict[str, Any]]]:
    """The tutorial's command, but for the CPU, a few rows and a model that is made to give one answer."""
    said = f"++inference.extra_body.structured_outputs={json.dumps({'choice': [answer]})}"
    done = ns(
        "eval", "--cluster=local", "--benchmarks=bfcl_v3.simple,bfcl_v3.irrelevance,bfcl_v3.multi_turn_base",
        f"--model={model}/", "--server_gpus=0", f"--server_python={vllm}", "--server_type=vllm", "--num_jobs=1",
        f"--output_dir={output}", f"--data_dir={data}", "++inference.tokens_to_generate=160",
        "++inference.temperature=0.6", "++inference.top_p=0.95", "++system_message=''", "++max_samples=2", said,
        f"--server_args=--enforce-eager {server_args}", *settings, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {name: records(output, name) for name in ("simple", "irrelevance", "multi_turn_base")}


def check(found: dict[str, list[dict[str, Any]]]) -> None:
    """The one answer is right for simple_0, wrong for all else, and an unknown tool in conversations."""
    assert [record["correct"] for record in found["simple"]] == [True, False]
    assert [record["correct"] for record in found["irrelevance"]] == [False, False]
    for record in found["multi_turn_base"]:
        assert (record["correct"], record["finish_reason"], len(record["steps"])) == (False, "step_limit", 21)
        assert "is not defined" in record["steps"][0]["results"][0]


@pytest.mark.real_vllm
@pytest.mark.slow
def test_the_tutorials_command_with_the_servers_own_parser(
    ns: Ns, bfcl_data: Path, tmp_path: Path, vllm: Path, model: Path
) -> None:
    args = (
        f'--tool-parser-plugin "{PLUGIN}"                  --tool-call-parser "llama_nemotron_json" '
        "                 --enable-auto-tool-choice"
    )
    answer = f"<TOOLCALL>[{RIGHT}]</TOOLCALL>"
    check(asked_of_vllm(ns, bfcl_data, tmp_path / "out", vllm, model, answer, args, "++use_client_parsing=False"))


@pytest.mark.real_vllm
@pytest.mark.slow
def test_calls_that_vllm_reads_over_the_responses_api(
    ns: Ns, bfcl_data: Path, tmp_path: Path, vllm: Path, model: Path
) -> None:
    args, answer = "--tool-call-parser hermes --enable-auto-tool-choice", f"<tool_call>{RIGHT}</tool_call>"
    responses = "++inference.endpoint_type=responses"
    check(asked_of_vllm(ns, bfcl_data, tmp_path / "out", vllm, model, answer, args, responses))


@pytest.mark.real_vllm
@pytest.mark.slow
def test_calls_that_are_read_here_from_what_vllm_writes(
    ns: Ns, bfcl_data: Path, tmp_path: Path, vllm: Path, model: Path
) -> None:
    template = tmp_path / "template.jinja"
    template.write_text(SHOWS_TOOLS)
    answer = f"<tool_call>{RIGHT}</tool_call>"
    found = asked_of_vllm(
        ns, bfcl_data, tmp_path / "out", vllm, model, answer, f"--chat-template {template}", "++tool_parser=hermes"
    )
    check(found)
