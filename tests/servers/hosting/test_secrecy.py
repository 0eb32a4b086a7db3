"""A server that is started gets no secret that it doesn't need, and none stands in its command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.credentials import SECRET_VARIABLE
from northstar.errors import UsageError
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
    assert given(environment, (), passed_on(plan(**options), keys), SECRET_VARIABLE) == {passed: "here"}


def test_the_user_may_pass_on_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NORTHSTAR_SERVER_ENV", "MY_PASSWORD, GITHUB_TOKEN")
    assert {"MY_PASSWORD", "GITHUB_TOKEN"} <= set(passed_on(plan(), ()))


@pytest.mark.parametrize(
    "options",
    [
        {"args": f"--admin-api-key {KEY}"},
        {"args": f"--ssl-keyfile-password={KEY}"},
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
