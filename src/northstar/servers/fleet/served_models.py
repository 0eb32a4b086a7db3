"""Asks a server that runs already which models it has, and says what is wrong where it doesn't tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from northstar.core.errors import NorthstarError, did_you_mean
from northstar.models.client.client import ModelClient
from northstar.models.client.transport import NotTrusted, Response, TimedOut, Unanswered
from northstar.models.client.unusable import key_advice, points_to, what_it_does
from northstar.models.endpoint import Endpoint
from northstar.models.identity.served import ServedModel, read_models
from northstar.models.secrets import without_key
from northstar.servers.server import ServerState

SLOW_SECONDS = 5.0
MODELS_SECONDS = 300.0
"""A server with thousands of requests in its line may need minutes to say which models it has."""


class NobodyAnswers(NorthstarError):
    """No connection, or no whole response."""


async def served_models(endpoint: Endpoint, option: str, prefix: str, state: ServerState) -> list[ServedModel]:
    """What /models lists, names without the prefix; empty without such a list. state: told when that takes long.

    Raises NorthstarError when nobody answers, or refuses to.
    """
    async with ModelClient(endpoint) as client:
        response = await _ask_for_models(client, option, state)
    status, proxy = response.status, response.proxy
    way = "" if proxy is None else f", through {proxy}"
    if status in (401, 403):
        what = "refuses the key" if endpoint.api_key else what_it_does(endpoint, status)
        raise NorthstarError(f"the server at {endpoint.shown} {what} (HTTP {status}){way}: {key_advice(endpoint)}.")
    if status == 407 and proxy is not None:
        raise NorthstarError(
            f"the proxy to {endpoint.shown} wants a login (HTTP 407){way}: put it into {proxy.variable}, "
            "like http://user:password@proxy:3128."
        )
    if 300 <= status < 400:
        to = endpoint.redacted(points_to(response.headers.get("Location")))
        raise NorthstarError(f"the server at {endpoint.shown} points elsewhere (HTTP {status}{to}): give that address.")
    models = read_models(response.content) if status == 200 else []
    return [replace(each, name=without_key(each.name.removeprefix(prefix), endpoint.api_key)) for each in models]


async def _ask_for_models(client: ModelClient, option: str, state: ServerState) -> Response:
    """The response to GET /models. A server that is slow is waited for, and one that isn't there is not."""
    address = client.endpoint.shown
    waited_for = f"{address} has not said which models it has for {SLOW_SECONDS:g} s; waiting for it"
    telling = asyncio.get_running_loop().call_later(SLOW_SECONDS, setattr, state, "log", [waited_for])
    try:
        return await client.get("/models", MODELS_SECONDS)
    except TimedOut as error:
        raise NorthstarError(
            f"there is a server at {address}, but it has not answered GET /models for {MODELS_SECONDS:g} s"
            f"{'' if error.proxy is None else f', through {error.proxy}'}. It may have too much to do, or be "
            "loading: run the same command again when it answers."
        ) from None
    except NotTrusted as error:
        raise NorthstarError(_not_trusted(address, error, option)) from None
    except Unanswered as error:
        raise NobodyAnswers(f"no server answers at {address}: {error.reason}. Start it, or correct {option}.") from None
    finally:
        telling.cancel()
        state.log = []


_MADE_FOR_ANOTHER = (62, 64)
"""OpenSSL's numbers of a certificate for another name, and for another IP address."""
_EXPIRED = 10


def _not_trusted(address: str, error: NotTrusted, option: str) -> str:
    """What is wrong with a server's certificate, and what to do."""
    remedy = (
        f"Correct {option}, or give the server a certificate of that name"
        if error.code in _MADE_FOR_ANOTHER
        else "Renew it"
        if error.code == _EXPIRED
        else "If it is your server, set SSL_CERT_FILE to that certificate, or to its authority's (a PEM file)"
    )
    return f"the server at {address} shows a certificate that is not trusted here: {error.said.rstrip('.')}. {remedy}."


def check_served(model: str, served: list[str], address: str) -> None:
    """Raise NorthstarError for a model that a server's list lacks."""
    if served and model not in served:
        raise NorthstarError(
            f"the server at {address} has no model '{model}'.{did_you_mean(model, served)} "
            f"It serves {', '.join(served[:8])}."
        )
