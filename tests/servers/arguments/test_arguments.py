"""--server_args as a shell would read them."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.config.plan import ServerPlan
from northstar.core.errors import UsageError
from northstar.servers.arguments.arguments import answer_words, has_any, port_of, server_words, split_words, value_of

# What ns gets of the tutorial's --server_args="--tool-parser-plugin \"…\" \⏎ --tool-call-parser \"…\" \⏎ …".
TUTORIAL = (
    '--tool-parser-plugin "/workspace/model/plugin.py"                  '
    '--tool-call-parser "llama_nemotron_json"                  --enable-auto-tool-choice'
)


def words(args: str) -> list[str]:
    return server_words(ServerPlan(type="vllm", args=args))


def test_the_tutorials_quoting_survives() -> None:
    assert words(TUTORIAL) == [
        "--tool-parser-plugin",
        "/workspace/model/plugin.py",
        "--tool-call-parser",
        "llama_nemotron_json",
        "--enable-auto-tool-choice",
    ]


def test_a_line_may_go_on_after_a_backslash() -> None:
    assert words("--a 1 \\\n   --b \\\r\n 2") == ["--a", "1", "--b", "2"]


def test_json_in_quotes_stays_whole() -> None:
    assert words("""--rope-scaling '{"type": "yarn", "factor": 4}'""")[1] == '{"type": "yarn", "factor": 4}'


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\\\r\n"), min_size=1)))
def test_any_words_come_back_from_their_shell_form(given_words: list[str]) -> None:
    assert split_words(shlex.join(given_words), "--server_args") == given_words


def test_a_quote_that_never_ends_is_refused_with_the_text() -> None:
    with pytest.raises(UsageError, match=r"--server_args: No closing quotation: '--a"):
        words("'--a")


@pytest.mark.parametrize(
    ("args", "value"),
    [
        ("--port 8000", "8000"),
        ("--port=8000", "8000"),
        ("--port 1 --port 2", "2"),
        ("--port", ""),
        ("--port --x", ""),
        ("--porter 3", None),
        ("", None),
    ],
)
def test_the_last_value_of_an_argument_counts(args: str, value: str | None) -> None:
    assert value_of(words(args), "--port") == value


def test_underscores_in_names_are_hyphens() -> None:
    assert has_any(words("--tensor_parallel_size=2"), "--tensor-parallel-size")


def test_a_negative_number_is_a_value() -> None:
    assert value_of(words("--seed -1"), "--seed") == "-1"


def test_what_only_says_what_may_be_used_can_change_no_answer() -> None:
    given_words = words("--max-model-len 4096 --gpu-memory-utilization 0.8 --port=1 --enforce-eager --quantization fp8")
    kept = answer_words(given_words, {"--gpu-memory-utilization", "--port", "--enforce-eager"})
    assert kept == ["--max-model-len", "4096", "--quantization", "fp8"]


def test_a_port_must_be_one() -> None:
    with pytest.raises(UsageError, match="'--port many' is not a port"):
        port_of(ServerPlan(type="vllm"), ["--port", "many"])


def test_replicas_cannot_share_a_port() -> None:
    with pytest.raises(UsageError, match="2 replicas can't share --port 8000"):
        port_of(ServerPlan(type="vllm", replicas=2), ["--port", "8000"])
