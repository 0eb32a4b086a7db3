"""What a fault is made of: answers, errors in the forms of the servers, and what else can happen to a request."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Literal
from urllib.parse import quote

KEY_ECHO = b"$KEY"
"""Stands for the key that the request came with; with _BASE64, _QUOTED or _MASKED behind it, for what is made of it."""
JSON = (("Content-Type", "application/json"),)


def echoed(body: bytes, key: str) -> bytes:
    """The body with the key in it that the request came with."""
    made = {
        b"_BASE64": base64.b64encode(f"Bearer {key}".encode()).decode(),
        b"_QUOTED": quote(key, safe=""),
        b"_MASKED": f"{key[:10]}****{key[-6:]}",
        b"": key,
    }
    for form, text in made.items():
        body = body.replace(KEY_ECHO + form, text.encode())
    return body


@dataclass(frozen=True)
class Fault:
    """One wrong answer. then: send it, close the connection before it or in its middle, pause in its middle, never send
    anything, or send the body (or headers) over and over without an end.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = JSON
    then: Literal["answer", "close", "cut", "hang", "pause", "endless", "endless_headers"] = "answer"


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
        as_json({"error": {"message": message, "type": "error", "param": None, "code": None}}),
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
    return Fault(400, as_json({"error": error}))


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
    return Fault(body=as_json({name: value for name, value in answer.items() if value is not None}))


def says(content: Any) -> Fault:
    """A 200 with a chat completion of this content, whatever its type."""
    return completion({"role": "assistant", "content": content})


def redirect(address: str) -> Fault:
    """A 307 to another address."""
    return Fault(307, b"", (("Location", address),))


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def ended(reason: Any, content: Any = r"\boxed{5}", **choice: Any) -> Fault:
    """A 200 whose answer, half of one or none, ended for this finish reason; `choice` adds to its choice."""
    message = {"role": "assistant", "content": content}
    return completion({}, choices=[{"index": 0, "message": message, "finish_reason": reason, **choice}])


def error_in_200(error: Any, **fields: Any) -> Fault:
    """A 200 with an error in place of an answer."""
    return Fault(body=as_json({"error": error, **fields}))


def extra_forbidden(field: str) -> Fault:
    """422, as FastAPI refuses a field that its model (pydantic 2) doesn't have."""
    complaint = {"type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted", "input": 1}
    return Fault(422, as_json({"detail": [complaint]}))


def extra_fields_v1(field: str) -> Fault:
    """422, as pydantic 1 has it."""
    complaint = {"loc": ["body", field], "msg": "extra fields not permitted", "type": "value_error.extra"}
    return Fault(422, as_json({"detail": [complaint]}))


def extra_in_text(field: str) -> Fault:
    """400, as older vLLM puts pydantic's list into a text."""
    text = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{field}'), 'msg': 'Extra inputs are not permitted'}}]"
    return Fault(400, as_json({"object": "error", "message": text, "type": "BadRequestError", "code": 400}))


def unknown_name(field: str) -> Fault:
    """400, as Google's JSON parser says it."""
    text = f'Invalid JSON payload received. Unknown name "{field}": Cannot find field.'
    return Fault(400, as_json([{"error": {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}}]))


def by_code(field: str) -> Fault:
    """400, with the field in `param`, the reason in `code`, and a text that is of no help."""
    error = {"message": "Bad request", "type": "invalid_request_error", "param": field, "code": "unsupported_parameter"}
    return Fault(400, as_json({"error": error}))


STRICT: dict[str, Callable[[str], Fault]] = {
    "pydantic": extra_forbidden,
    "pydantic1": extra_fields_v1,
    "vllm": extra_in_text,
    "gemini": unknown_name,
    "code": by_code,
    "openai": lambda field: failing(400, f"Unrecognized request argument supplied: {field}"),
    "groq": lambda field: failing(400, f"property '{field}' is unsupported"),
}
"""How strict servers refuse a field that they don't know."""
