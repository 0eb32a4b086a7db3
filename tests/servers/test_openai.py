"""Server type openai: what is checked before anything is asked, and what it says when it can't be had."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.errors import NorthstarError, UsageError
from northstar.servers.azureopenai import SERVER as AZURE
from northstar.servers.fleet import served_models
from northstar.servers.openai import DEFAULT_ADDRESS, SERVER, key_variable
from northstar.servers.server import RunningServer, ServerState, running
from northstar.servers.unless_told import type_unless_named
from tests.mock_server import FAULTS, Behaviour, Fault, failing, serving

KEY = "sk-secret-0123456789"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "MODEL_API_KEY", "JUDGE_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def check(**options: Any) -> ServerPlan:
    return SERVER.check(ServerPlan(type="openai", **({"model": "m"} | options)))


def run(address: str, folder: Path, model: str = "mock") -> RunningServer:
    """What the server type makes of the server at `address`."""

    async def entered() -> RunningServer:
        async with SERVER.run(ServerPlan(type="openai", model=model, address=address), folder, ServerState()) as server:
            return server

    return asyncio.run(entered())


def run_against(behaviour: Behaviour, folder: Path, model: str = "mock", path: str = "") -> RunningServer:
    async def entered() -> RunningServer:
        async with serving(behaviour) as mock:
            plan = ServerPlan(type="openai", model=model, address=mock.address + path)
            async with SERVER.run(plan, folder, ServerState()) as server:
                return server

    return asyncio.run(entered())


def test_without_an_address_it_is_openais_own() -> None:
    assert check().address == DEFAULT_ADDRESS


def test_or_where_the_environment_says_that_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:8000/v1/")
    assert check().address == "http://host:8000/v1"
    assert check(address="http://other/v1").address == "http://other/v1"


def test_a_wrong_address_in_the_environment_is_called_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "host:8000")
    with pytest.raises(UsageError, match="OPENAI_BASE_URL='host:8000' must look like"):
        check()


def test_an_address_of_the_environment_is_told_when_the_run_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told() -> tuple[str, list[str]]:
        async with serving(Behaviour()) as mock:
            monkeypatch.setenv("OPENAI_BASE_URL", mock.address)
            plan = check(model="mock")
            async with running(plan, tmp_path) as server:
                return mock.address, list(server.notices)

    address, notices = asyncio.run(told())
    assert notices == [f"mock is asked at {address} (OPENAI_BASE_URL)."]


def test_a_judge_is_not_sent_to_the_models_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:8000/v1")
    plan = check(role="judge")
    assert plan.address == DEFAULT_ADDRESS
    assert SERVER.notices(plan) == [
        f"m is asked at {DEFAULT_ADDRESS}: OPENAI_BASE_URL is the model's; --judge_server_address says another."
    ]


def test_a_judge_where_there_is_no_default_is_found_as_the_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://me.openai.azure.com")
    plan = AZURE.check(ServerPlan(type="azureopenai", model="m", role="judge"))
    assert plan.address == "https://me.openai.azure.com/openai/v1"


@pytest.mark.parametrize("model", [None, "smollm2", "my-model.gguf", "~/Model.GGUF"])
def test_the_environments_address_is_not_for_a_model_that_is_started_here(
    model: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:8000/v1")
    assert type_unless_named(model, None) == "llamacpp"


@pytest.mark.parametrize("model", ["my-model", "org/my-model", "/models/my-model"])
def test_any_other_model_without_a_server_is_asked_there(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert type_unless_named(model, None) == "llamacpp"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:8000/v1")
    assert type_unless_named(model, None) == "openai"


def test_an_address_that_is_given_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://host:8000/v1")
    assert type_unless_named(None, "http://other/v1") == "openai"


def test_a_model_that_is_listed_with_dashes_in_its_date_is_asked_for_by_that_name(tmp_path: Path) -> None:
    behaviour = Behaviour(models=("o3-mini-2025-01-31",), context=4096)
    server = run_against(behaviour, tmp_path, model="o3-mini-20250131")
    assert (server.endpoint.model, server.endpoint.listed_as) == ("o3-mini-20250131", "o3-mini-2025-01-31")
    assert server.endpoint.context_length == 4096


def test_a_slash_at_the_end_is_taken_away() -> None:
    assert check(address="http://host:8000/v1/").address == "http://host:8000/v1"


@pytest.mark.parametrize(
    "address",
    ["host:8000", "localhost", "ftp://host/v1", "http://", "http:///v1", "http://[::1/v1", "http://host:99999/v1"],
)
def test_what_is_no_address_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(UsageError, match=r"must look like http://host:8000/v1\."):
        check(address=address)


@pytest.mark.parametrize(
    "address",
    [f"http://me:{KEY}@host/v1", f"http://host/v1?key={KEY}", f"http://host/v1#{KEY}", f"http://{KEY}@[::1/v1"],
)
def test_an_address_that_holds_a_key_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(UsageError) as raised:
        check(address=address)
    assert KEY not in str(raised.value)


def test_a_missing_model_is_asked_for() -> None:
    with pytest.raises(UsageError, match="--model is missing: which of the models at http://host/v1"):
        check(address="http://host/v1", model=None)


def test_server_args_have_nobody_to_go_to() -> None:
    with pytest.raises(UsageError, match=r"--server_args is for servers that Northstar starts"):
        check(args="--port 3")


def test_a_server_that_has_the_model_is_used_as_it_is(tmp_path: Path) -> None:
    server = run_against(Behaviour(models=("mock", "other")), tmp_path)
    assert (server.endpoint.model, server.slots, server.facts["served_models"]) == ("mock", None, ["mock", "other"])


def test_the_key_comes_from_the_environment_without_its_line_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
    assert run_against(Behaviour(key=KEY), tmp_path).endpoint.api_key == KEY


@pytest.mark.parametrize(
    ("role", "own", "variable"),
    [
        ("model", "MODEL_API_KEY", "MODEL_API_KEY"),
        ("judge", "JUDGE_API_KEY", "JUDGE_API_KEY"),
        ("model", "JUDGE_API_KEY", "OPENAI_API_KEY"),
        ("judge", "MODEL_API_KEY", "OPENAI_API_KEY"),
    ],
)
def test_model_and_judge_can_have_keys_of_their_own(
    role: Literal["model", "judge"], own: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(own, "another")
    assert key_variable(ServerPlan(type="openai", role=role)) == variable


def test_the_key_is_in_nothing_that_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert KEY not in repr(run_against(Behaviour(key=KEY), tmp_path))


def test_a_wrong_key_is_refused_at_the_start_without_repeating_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(NorthstarError, match=r"refuses the key \(HTTP 401\): check OPENAI_API_KEY\.") as raised:
        run_against(Behaviour(key="another"), tmp_path)
    assert KEY not in str(raised.value)


def test_a_server_that_wants_a_key_names_the_variables_that_are_read(tmp_path: Path) -> None:
    said = r"requires an API key \(HTTP 401\): set MODEL_API_KEY or OPENAI_API_KEY\."
    with pytest.raises(NorthstarError, match=said):
        run_against(Behaviour(key="another"), tmp_path)


def test_of_several_addresses_none_may_hold_a_key() -> None:
    with pytest.raises(UsageError, match="--server_address: of several addresses none may hold what looks like a key"):
        check(address="http://a/v1", more_addresses=("http://b/sk-abcdefgh12345678abcdefgh/v1",))


def test_of_addresses_that_are_given_twice_one_counts() -> None:
    checked = check(address="http://a/v1", more_addresses=("http://b/v1/", "http://a/v1", "http://b/v1"))
    assert (checked.address, checked.more_addresses) == ("http://a/v1", ("http://b/v1",))


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-\u00e4", "sk-\udcff", "sk-\x7f"])
def test_a_key_that_no_header_can_hold_is_refused_without_repeating_it(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(NorthstarError, match="holds characters that no key has") as raised:
        run_against(Behaviour(), tmp_path)
    assert "sk-" not in str(raised.value)


def test_openai_itself_wants_a_key(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match="neither MODEL_API_KEY nor OPENAI_API_KEY is set"):
        run(DEFAULT_ADDRESS, tmp_path)


def test_a_model_that_is_not_served_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"has no model 'mok'\. Did you mean mock\? It serves mock, other\."):
        run_against(Behaviour(models=("mock", "other")), tmp_path, model="mok")


def test_a_server_without_a_list_of_models_is_trusted(tmp_path: Path) -> None:
    assert run_against(Behaviour(), tmp_path, path="/elsewhere").facts["served_models"] == []


def test_nobody_there_is_said_at_the_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(NorthstarError, match=r"no server answers at .*: Connect.* or correct --server_address\."):
            run(address, tmp_path)


def test_a_host_that_does_not_exist_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(NorthstarError, match=r"no server answers at http://nowhere\.invalid/v1: "):
        run("http://nowhere.invalid/v1", tmp_path)


def test_a_server_that_is_slow_to_name_its_models_is_waited_for_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_models, "SLOW_SECONDS", 0.05)
    state = ServerState()
    seen: list[str] = []

    async def entered() -> None:
        async def look() -> None:
            while not state.log:
                await asyncio.sleep(0.01)
            seen.extend(state.log)

        async with serving(Behaviour(models_delay=0.5)) as mock:
            looking = asyncio.ensure_future(look())
            plan = ServerPlan(type="openai", model="mock", address=mock.address)
            async with SERVER.run(plan, tmp_path, state), asyncio.timeout(60):
                await looking

    asyncio.run(entered())
    assert [line.partition(" ")[2] for line in seen] == ["has not said which models it has for 0.05 s; waiting for it"]
    assert state.log == []


def test_a_server_that_never_names_its_models_is_told_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_models, "MODELS_SECONDS", 0.2)
    with pytest.raises(NorthstarError, match=r"there is a server at .* not answered GET /models for 0\.2 s"):
        run_against(Behaviour(models_fault=FAULTS["hang"]), tmp_path)


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behaviour, Path], None]:
    """Ask for the models of a server that is reached through a proxy which behaves like this."""
    for name in ("http_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def ask(behaviour: Behaviour, folder: Path) -> None:
        async def entered() -> None:
            async with serving(behaviour) as proxy:
                monkeypatch.setenv("HTTP_PROXY", proxy.address.removesuffix("/v1"))
                plan = ServerPlan(type="openai", model="mock", address="http://10.1.2.3:8000/v1")
                async with SERVER.run(plan, folder, ServerState()):
                    pass

        asyncio.run(entered())

    return ask


THE_PROXY = r"through the proxy http://127\.0\.0\.1:\d+ \(HTTP_PROXY; NO_PROXY=10\.1\.2\.3 would go past it\)"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (FAULTS["closed"], rf"no server answers at http://10\.1\.2\.3:8000/v1: connection lost: .*, {THE_PROXY}"),
        (failing(403, "Blocked"), rf"forbids the request \(HTTP 403\), {THE_PROXY}"),
        (failing(407, "Login"), rf"wants a login \(HTTP 407\), {THE_PROXY}: put it into HTTP_PROXY"),
    ],
)
def test_what_fails_behind_a_proxy_names_the_proxy(
    fault: Fault, said: str, proxied: Callable[[Behaviour, Path], None], tmp_path: Path
) -> None:
    with pytest.raises(NorthstarError, match=said):
        proxied(Behaviour(models_fault=fault), tmp_path)


def test_a_proxy_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(NorthstarError, match=r"through the proxy http://127\.0\.0\.1:9 \(https_proxy; NO_PROXY=api"):
        run("https://api.example/v1", tmp_path)


@pytest.mark.parametrize(
    ("listed", "only"),
    [({}, True), ({"created": 1, "parent": None}, True), ({"owned_by": "vllm"}, False), ({"root": "/m"}, False)],
)
def test_a_server_that_tells_nothing_of_its_model_is_known_by_that_models_name_only(
    listed: dict[str, Any], only: bool, tmp_path: Path
) -> None:
    facts = run_against(Behaviour(listed=listed), tmp_path).facts
    assert facts.get("known_by_name_only") == ({"mock": "its server says nothing else of it"} if only else None)


class TestAModelThatIsCalledAsItsFolderHere:
    def folder(self, tmp_path: Path, name: str, weights: bytes) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}" + weights)
        return folder

    def identified(self, model: str) -> Mapping[str, str]:
        return SERVER.identify(ServerPlan(type="openai", model=model, address="http://h/v1")).files

    def test_is_known_by_its_files(self, tmp_path: Path) -> None:
        first, copy, other = (self.folder(tmp_path, *each) for each in (("a", b"1"), ("b", b"1"), ("c", b"2")))
        assert self.identified(str(first)) == self.identified(str(copy)) != self.identified(str(other))
        assert set(self.identified(str(first))) == {"config.json", "model.safetensors"}

    def test_by_a_relative_name_or_an_unknown_one_it_is_not(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder(tmp_path, "a", b"1")
        monkeypatch.chdir(tmp_path)
        assert self.identified("a") == self.identified("/nowhere/a") == {}

    def test_and_then_it_is_not_known_by_name_only(self, tmp_path: Path) -> None:
        name = str(self.folder(tmp_path, "a", b"1"))
        assert "known_by_name_only" not in run_against(Behaviour(models=(name,)), tmp_path, model=name).facts
