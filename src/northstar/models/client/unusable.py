"""What to tell the user of a server that answers no request: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Collection

from northstar.core.credentials import shown_address
from northstar.models.endpoint import Endpoint
from northstar.models.secrets import one_line

_WHAT = {
    401: "refuses the key",
    402: "wants to be paid first",
    403: "forbids the request",
    404: "knows no such model or address",
}


_LONGEST_ADDRESS, _LONGEST_LOCATION = 300, 2000


def points_to(location: str | None) -> str:
    """' to http://…', for a redirect's Location, without what may be a key; '' where it has none."""
    if not location:
        return ""
    plain = location[:_LONGEST_LOCATION].partition("?")[0]
    try:
        shown = shown_address(plain) if "://" in plain else shown_address(f"://{plain}").removeprefix("://")
    except ValueError:
        return " to what is no address"
    return f" to {one_line(shown, _LONGEST_ADDRESS)}"


def why_unusable(endpoint: Endpoint, status: int, failure: str, *, of_responses: bool = False) -> str:
    """For a status that no request gets past: 401, 402, 403, 404 or a redirect. of_responses: the Responses API is."""
    advice = key_advice(endpoint)
    advice = f"{advice[0].upper()}{advice[1:]} in the environment"
    hint = {
        401: f" {advice}.",
        402: " Top up the account.",
        403: f" {advice} and what it may use." if endpoint.api_key else f" {advice}.",
        404: f" Check --model ('{endpoint.model}') and --server_address{_ending(endpoint)}.",
    }.get(status, f" Check --server_address{_ending(endpoint)}.")
    if status == 404 and of_responses:
        hint += " It may have no Responses API: ++inference.endpoint_type=chat asks its chat."
    return f"the server at {endpoint.shown} {what_it_does(endpoint, status)} ({failure}).{hint}"


def what_it_does(endpoint: Endpoint, status: int) -> str:
    """What a server does that answers with such a status."""
    if status == 401 and not endpoint.api_key:
        return "requires an API key"
    return _WHAT.get(status, "points elsewhere")


def key_advice(endpoint: Endpoint) -> str:
    """Which variable of the environment to check, or to set where none of those that are read is set."""
    if endpoint.api_key:
        return f"check {endpoint.key_variable}"
    return f"set {' or '.join(dict.fromkeys(endpoint.key_variables))}"


def why_not_asked_so(endpoint: Endpoint, fields: Collection[str], failure: str) -> str:
    """For fields that the user has asked for and the server doesn't take."""
    settings = [f"++inference.{name}" for name in sorted(fields)]
    return (
        f"the server at {endpoint.shown} does not take what {' and '.join(settings)} asks for ({failure}). Take that "
        f"out, or say {' '.join(f'{name}=null' for name in settings)}: then nothing is sent and the server's own holds."
    )


def why_not_streamed(endpoint: Endpoint, failure: str) -> str:
    """For a server that answers by streaming alone."""
    return (
        f"the server at {endpoint.shown} answers '{endpoint.model}' only as a stream, and ++inference.stream=False "
        f"asks for whole answers ({failure}). Leave that setting out."
    )


def _ending(endpoint: Endpoint) -> str:
    return "" if endpoint.address.rstrip("/").endswith("/v1") else " (such addresses mostly end in /v1)"
