"""A dry run shows what would be sent, and where; it asks nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from northstar.api.evaluation import make_plan
from northstar.api.previewing.dry_run import describe, looked_at
from northstar.benchmarks.smoke import LAST_WORD
from northstar.config.options.evaluation import EvalOptions
from northstar.config.options.server import ServerOptions
from northstar.core.errors import NorthstarError

ROW = {
    "id": "simple_0",
    "category": "simple",
    "question": [[{"role": "user", "content": "Wie hoch ist der Säntis?"}]],
    "function": [
        {
            "name": "peak.height",
            "description": "Höhe.",
            "parameters": {"type": "dict", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        }
    ],
}
TOOL = (
    '{"type": "function", "function": {"name": "peak_height", "description": "Höhe. Note that the provided function is '
    'in Python 3 syntax.", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, '
    '"required": ["name"]}}}'
)
MESSAGES = f"[user]\nWie hoch ist der Säntis?\n[tools]\n{TOOL}"


SHOWS_TOOLS = "{{ tools[0].function.name if tools }}|{{ messages[0].content }}|"


def dry_run(tmp_path: Path, benchmarks: str, model: str, *overrides: str, server_args: str = "") -> str:
    """In a data folder with one row of bfcl_v3; nobody listens at the address."""
    (tmp_path / "data/bfcl_v3").mkdir(parents=True)
    (tmp_path / "data/bfcl_v3/test.jsonl").write_text(json.dumps(ROW) + "\n")
    plan = make_plan(
        EvalOptions(
            benchmarks=benchmarks,
            output_dir=tmp_path / "out",
            data_dir=tmp_path / "data",
            server=ServerOptions(model=model, address="http://127.0.0.1:9/v1"),
            overrides=overrides,
        )
    )
    assert plan.generate is not None
    server = plan.generate.server.model_copy(update={"args": server_args})
    plan = plan.model_copy(update={"generate": plan.generate.model_copy(update={"server": server})})
    with looked_at(plan) as ready:
        return describe(ready)


def folder(path: Path, **config: str) -> str:
    (path / "qwen3").mkdir()
    (path / "qwen3/tokenizer_config.json").write_text(json.dumps(config))
    return str(path / "qwen3")


def test_calls_that_the_server_reads_are_asked_for_with_messages_and_tools(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", "any", "++use_client_parsing=False", "++inference.endpoint_type=text")
    assert "  benchmark: endpoint_type chat\n" in shown
    assert "  tool calls are read by the server\n" in shown
    assert f"\n--- bfcl_v3: its first request, to /chat/completions ---\n{MESSAGES}" in shown


def test_calls_that_are_read_here_are_asked_for_by_the_prompt_that_the_models_template_makes(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", folder(tmp_path, chat_template=SHOWS_TOOLS))
    assert "  benchmark: apply_chat_template True, endpoint_type text\n" in shown
    assert "  tool calls are read here, in the form hermes\n" in shown
    expected = "\n--- bfcl_v3: its first request, to /completions ---\npeak_height|Wie hoch ist der Säntis?|"
    assert expected in shown


@pytest.mark.parametrize(("in_folder", "server_args"), [(False, ""), (True, "--chat-template other.jinja")])
def test_where_the_template_is_the_servers_it_shows_what_that_is_given(
    tmp_path: Path, in_folder: bool, server_args: str
) -> None:
    model = folder(tmp_path, chat_template=SHOWS_TOOLS) if in_folder else "qwen3"
    shown = dry_run(tmp_path, "bfcl_v3", model, server_args=server_args)
    assert f"its first request, to /completions, as the server's chat template renders it ---\n{MESSAGES}" in shown


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (
            SHOWS_TOOLS + "{{ raise_exception('No.') if messages[0].content != '?' }}",
            "does not take these messages: No.",
        ),
        ("{{ messages[0].content }}", "shows no tools to the model, which could not know them."),
    ],
)
def test_why_there_will_be_no_request_is_shown_in_its_place(tmp_path: Path, template: str, said: str) -> None:
    shown = dry_run(tmp_path, "bfcl_v3", folder(tmp_path, chat_template=template))
    assert said in shown.partition("--- bfcl_v3: its first request ---\n")[2]


def test_a_base_model_gets_plain_text(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "smoke", folder(tmp_path), "++inference.endpoint_type=text")
    assert "\n--- smoke: its first request, to /completions ---\nWhat is 3 + 4?\nAnswer in one short sentence" in shown


BELOW = " " * 18
"""Where the further lines of a fact stand."""


def test_what_is_left_to_the_server_is_shown_as_not_sent(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "smoke:2", "any", "++inference.temperature=null", "++inference.top_p=null")
    assert f"\n{BELOW}not sent, the server's own: temperature, top_p\n" in shown


def test_a_server_at_an_address_gets_neutral_sampling_if_it_tells_its_kind(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "smoke:2", "any", "++inference.top_k=20")
    assert f"\n  sampling        given: top_k 20\n{BELOW}benchmark: tokens_to_generate 64\n" in shown
    untold = "neutral if the server says that it is vLLM, SGLang, TensorRT-LLM or llama.cpp, else its own"
    assert f"\n{BELOW}{untold}: min_p, repetition_penalty\n" in shown


def test_what_the_models_own_file_asks_for_and_is_not_sent_is_shown(tmp_path: Path) -> None:
    model = folder(tmp_path)
    (Path(model) / "generation_config.json").write_text('{"top_k": 20, "top_p": 0.8}')
    lines = dry_run(tmp_path, "smoke:2", model).splitlines()
    assert f"{BELOW}generation_config asks for top_k 20; not sent; ++inference.neutral=False uses it" in lines
    assert f"{BELOW}generation_config asks for top_p 0.8; 0.95 is sent; ++inference.top_p=0.8 uses it" in lines


HUNGRY = "{{ messages[0].content }}{{ 'x' * 10**10 }}"


def test_a_template_that_takes_too_much_for_the_first_row_ends_it(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"the chat template .* needs more than 512 MiB of memory \(row '.*'\)"):
        dry_run(tmp_path, "smoke", folder(tmp_path, chat_template=HUNGRY), "++inference.endpoint_type=text")


def test_a_prompt_that_takes_too_much_for_the_first_row_ends_it(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("user: \"{{ problem }}{{ 'x' * 10**10 }}\"")
    with pytest.raises(NorthstarError, match=r"my\.yaml' cannot be rendered for row '.*': it needs more than 512 MiB"):
        dry_run(tmp_path, "smoke", "any", f"++prompt_config={tmp_path / 'my.yaml'}")


def test_it_says_what_the_prompt_opens_and_that_special_tokens_are_shown(tmp_path: Path) -> None:
    name = folder(tmp_path, chat_template="{{ messages[0].content }}<think>", eos_token="</think>")
    server_options = ServerOptions(model=name, type="vllm", address="http://127.0.0.1:9/v1")
    asked = EvalOptions(benchmarks="smoke", output_dir=tmp_path / "out", server=server_options)
    with looked_at(make_plan(asked)) as ready:
        shown = describe(ready)
    assert "skip_special_tokens False" in shown
    assert shown.endswith("\n(The prompt opens <think>: without </think> there is no answer.)")


def test_prompt_system_message_extraction_and_grader_are_shown(tmp_path: Path) -> None:
    shown = dry_run(tmp_path, "smoke", "any", "++system_message=none")
    described = [line for line in shown.splitlines() if line.startswith("  ") and not line.startswith(BELOW)]
    assert [line.split("  ")[1] for line in described] == [
        "prompt",
        "system message",
        "sampling",
        "extraction",
        "grader",
    ]
    assert re.fullmatch(r"  prompt          one-sentence \(sha256 [0-9a-f]{12}\)", described[0])
    assert described[1] == "  system message  none (++system_message=none)"
    assert described[3] == f"  extraction      the last match of {LAST_WORD}"
    assert described[4].startswith("  grader          math_answer, ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "none"),
        (("++system_message=",), "an empty one (++system_message='')"),
        (("++system_message=Hi",), "the one"),
    ],
)
def test_who_chose_the_system_message_is_said(tmp_path: Path, given: tuple[str, ...], said: str) -> None:
    assert f"  system message  {said}" in dry_run(tmp_path, "smoke", "any", *given)
