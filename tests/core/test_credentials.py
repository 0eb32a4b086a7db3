"""A key is told by the name that it has, or by its own form; what only looks like one to a careless reader isn't."""

from __future__ import annotations

from typing import Any

import pytest

from northstar.core.credentials import (
    is_secret_setting,
    is_secret_variable,
    key_in_path,
    looks_random,
    secret_in,
    secret_values,
    shown_address,
    shown_argv,
    without_assigned,
    without_forms,
)

KEY = "Zq8xN2vT7bLw4KfR"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "api_key",
            "api-key",
            "apikey",
            "apiKey",
            "APIKey",
            "x-api-key",
            "X-API-Key",
            "openai_api_key",
            "Ocp-Apim-Subscription-Key",
        ),
        *("token", "access_token", "auth-token", "hf_token", "authToken", "azure_ad_token", "X-Auth-Token"),
        *("password", "db_password", "passwd", "passphrase", "secret", "client_secret", "clientSecret", "secret_key"),
        *(
            "Authorization",
            "authorization",
            "Proxy-Authorization",
            "credentials",
            "private_key",
            "cookie",
            "Set-Cookie",
        ),
        *("admin-api-key", "ssl-keyfile-password", "apitoken", "license_key", "app_key", "virtual_key"),
        *("x-portkey-virtual-key", "x-portkey-api-key", "secretkey"),
    ],
)
def test_settings_that_hold_secrets(name: str) -> None:
    assert is_secret_setting(name)


@pytest.mark.parametrize(
    "name",
    [
        *("max_tokens", "min_tokens", "stop_token_ids", "skip_special_tokens", "tokens_to_generate", "bos_token"),
        *("eos_token", "pad_token", "image_token", "prompt_cache_key", "key", "cache_salt", "tokenizer", "keyword"),
        *("logit_bias", "tool_call_start_token", "api_key_file", "passed", "author", "monkey", "secretary"),
    ],
)
def test_settings_that_do_not(name: str) -> None:
    assert not is_secret_setting(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "OPENAI_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "AWS_SESSION_TOKEN",
            "GITHUB_TOKEN",
            "HF_TOKEN",
        ),
        *("MY_PASSWORD", "PGPASSWORD", "GOOGLE_APPLICATION_CREDENTIALS", "AZURE_CLIENT_SECRET", "SLURM_JWT", "APIKEY"),
        *("MYSQL_PWD", "DB_PASS", "SMTP_PASS", "SNOWFLAKE_PASS", "API_KEY_2", "OPENAI_KEY1", "ANTHROPIC_API_KEY_PROD"),
        *("DOCKER_AUTH_CONFIG", "COHERE_BEARER", "OPENAI_API_KEYS", "OPENAI_API_KEY_TEAM_A", "HF_TOKEN_READ", "DBPASS"),
        *("MISTRAL_KEY_DEV", "STRIPE_TOKEN_LIVE", "REDIS_PWD", "AZURE_OPENAI_KEY_1", "JWT_2"),
        *("SSH_AUTH_SOCK", "DATABASE_URL", "SLACK_WEBHOOK_URL", "KUBECONFIG", "WANDB_API_KEY", "npm_config_token"),
    ],
)
def test_variables_that_hold_secrets(name: str) -> None:
    assert is_secret_variable(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PATH",
            "HOME",
            "PWD",
            "OLDPWD",
            "LANG",
            "LD_LIBRARY_PATH",
            "CUDA_VISIBLE_DEVICES",
            "SLURM_JOB_ID",
            "HF_HOME",
        ),
        *(
            "HF_TOKEN_PATH",
            "SSL_KEY_PATH",
            "API_KEY_FILE_NAME",
            "KEYBOARD",
            "BYPASS",
            "COMPASS",
            "PASSES",
            "MAX_TOKENS_2",
        ),
        *("VLLM_TOKEN_BUDGET", "XAUTHORITY", "AUTHOR", "PATTERN", "TOKEN_LIMIT", "MY_PWD_DIR", "SLURM_JOB_KEYS_PATH"),
        *("TOKENIZERS_PARALLELISM", "VLLM_USE_V1", "NCCL_SOCKET_IFNAME", "HTTPS_PROXY", "MAX_TOKENS", "PYTHONPATH"),
    ],
)
def test_variables_that_a_server_needs(name: str) -> None:
    assert not is_secret_variable(name)


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"inference": {"extra_body": {"api_key": KEY}}}, "inference.extra_body.api_key"),
        ({"extra_headers": {"Authorization": "x"}}, "extra_headers.Authorization"),
        ({"extra_headers": {"X-Mine": f"Bearer {KEY}"}}, "extra_headers.X-Mine"),
        ({"headers": [["x-api-key", KEY]]}, "headers"),
        ({"list": [{"password": "hunter2"}]}, "list.password"),
        ({"user": "sk-abcdefghijklmnop"}, "user"),
        ({"text": "as hf_abcdefghijklmnopqr says"}, "text"),
        ({"url": "https://me:hunter2@host/"}, "url"),
        ({"key": KEY}, "key"),
        ({"api_key": 12345678}, "api_key"),
        ({"extra_body": {"my_key": KEY}}, "extra_body.my_key"),
        ({"extra_headers": {"X-Some-Token": KEY}}, "extra_headers.X-Some-Token"),
        ({"somekey": KEY}, "somekey"),
        ({"their_keys": [KEY]}, "their_keys"),
        ({"license_key": "hunter2"}, "license_key"),
        ({"extra_body": {"credentials": {"key": "hunter2"}}}, "extra_body.credentials.key"),
        ({"extra_body": {"aws_credentials": {"id": "AKx9Zq8xN2vT7bLw4KfR"}}}, "extra_body.aws_credentials.id"),
        ({"secrets": [{"their_key": "hunter2"}]}, "secrets.their_key"),
        ({"extra_headers": {"x-portkey-virtual-key": "openai-1a2b3c"}}, "extra_headers.x-portkey-virtual-key"),
        ({"user": "the-value-of-a-variable"}, "user"),
    ],
    ids=str,
)
def test_settings_with_a_secret_are_named(settings: dict[str, Any], place: str) -> None:
    assert secret_in(settings, known=["the-value-of-a-variable"]) == place


