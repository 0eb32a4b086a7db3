"""How servers fail, by name: each fault is one answer (or none) that a real server has been seen to give."""

from __future__ import annotations

from northstar.core.text import printable
from tests.mock_server.floods import FLOODS
from tests.mock_server.quirks import QUIRKS
from tests.mock_server.shapes import KEY_ECHO, Fault, as_json, completion, ended, failing, rate_limited, says

_ECHOES = " ".join(f"{KEY_ECHO.decode()}{form}" for form in ("", "_BASE64", "_QUOTED", "_MASKED"))
_GOOD = says(r"\boxed{5}").body
_HTML = b"<!doctype html><html><body><h1>It works</h1>nginx</body></html>"
_TEXT = (("Content-Type", "text/html"),)

FAULTS: dict[str, Fault] = {
    # any server, and what stands before it
    "429": rate_limited(),
    "429_after_1": rate_limited("1"),
    "no_quota": Fault(
        429,
        as_json(
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
    "pause": Fault(body=_GOOD, then="pause"),
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
    # answers that hold none, or not all
    "no_text": says(""),
    "blank_text": says("\n \n"),
    "all_is_reasoning": completion({"role": "assistant", "content": None, "reasoning_content": "It is 5."}),
    "cut_in_reasoning": ended("length", message={"content": None, "reasoning_content": "It is"}),
    "cut_before_text": ended("length", ""),
    "cut_text": ended("length", "It is"),
    "never_ends_thinking": says("<think>It is 5."),
    "calls_alone": ended(
        "tool_calls",
        message={"content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
    ),
    "ended_oddly": ended("wandered_off"),
    "lone_surrogate": says("\ud83d \\boxed{5}"),
    "deep_json": Fault(body=b'{"choices":' + b"[" * 100_000),
    "error_in_200": Fault(body=as_json({"error": {"message": "upstream failed", "code": 502}})),
    "unknown_parameter": failing(400, "Unrecognized request argument supplied: top_k"),
    "unprocessable": Fault(422, as_json({"detail": [{"loc": ["body", "stop"], "msg": "str type expected"}]})),
    "echoed_key": failing(500, f"The upstream refuses the key {_ECHOES}"),
    "answer_with_key": says(f"{_ECHOES} so it is \\boxed{{5}}"),
    "401": failing(401, "Incorrect API key provided: " + KEY_ECHO.decode()),
    "403": failing(403, "You are not allowed to sample from this model"),
    "404": failing(404, "The model `mock` does not exist"),
    # more than anybody asked for: see floods.py
    **FLOODS,
    # one server's own: see quirks.py
    **{name: fault for faults in QUIRKS.values() for name, fault in faults.items()},
}


def listed() -> str:
    """The catalogue: each fault by its name, under the server that has it."""
    own = {name for faults in QUIRKS.values() for name in faults}
    general = {name: fault for name, fault in FAULTS.items() if name not in own}
    lines: list[str] = []
    for server, faults in {"any server": general, **QUIRKS}.items():
        lines += [server, *(f"  {name:<26} {_shown(fault)}" for name, fault in faults.items())]
    return "\n".join(lines)


def _shown(fault: Fault) -> str:
    what = "" if fault.then == "answer" else f" ({fault.then})"
    body = fault.body[fault.body.find(b'"choices"') if b'"choices"' in fault.body else 0 :]
    return f"{fault.status}{what} {printable(body[:160].decode('ascii', 'backslashreplace'))[:160]}".rstrip()
