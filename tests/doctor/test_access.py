"""The hub, its token, and keys: names only."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from huggingface_hub import constants

from northstar.doctor import access
from northstar.servers.openai import key_variables
from tests.file_server import FileServer, serving_files

TOKEN = "hf_0123456789abcdefghij"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with serving_files() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server


@pytest.mark.parametrize(
    ("token", "status", "state", "said"),
    [
        (None, 401, "ok", "answers; no token is set, which public benchmarks don't need"),
        (TOKEN, 200, "ok", "answers; a token is set (HF_TOKEN)"),
        (TOKEN, 401, "fail", "refuses the token (HF_TOKEN)"),
        (TOKEN, 503, "ok", "answers; a token is set (HF_TOKEN)"),
    ],
)
def test_the_hub_says_whether_it_takes_the_token(
    token: str | None, status: int, state: str, said: str, hub: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: token)
    monkeypatch.setenv("HF_TOKEN", token or "")
    hub.files["/api/whoami-v2"] = status
    (check,) = access.hub(5)
    assert (check.state, check.text) == (state, f"{hub.address} {said}")
    assert TOKEN not in str(check)


def test_a_hub_that_never_answers_is_a_warning_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        (check,) = access.hub(0.3)
    assert check.state == "warn"
    assert "can't be reached" in check.text


def test_an_offline_hub_is_asked_nothing(hub: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert access.hub(5)[0].state == "warn"
    assert hub.asked == []


def test_keys_are_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in key_variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MODEL_API_KEY", "sk-0123456789abcdefgh")
    (check,) = access.keys(1)
    assert (check.state, check.text.partition(";")[0]) == ("ok", "set: MODEL_API_KEY")
    assert "0123456789" not in str(check)


def test_a_key_with_a_line_break_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_API_KEY", "sk-0123\n456789")
    (check,) = access.keys(1)
    assert check.state == "fail"
    assert check.text.startswith("JUDGE_API_KEY holds characters that no key has")