@pytest.mark.parametrize(
    "settings",
    [
        {"inference": {"temperature": 0.6, "tokens_to_generate": 2048, "stop": ["</s>"]}},
        {"extra_body": {"guided_json": {"properties": {"password": {"type": "string"}, "token": {"type": "integer"}}}}},
        {"extra_body": {"guided_json": {"required": ["password", "api_key"]}}},
        {"guided_json": {"properties": {"credentials": {"type": "object", "required": ["user", "region"]}}}},
        {"credentials": {"type": "service-account", "region": "eu-west-1", "timeout": 5, "key": "EMPTY"}},
        {"chat_template_kwargs": {"bos_token": "<s>", "thinking": True}},
        {"extra_body": {"prompt_cache_key": KEY, "key": "en", "auth": True, "token": 5}},
        {"api_key": "EMPTY", "password": ""},
        {"system_message": "Use sk-learn-is-a-package, or sk-image-for-pictures; ask-2-of-them-or-all."},
        {"extra_body": {"stop_token": "<|im_end|>", "sort_key": "name", "cache-key": KEY, "tokens": ["a", "b"]}},
        {"system_message": "Keep the password: it is secret. A task-sk is at risk-of-being-forgotten-altogether."},
    ],
    ids=str,
)
def test_settings_without_one_pass(settings: dict[str, Any]) -> None:
    assert secret_in(settings) is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", None),
        ("https://me.openai.azure.com/openai/deployments/gpt-4o/v1", None),
        ("https://host/api/paas/v4", None),
        (f"https://host/{KEY}/v1", "https://host/***/v1"),
        ("https://host/SECRET/v1", "https://host/***/v1"),
        ("https://host/sk-planted-secret/v1", "https://host/***/v1"),
        ("https://host/my-secret-path/v1", "https://host/***/v1"),
        ("https://host/9f86d081-884c-7d65-9a2f-eaa0c55ad015/v1", "https://host/***/v1"),
        ("https://user:hunter2@host/v1", "https://user:***@host/v1"),
        ("https://host/v1?api-key=abcdef", "https://host/v1?api-key=***"),
        ("https://host/v1?x=1&key=abcdef&y=2", "https://host/v1?x=1&key=***&y=2"),
    ],
)
def test_an_address_is_shown_without_what_may_be_a_key(address: str, shown: str | None) -> None:
    assert shown_address(address) == (shown or address)


