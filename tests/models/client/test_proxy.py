"""Which proxy an address is reached through, by the environment."""

from __future__ import annotations

import asyncio
import base64

import pytest

from northstar.core.errors import NorthstarError
from northstar.models.client.client import ModelClient
from northstar.models.client.proxy import find_proxy, goes_past
from northstar.models.client.transport import NotConnected
from northstar.models.endpoint import Endpoint
from northstar.version import __version__


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("variable", "url", "proxy"),
    [
        ("https_proxy", "https://api.example.com/v1", "http://proxy:3128"),
        ("HTTPS_PROXY", "https://api.example.com/v1", "http://proxy:3128"),
        ("http_proxy", "https://api.example.com/v1", None),
        ("http_proxy", "http://node17:8000/v1", "http://proxy:3128"),
        ("http_proxy", "http://127.0.0.1:8000/v1", None),
        ("http_proxy", "http://127.8.8.8:8000/v1", None),
        ("http_proxy", "http://[::1]:8000/v1", None),
        ("http_proxy", "http://0.0.0.0:8000/v1", None),
        ("https_proxy", "https://localhost:8000/v1", None),
    ],
)
def test_a_proxy_leads_to_other_machines_never_to_ones_own(
    variable: str, url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://proxy:3128")
    found = find_proxy(url)
    assert (found and found.address) == proxy


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_what_no_proxy_names_is_reached_without_one(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv(variable, "10.0.0.0/8")
    assert find_proxy("http://10.1.2.3:8000/v1") is None


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        ("10.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "example.com, 10.0.0.0/8 ,other"),
        ("10.1.2.3", "example.com 10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3", "10.9.9.9/8"),
        ("10.1.2.3", "10.0.0.0/8:8000"),
        ("fd00::17", "fd00::/8"),
        ("fd00::17", "[fd00::17]"),
        ("fd00::17", "[fd00::17]:8000"),
        ("fd00:0:0::17", "fd00::17"),
        ("::ffff:10.1.2.3", "10.0.0.0/8"),
        ("node17.lab.example", "lab.example"),
        ("node17.lab.example", ".lab.example"),
        ("node17.lab.example", "*.lab.example"),
        ("Node17.Lab.example", "NODE17.lab.EXAMPLE"),
        ("node17.lab.example.", "lab.example"),
        ("node17", "node17:8000"),
        ("node17", "*"),
        ("10.1.2.3", "*"),
    ],
)
def test_no_proxy_names_hosts_domains_and_networks(host: str, no_proxy: str) -> None:
    assert goes_past(host, 8000, no_proxy)


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        ("11.1.2.3", "10.0.0.0/8"),
        ("10.1.2.3", "10.0.0.0/99"),
        ("10.1.2.3", "fd00::/8"),
        ("fd00::17", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3:9000"),
        ("node17", "node17:9000"),
        ("node17", "node1"),
        ("notlab.example", "lab.example"),
        ("lab.example", "node17.lab.example"),
        ("node17", ""),
        ("node17", " , ,"),
        ("node17", "."),
        ("node17", "10.0.0.0/8"),
    ],
)
def test_no_proxy_names_nothing_else(host: str, no_proxy: str) -> None:
    assert not goes_past(host, 8000, no_proxy)


def test_a_proxy_says_where_it_was_named_and_what_goes_past_it_but_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://alice:s3cret%21@proxy:3128")
    found = find_proxy("http://10.1.2.3:8000/v1")
    assert str(found) == "the proxy http://proxy:3128 (HTTP_PROXY; NO_PROXY=10.1.2.3 would go past it)"
    assert "s3cret" not in repr(found)
    assert found is not None
    assert found.login == "Basic " + base64.b64encode(b"alice:s3cret!").decode()


def test_a_proxys_login_is_sent_in_the_bytes_that_its_address_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://alice:%FC%E6@proxy:3128")
    found = find_proxy("http://10.1.2.3:8000/v1")
    assert found is not None
    assert found.login == "Basic " + base64.b64encode(b"alice:\xfc\xe6").decode()


def test_a_proxy_named_without_a_scheme_is_one_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy:3128")
    found = find_proxy("https://api.example.com/v1")
    assert found is not None
    assert found.address == "http://proxy:3128"


@pytest.mark.parametrize("proxy", ["socks5://alice:s3cret@proxy:1080", "http://", "http://proxy:many"])
def test_a_proxy_that_cannot_be_used_is_an_error_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(NorthstarError, match=r"https_proxy='.*' names no proxy that can be used here") as raised:
        find_proxy("https://api.example.com/v1")
    assert "s3cret" not in str(raised.value)


def test_a_proxys_user_with_a_colon_is_refused_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://al%3Aice:s3cret@proxy:3128")
    with pytest.raises(
        NorthstarError, match=r"^https_proxy names a user with a colon \(%3A\), which no login"
    ) as raised:
        find_proxy("https://api.example.com/v1")
    assert "s3cret" not in str(raised.value)


def shown_to_proxy(url: str, login: str, monkeypatch: pytest.MonkeyPatch, *, key_header: str = "Authorization") -> str:
    """The head of the one request that a proxy reads, where a server is asked with a key."""

    async def ask() -> str:
        head: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head.set_result((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
            port = proxy.sockets[0].getsockname()[1]
            monkeypatch.setenv(f"{url.partition(':')[0]}_proxy", f"http://{login}127.0.0.1:{port}")
            endpoint = Endpoint(address=url, model="m", api_key="sk-0123", key_header=key_header)
            async with ModelClient(endpoint) as client:
                try:
                    await client.get("/models")
                except NotConnected:
                    pass
            return await head

    return asyncio.run(ask())


LOGIN = "Proxy-Authorization: Basic " + base64.b64encode("älice:s3cret!".encode()).decode()


def test_a_tunnel_is_asked_for_with_the_proxys_login_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    head = shown_to_proxy("https://api.example.com/v1", "%C3%A4lice:s3cret%21@", monkeypatch)
    assert head.startswith("CONNECT api.example.com:443 ")
    assert LOGIN in head
    assert "sk-0123" not in head


@pytest.mark.parametrize("key_header", ["Authorization", "api-key"])
def test_a_tunnel_is_asked_for_without_the_servers_key(key_header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "sk-0123" not in shown_to_proxy("https://api.example.com/v1", "", monkeypatch, key_header=key_header)


def test_a_request_that_a_proxy_reads_has_its_login_and_the_servers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    head = shown_to_proxy("http://node17:8000/v1", "%C3%A4lice:s3cret%21@", monkeypatch)
    assert head.startswith("GET http://node17:8000/v1/models ")
    assert LOGIN in head
    assert "\nAuthorization: Bearer sk-0123" in head
    assert f"User-Agent: northstar/{__version__}" in head


def test_a_servers_key_is_no_login_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Proxy-Authorization" not in shown_to_proxy("http://node17:8000/v1", "", monkeypatch)
