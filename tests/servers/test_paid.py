"""Azure's and Google's servers, by what they want otherwise: address, key's header, model's name, no seed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.config.settings import InferenceSettings
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.client.client import ModelClient
from northstar.models.request import chat_body
from northstar.servers.server import find_server_type, running
from tests.mock_server import Behaviour, MockServer, serving

KEY = "key-0123456789abcdef"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "JUDGE_API_KEY", "MODEL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AZURE_OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)


def check(kind: str, **options: Any) -> ServerPlan:
    return find_server_type(kind).check(ServerPlan(type=kind, **{"model": "m", **options}))


def asked(kind: str, behaviour: Behaviour, folder: Path) -> MockServer:
    """The server after one request of a seed."""

    async def once() -> MockServer:
        async with serving(behaviour) as server:
            plan = ServerPlan(type=kind, model="gemini-flash", address=server.address)
            async with running(plan, folder) as found, ModelClient(found.endpoint) as client:
                await client.ask(chat_body("gemini-flash", [{"role": "user", "content": "1"}], InferenceSettings(), 7))
            return server

    return asyncio.run(once())


def test_azures_address_is_completed() -> None:
    plan = check("azureopenai", address="https://mine.openai.azure.com/")
    assert plan.address == "https://mine.openai.azure.com/openai/v1"
    assert check("azureopenai", address=plan.address).address == plan.address


def test_azures_address_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com")
    assert check("azureopenai").address == "https://mine.openai.azure.com/openai/v1"


def test_without_an_address_azure_is_asked_for_one() -> None:
    with pytest.raises(
        UsageError, match=r"--server_address is missing \(or AZURE_OPENAI_ENDPOINT in the environment\)"
    ):
        check("azureopenai")


def test_azures_key_goes_into_a_header_of_its_own(tmp_path: Path) -> None:
    server = asked("azureopenai", Behaviour(models=("other",)), tmp_path)
    assert server.headers[-1]["api-key"] == KEY
    assert "Authorization" not in server.headers[-1]


@pytest.mark.parametrize(("kind", "variable"), [("azureopenai", "AZURE_OPENAI_API_KEY"), ("gemini", "GEMINI_API_KEY")])
def test_a_missing_key_is_named(kind: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    plan = check(kind, **({"address": "https://mine.openai.azure.com"} if kind == "azureopenai" else {}))

    async def enter() -> None:
        async with running(plan, tmp_path):
            pass

    with pytest.raises(NorthstarError, match=f"neither MODEL_API_KEY nor {variable} is set; https://.* requires"):
        asyncio.run(enter())


def test_gemini_has_an_address_of_its_own() -> None:
    assert check("gemini").address == "https://generativelanguage.googleapis.com/v1beta/openai"


def test_gemini_lists_its_models_by_longer_names_and_is_sent_no_seed(tmp_path: Path) -> None:
    server = asked("gemini", Behaviour(models=("models/gemini-flash",), key=KEY), tmp_path)
    assert "seed" not in server.requests[0]
    assert server.requests[0]["temperature"] == 0.7
