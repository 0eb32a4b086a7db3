"""A server that is started gets no secret that it doesn't need, and none stands in its command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.core.credentials import SECRET_ASSIGNMENT, SECRET_VARIABLE
from northstar.core.errors import UsageError
from northstar.servers.hosting.process import HostedProcess, Start
from northstar.servers.hosting.secrecy import passed_on
from northstar.servers.hosting.step import given
from northstar.servers.server import find_server_type

KEY = "Zq8xN2vT7bLw4KfR"
SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "MY_PASSWORD", "WANDB_API_KEY", "DATABASE_URL")


def plan(**options: Any) -> ServerPlan:
    return ServerPlan(**{"type": "vllm", "model": "org/m"} | options)


def test_a_started_server_inherits_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, "HF_TOKEN", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "here")

    async def printed() -> set[str]:
        process = HostedProcess(Start(command=["env"], passed=passed_on(plan(), ())), tmp_path / "log", grace=1)
        async with asyncio.timeout(30):
            while process.ended is None:
                await asyncio.sleep(0.01)
        await process.end()
        return {line.partition("=")[0] for line in (tmp_path / "log").read_text().splitlines()}

    names = asyncio.run(printed())
    assert names.isdisjoint(SECRETS)
    assert {"HF_TOKEN", "CUDA_VISIBLE_DEVICES", "PATH"} <= names


@pytest.mark.parametrize(
    ("options", "keys", "passed"),
    [
        ({}, (), "HF_TOKEN"),
        ({"type": "generic"}, ("OPENAI_API_KEY",), "OPENAI_API_KEY"),
        ({"model": "s3://bucket/m"}, (), "AWS_SECRET_ACCESS_KEY"),
        ({"args": "--model-loader-extra-config gs://bucket"}, (), "GOOGLE_APPLICATION_CREDENTIALS"),
    ],
)
def test_what_a_server_needs_it_gets(options: dict[str, Any], keys: tuple[str, ...], passed: str) -> None:
    environment = {passed: "here", "ANOTHER_KEY": "here"}
    allowed = passed_on(plan(**options), keys)
    assert given(environment, (), allowed, SECRET_VARIABLE, SECRET_ASSIGNMENT) == {passed: "here"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", f"https://me:{KEY}@pypi.example.org/simple"),
        ("MONGO_URI", "mongodb+srv://me:hunter2@cluster/db?x=1"),
        ("REDIS_URL", "redis://:hunter2@host:6379/0"),
        ("SETTINGS", '{"broker": "amqp://me:hunter2@host"}'),
        ("SENTRY", "two lines\nhttps://me:hunter2@host"),
        ("MINE", "hf_abcdefghijklmnopqr"),
    ],
)
def test_a_variable_is_secret_by_what_it_holds(name: str, value: str) -> None:
    assert given({name: value}, (), (), SECRET_VARIABLE, SECRET_ASSIGNMENT) == {}
    assert given({name: value}, (), (name,), SECRET_VARIABLE, SECRET_ASSIGNMENT) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "http://me:hunter2@proxy:3128"),
        ("https_proxy", "http://me:hunter2@proxy:3128"),
        ("HF_ENDPOINT", "https://mirror.example.org:8443/hub"),
        ("PATH", "/opt/sk-learn-env-python3/bin:/usr/bin"),
        ("VLLM_HOST_IP", "10.0.0.1"),
        ("MAIL", "me@host"),
    ],
)
def test_other_values_are_not(name: str, value: str) -> None:
    assert given({name: value}, (), (), SECRET_VARIABLE, SECRET_ASSIGNMENT) == {name: value}


def test_the_user_may_pass_on_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHSTAR_SERVER_ENV", "MY_PASSWORD, GITHUB_TOKEN")
    assert {"MY_PASSWORD", "GITHUB_TOKEN"} <= set(passed_on(plan(), ()))


@pytest.mark.parametrize(
    "options",
    [
        {"args": f"--admin-api-key {KEY}"},
        {"args": f"--ssl-keyfile-password={KEY}"},
        {"entrypoint": f"/bin/true --port {{port}} --api-key {KEY}"},
        {"entrypoint": f"/bin/true --password={KEY}"},
        {"args": "--x sk-abcdefghijklmnop"},
        {"args": "--x 'Authorization: Bearer abcdefgh1234'"},
        {"args": "--x the-value-of-a-variable"},
        {"entrypoint": f"env OPENAI_API_KEY={KEY} /opt/serve.sh"},
        {"entrypoint": "serve --key sk-abcdefghijklmnop"},
    ],
    ids=str,
)
def test_a_key_in_a_command_line_is_refused_and_not_repeated(
    options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "the-value-of-a-variable")
    generic = plan(**{"type": "generic", "entrypoint": "serve"} | options)
    with pytest.raises(
        UsageError, match="keep it in the environment, and name its variable in NORTHSTAR_SERVER_ENV"
    ) as error:
        find_server_type("generic").check(generic)
    assert not any(word in str(error.value) for word in (KEY, "abcdefgh", "the-value"))


@pytest.mark.parametrize(
    "args", ["--api-key-file /run/secrets/key", "--tokenizer org/tok --max-num-batched-tokens 2048", "--enable-auth"]
)
def test_what_only_sounds_like_one_is_not(args: str) -> None:
    find_server_type("generic").check(plan(type="generic", entrypoint="serve", args=args))