def test_a_path_of_plain_words_holds_no_key() -> None:
    assert key_in_path("https://host/openai/v1beta/gpt-4o-mini/llama3.1-8b") == []


def test_the_words_of_a_command_are_shown_so_too() -> None:
    words = [
        "ns",
        "eval",
        f"--server_address=https://h/{KEY}/v1",
        "--judge_server_address",
        f"https://h/{KEY}",
        "--x=sk-abcdefghijklmnop",
    ]
    assert shown_argv(words) == [
        *("ns", "eval", "--server_address=https://h/***/v1", "--judge_server_address", "https://h/***", "--x=***")
    ]


@pytest.mark.parametrize(
    "key",
    [
        *(
            "sk-proj-abcDEF123456",
            "hf_abcdefghijklmnop",
            "AKIAIOSFODNN7EXAMPLE",
            "AIzaSyA1234567890abcdefghij",
            "ghp_abcdefghijklmnop12",
        ),
        *(
            "github_pat_11ABCDEFG0abcdefgh",
            "glpat-abcdefghij123456",
            "xoxb-1234567890-abc",
            "nvapi-abcdefghijklmnop",
            "gsk_abcdefghijklmnop",
        ),
        *("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ", "r8_abcdefghijklmnop"),
        *("glsa_Zq8xN2vT7bLw4KfRZq8xN2vT_1a2b3c4d", "dapi" + "0123456789abcdef" * 2, "lin_api_Zq8xN2vT7bLw4KfRZq8x"),
        *("sk_live_Zq8xN2vT7bLw4KfR", "sk-ant-api03-Zq8xN2vT7bLw", "sk-or-v1-0123456789abcdef", "npm_" + "a1B2" * 9),
        *("hvs.Zq8xN2vT7bLw4KfRZq8xN2vT", "tvly-dev-Zq8xN2vT7bLw4KfR", "sk-svcacct-abcdEFGH-1234"),
    ],
)
def test_a_key_of_a_known_form_is_hidden_wherever_it_stands(key: str) -> None:
    assert without_forms(f"a {key}, b='{key}'") == "a ***, b='***'"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("api_key='Zq8xN2vT7bLw'", "api_key='***'"),
        ("{'api_key': ['Zq8xN2vT7bLw']}", "{'api_key': ['***']}"),
        ('{"password": "Zq8xN2vT7bLw"}', '{"password": "***"}'),
        ("AWS_SECRET_ACCESS_KEY=Zq8x/N2vT7bLw+4", "AWS_SECRET_ACCESS_KEY=***"),
        ("Authorization: Bearer Zq8xN2vT7bLw", "Authorization: Bearer ***"),
        ("x-api-key: Zq8xN2vT7bLw", "x-api-key: ***"),
        ("api_key=None, hf_token=None", None),
        ("ValueError: the token budget max_tokens=2048 is too large", None),
        ("KeyError: 'secret'", None),
        ("stop_token_ids=[128001], skip_special_tokens=True", None),
    ],
)
def test_a_logs_assignments_of_keys_are_hidden(line: str, shown: str | None) -> None:
    assert without_assigned(line) == (shown or line)


def test_the_secrets_of_an_environment_are_its_values_and_the_passwords_in_its_addresses() -> None:
    environment = {
        "OPENAI_API_KEY": "one",
        "PATH": "/bin",
        "HTTPS_PROXY": "http://me:t%40o@proxy:1",
        "MODEL_API_KEY": "EMPTY",
    }
    environment |= {"GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json"}
    assert sorted(secret_values(environment)) == ["one", "t%40o", "t@o"]


@pytest.mark.parametrize(("text", "random"), [(KEY, True), ("llama-3.1-8b-instruct", False), ("abc123", False)])
def test_what_looks_random(text: str, random: bool) -> None:
    assert looks_random(text) == random
