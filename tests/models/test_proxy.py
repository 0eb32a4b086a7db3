"""Which proxy an address is reached through, by the environment."""

from __future__ import annotations

import pytest

from northstar.errors import NorthstarError
from northstar.models.proxy import find_proxy, goes_past


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
    assert found.login is not None
    assert found.login.password == "s3cret!"


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
