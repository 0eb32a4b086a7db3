"""Which proxy an address is reached through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go and curl read them."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit
from urllib.request import getproxies, proxy_bypass

from northstar.core.errors import NorthstarError

_STATUSES = frozenset({403, 407, 502, 503, 504})
"""Which a proxy gives in a server's place, where the connection isn't encrypted."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """address: without a login, which is part of no message. variable: of the environment, which names the proxy.
    beyond: the host that is reached through it. tunnels: whether the proxy passes on what it can't read (https).
    login: the value of Proxy-Authorization.
    """

    address: str
    variable: str
    beyond: str
    tunnels: bool
    login: str | None = field(default=None, repr=False)

    def options(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """Those of a request with these headers to the server.

        A proxy that tunnels sees its login and none of the headers; aiohttp would show it those of a session. Where it
        reads the request, its login is one of the headers, which it takes out: aiohttp sends no other there.
        """
        login = {} if self.login is None else {"Proxy-Authorization": self.login}
        if self.tunnels:
            return {"headers": headers, "proxy": self.address, "proxy_headers": login}
        return {"headers": {**headers, **login}, "proxy": self.address}

    def may_have_said(self, status: int) -> str:
        """What to add to a status that may be the proxy's own; '' for others."""
        return f", through {self}" if status in _STATUSES else ""

    def __str__(self) -> str:
        """'the proxy http://proxy:3128 (HTTPS_PROXY; NO_PROXY=10.1.2.3 would go past it)'."""
        return f"the proxy {self.address} ({self.variable}; NO_PROXY={self.beyond} would go past it)"


def find_proxy(url: str) -> Proxy | None:
    """The proxy on the way to an address; None where it is reached without one, as this machine always is.

    Looked up once (aiohttp's trust_env does so for each request, and knows no networks). Raises NorthstarError.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    proxies = getproxies()
    found = proxies.get(parts.scheme)
    if not found or _is_here(host) or goes_past(host, port, proxies.get("no", "")) or proxy_bypass(host):
        return None
    variable = _variable(parts.scheme)
    proxy = _parts(found, variable)
    login, _, place = proxy.netloc.rpartition("@")
    return Proxy(f"{proxy.scheme}://{place}", variable, host, parts.scheme == "https", _authorization(login, variable))


def _authorization(login: str, variable: str) -> str | None:
    """'user:password', as in an address → 'Basic …', of the bytes that stand there. The error quotes nothing of it."""
    user, _, password = map(unquote_to_bytes, login.partition(":"))
    if b":" in user:
        raise NorthstarError(f"{variable} names a user with a colon (%3A), which no login of a proxy can have.")
    return f"Basic {base64.b64encode(user + b':' + password).decode()}" if user else None


def goes_past(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host: itself, a domain above it, a network that it is in, or '*'; with a port or not.

    >>> goes_past("10.1.2.3", 8000, "example.com, 10.0.0.0/8")
    True
    """
    return any(_names(each, host.lower().rstrip("."), port) for each in re.split(r"[\s,]+", no_proxy.lower()) if each)


def _names(entry: str, host: str, port: int) -> bool:
    name, its_port = _without_port(entry)
    if its_port is not None and its_port != port:
        return False
    if name == "*":
        return True
    try:
        network = ip_network(name, strict=False)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
    try:
        address = ip_address(host)
    except ValueError:
        return False  # a name is not looked up: who asks the proxy may not be able to
    return (getattr(address, "ipv4_mapped", None) or address) in network


def _without_port(entry: str) -> tuple[str, int | None]:
    """'host:8080', '[fd00::1]:8080' → the name and 8080; an IPv6 address without brackets has no port."""
    if bracketed := re.fullmatch(r"\[([^\]]*)\](/\d+)?(?::(\d+))?", entry):
        return bracketed[1] + (bracketed[2] or ""), int(bracketed[3]) if bracketed[3] else None
    name, colon, port = entry.partition(":")
    return (name, int(port)) if colon and port.isascii() and port.isdigit() else (entry, None)


def _is_here(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _variable(scheme: str) -> str:
    """The variable that names the proxy of a scheme, as it is written; lower case counts first, as everywhere."""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    return next((name for name in names if os.environ.get(name)), "the system's settings")


def _parts(proxy: str, variable: str) -> SplitResult:
    """Taken apart; 'proxy:3128' is one for HTTP. The error quotes nothing before an @, which may be a password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        if parts.scheme in ("http", "https") and parts.hostname and (parts.port or 0) >= 0:
            return parts
    except ValueError:
        pass
    raise NorthstarError(
        f"{variable}='{proxy.rpartition('@')[2]}' names no proxy that can be used here; it must look like "
        "http://proxy:3128 (there is no support for SOCKS)."
    )
