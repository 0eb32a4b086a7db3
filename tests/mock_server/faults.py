"""How servers fail: each fault is one answer (or none) that a real server has been seen to give."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal

KEY_ECHO = b"$KEY"
"""Stands for the key that the request came with."""


@dataclass(frozen=True)
class Fault:
    """One wrong answer. then: send it, close the connection before it or in its middle, or never send anything."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    then: Literal["answer", "close", "cut", "hang", "endless"] = "answer"


def rate_limited(retry_after: str | None = None) -> Fault:
    """429, with a Retry-After of seconds or a date, or without."""
    return failing(429, "Rate limit reached for requests", **({"Retry-After": retry_after} if retry_after else {}))


def date_in(seconds: float) -> str:
    """The HTTP date of so many seconds from now, for Retry-After."""
    import time

    return formatdate(time.time() + seconds, usegmt=True)


def failing(status: int, message: str, **headers: str) -> Fault:
    """A status with an error in OpenAI's form. Header names are given as in {'Retry-After': …}."""
    return Fault(
        status,
        _json({"error": {"message": message, "type": "error", "param": None, "code": None}}),
        (("Content-Type", "application/json"), *headers.items()),
    )


def unsupported(parameter: str) -> Fault:
    """400, as OpenAI's reasoning models refuse a parameter."""
    message = {
        "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "temperature": "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) "
        "value is supported.",
    }.get(parameter, f"Unsupported parameter: '{parameter}' is not supported with this model.")
    error = {"message": message, "type": "invalid_request_error", "param": parameter, "code": "unsupported_parameter"}
    return Fault(400, _json({"error": error}))


def completion(message: Any, **fields: Any) -> Fault:
    """A 200 with a chat completion of this message; `fields` replace the answer's own (None: left out)."""
    answer = {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "model": "mock",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
        **fields,
    }
    return Fault(body=_json({name: value for name, value in answer.items() if value is not None}))


def says(content: Any) -> Fault:
    """A 200 with a chat completion of this content, whatever its type."""
    return completion({"role": "assistant", "content": content})


def redirect(address: str) -> Fault:
    """A 307 to another address."""
    return Fault(307, b"", (("Location", address),))


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


_GOOD = says(r"\boxed{5}").body
_HTML = b"<!doctype html><html><body><h1>It works</h1>nginx</body></html>"
_TEXT = (("Content-Type", "text/html"),)

VLLM_CONTEXT = _json(
    {
        "error": {
            "message": "This model's maximum context length is 2048 tokens. However, you requested 4120 tokens "
            "(2072 in the messages, 2048 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        }
    }
)
LLAMACPP_CONTEXT = _json(
    {
        "error": {
            "code": 400,
            "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 2072,
            "n_ctx": 2048,
        }
    }
)
OPENAI_CONTEXT = _json(
    {
        "error": {
            "message": "Your input exceeds what this model can read. Please shorten the messages.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    }
)

FAULTS: dict[str, Fault] = {
    "429": rate_limited(),
    "429_after_1": rate_limited("1"),
    "no_quota": Fault(
        429,
        _json(
            {
                "error": {
                    "message": "You exceeded your current quota, please check your plan and billing details.",
                    "type": "insufficient_quota",
                    "param": None,
                    "code": "insufficient_quota",
                }
            }
        ),
    ),
    "too_large": failing(
        429, "Request too large for mock on tokens per min (TPM): Limit 30000, Requested 40960. It must be reduced."
    ),
    "408": failing(408, "Request timed out"),
    "409": failing(409, "Conflict, please try again"),
    "500": failing(500, "Internal server error"),
    "502": Fault(502, b"<html><head><title>502 Bad Gateway</title></head></html>", _TEXT),
    "503": failing(503, "Loading model"),
    "closed": Fault(then="close"),
    "cut": Fault(body=_GOOD, then="cut"),
    "hang": Fault(then="hang"),
    "html": Fault(200, _HTML, _TEXT),
    "truncated_json": Fault(body=_GOOD[: len(_GOOD) // 2]),
    "empty_body": Fault(),
    "no_choices": completion({}, choices=None),
    "empty_choices": completion({}, choices=[]),
    "no_message": completion({}, choices=[{"index": 0, "finish_reason": "stop"}]),
    "no_usage": completion({"role": "assistant", "content": r"\boxed{5}"}, usage=None),
    "odd_usage": completion({"role": "assistant", "content": r"\boxed{5}"}, usage="many"),
    "huge_usage": completion({"role": "assistant", "content": "5"}, usage={"completion_tokens": 10**30}),
    "content_null": says(None),
    "content_list": says([{"type": "text", "text": "It is "}, {"type": "text", "text": r"\boxed{5}"}]),
    "content_number": says(5),
    "lone_surrogate": says("\ud83d \\boxed{5}"),
    "deep_json": Fault(body=b'{"choices":' + b"[" * 100_000),
    "error_in_200": Fault(body=_json({"error": {"message": "upstream failed", "code": 502}})),
    "gzip_bomb": Fault(
        200, gzip.compress(b"0" * 2**26, 9), (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    ),
    "endless": Fault(body=b" " * 2**16, then="endless"),
    "context_vllm": Fault(400, VLLM_CONTEXT),
    "context_llamacpp": Fault(400, LLAMACPP_CONTEXT),
    "context_openai": Fault(400, OPENAI_CONTEXT),
    "unknown_parameter": failing(400, "Unrecognized request argument supplied: top_k"),
    "unprocessable": Fault(422, _json({"detail": [{"loc": ["body", "stop"], "msg": "str type expected"}]})),
    "401": failing(401, "Incorrect API key provided: " + KEY_ECHO.decode()),
    "403": failing(403, "You are not allowed to sample from this model"),
    "404": failing(404, "The model `mock` does not exist"),
}
