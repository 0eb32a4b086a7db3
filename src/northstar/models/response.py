"""Reads a server's chat completion. The server is not trusted: every field may be missing, odd or huge."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from northstar.models.finish_reasons import Meaning, meaning_of
from northstar.models.secrets import shows_key, without_key
from northstar.models.tools import are_no_arguments
from northstar.text import storable

LONGEST_REASON = 64
SHORTEST_SECRET = 16
_SAID_IN = ("message", "detail", "error_msg", "error_message", "status_msg", "msg", "title")
"""Where errors have their text."""
_PLAIN_WORD = re.compile(r"[A-Za-z_-]{1,32}")
_MOST_VALUES = 2**20
_MOST_SHOWN = 2**16
"""Characters of a text that are looked at for an error message: to look at 64 MiB takes seconds."""


class Unreadable(Exception):
    """The body isn't what it should be; the message says in a few words what it is instead, without quoting it."""


class SaysError(Unreadable):
    """The body holds an error in place of an answer, or beside half of one. error: as the server has put it."""

    def __init__(self, error: Any) -> None:
        super().__init__("an error")
        self.error = error


class Origin(NamedTuple):
    """Who answered, by the answer's own `model` and `system_fingerprint`; None where it does not say."""

    model: str | None = None
    system_fingerprint: str | None = None


UNSAID = Origin()


@dataclass(frozen=True, slots=True)
class Completion:
    """What one answer holds. Tokens are None where the server doesn't count them."""

    text: str
    reasoning: str | None
    finish_reason: str | None
    completion_tokens: int | None
    prompt_tokens: int | None
    tool_calls: list[dict[str, Any]] | None = None
    origin: Origin = UNSAID


def read_completion(body: bytes) -> Completion:
    """The first choice of a chat or text completion.

    What the server itself calls failed is no answer, though there may be half a text. Raises Unreadable, or SaysError
    where the body says what went wrong.
    """
    answer = read_json(body)
    if (error := error_of(answer)) is not None:
        raise SaysError(error)
    try:
        choice = answer["choices"][0]
        message = choice["message"] if "message" in choice else {"content": choice["text"]}
        content = message.get("content")
        text = _text(content)
        refusal = message.get("refusal")
        tool_calls = _tool_calls(message.get("tool_calls"))
        told = [message.get(name) for name in ("reasoning_content", "reasoning")]
        # An empty text is not None: the server looked for reasoning, and there was none.
        reasoning = max((text for text in told if isinstance(text, str)), key=len, default=None)
        finish_reason = _reason(choice)
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise Unreadable("no chat completion") from None
    usage = answer.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    completion = Completion(
        text=text,
        reasoning=None if reasoning is None else storable(reasoning),
        finish_reason=finish_reason,
        completion_tokens=_count(usage.get("completion_tokens")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        tool_calls=tool_calls,
        origin=Origin(_name(answer.get("model")), _name(answer.get("system_fingerprint"))),
    )
    if not text and isinstance(refusal, str) and refusal:  # OpenAI's place for the words of a model that declines
        return replace(completion, text=storable(refusal), finish_reason="refusal")
    _check_answered(completion, said_nothing=content is None and not message.get("tool_calls"))
    return completion


def _check_answered(completion: Completion, *, said_nothing: bool) -> None:
    """Raises where there is no answer, whatever the form: nothing was generated, or the server says that it failed."""
    meaning = meaning_of(completion.finish_reason)
    if meaning is Meaning.FAILED:
        raise Unreadable(f"half an answer (finish_reason '{completion.finish_reason}')")
    if completion.text or completion.reasoning or completion.tool_calls or meaning is Meaning.WITHHELD:
        return
    if meaning is Meaning.CUT_OFF and completion.completion_tokens == 0:  # LMDeploy's way of saying so
        raise SaysError("context length exceeded: the prompt leaves no room for a single token")
    if said_nothing and completion.completion_tokens is None and meaning is not Meaning.CUT_OFF:
        raise Unreadable("no text, no calls and no count of tokens")


def error_of(answer: Any) -> Any:
    """The error that a JSON answer holds, in whatever place its server puts it; None where it holds none."""
    if isinstance(answer, list) and len(answer) == 1:  # Gemini's
        answer = answer[0]
    if not isinstance(answer, dict):
        return None
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    reason = choice.get("finish_reason")
    if isinstance(reason, dict) and meaning_of(_word(reason)) is Meaning.FAILED:  # SGLang's
        return reason
    for error in (answer.get("error"), answer.get("errors"), choice.get("error")):
        if any(error.values()) if isinstance(error, dict) else error:  # some fill it with nothing where all is well
            return error
    base = answer.get("base_resp")  # MiniMax's
    if isinstance(base, dict) and base.get("status_code"):
        return {"code": base["status_code"], "message": base.get("status_msg")}
    if answer.get("object") == "error" or (not choice and any(answer.get(name) for name in _SAID_IN)):
        return answer
    return None


def read_json(body: bytes) -> Any:
    """The body as JSON. Lone surrogates, which strict parsers refuse but servers send, become U+FFFD later."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    if len(body) > _MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise Unreadable("more values than an answer has")  # each takes 20 times its bytes, once read
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None


def error_message(body: bytes, key: str | None = None) -> str:
    """What an error answer says, from OpenAI's, vLLM's, FastAPI's or others' form, else its text; without the key."""
    try:
        return said_of(error_of(read_json(body)), key) or shorten(body, key)
    except Unreadable:
        return shorten(body, key)


def said_of(error: Any, key: str | None = None) -> str:
    """The words of an error, with its code where that says more; '' where it has none."""
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, str):
        return _one_line(error, 2000, key)
    if not isinstance(error, dict):
        return ""
    codes = (code for code in (error.get("code"), error.get("type")) if isinstance(code, str))
    code = _one_line(next(codes, ""), 100, key)
    texts = (error.get(name) for name in (*_SAID_IN, "error"))
    said = next((line for text in texts if isinstance(text, str) and (line := _one_line(text, 2000, key))), "")
    return f"{said} ({code})" if said and code and code not in said else said


def shorten(body: bytes, key: str | None = None, limit: int = 200) -> str:
    """The beginning of a body on one line, for an error message; without the key."""
    return _one_line(body[:65536].decode("utf-8", "replace"), limit, key) or "an empty body"


def _one_line(text: str, limit: int, key: str | None) -> str:
    """Text of a server's on one line, without the key and what could steer a terminal. A cut ends in an ellipsis."""
    text = without_key(storable(text[: 2 * _MOST_SHOWN]), key)[:_MOST_SHOWN]  # a key at the first cut is not shown
    line = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(line.split())
    return line[: limit - 1] + "…" if len(line) > limit else line


def redacted(completion: Completion, key: str | None) -> Completion:
    """The completion without the key, should the server have put it there. 'EMPTY' and the like are no secrets."""
    if key is None or len(key) < SHORTEST_SECRET:
        return completion
    reasoning, calls, reason = completion.reasoning, completion.tool_calls, completion.finish_reason
    if not any(shows_key(text, key) for text in (completion.text, reasoning or "", str(calls or ""), reason or "")):
        return completion
    return replace(
        completion,
        text=without_key(completion.text, key),
        reasoning=reasoning and without_key(reasoning, key),
        finish_reason=reason and without_key(reason, key),
        tool_calls=calls and msgspec.json.decode(without_key(msgspec.json.encode(calls).decode(), key)),
    )


def _text(content: Any) -> str:
    """A message's content: a text, a list of parts, or nothing at all. Raises TypeError."""
    if isinstance(content, str):
        return storable(content)
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return storable("".join(part for part in parts if isinstance(part, str)))
    if content is None:
        return ""
    raise TypeError("content is neither text nor a list")


def _tool_calls(value: Any) -> list[dict[str, Any]] | None:
    """What the server made out as calls: [{"id": …, "name": …, "arguments": …}], arguments as the model wrote them.

    Where there are none they are {}, however the server says so.
    """
    calls: list[dict[str, Any]] = []
    for call in value if isinstance(value, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict) and isinstance(function.get("name"), str):
            arguments = function.get("arguments")
            if are_no_arguments(arguments):
                arguments = {}
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            name = call.get("id") if isinstance(call.get("id"), str) else ""
            calls.append({"id": storable(name), "name": storable(function["name"]), "arguments": storable(text)})
    return calls or None


def _reason(choice: dict[str, Any]) -> str | None:
    """The choice's finish reason; where a router (OpenRouter) passes on another that says more, that one."""
    reason, native = _word(choice.get("finish_reason")), _word(choice.get("native_finish_reason"))
    if native is None or meaning_of(reason) is Meaning.FAILED:
        return reason
    said, more = meaning_of(reason), meaning_of(native)
    tells_more = more is Meaning.FAILED or ((reason is None or said is Meaning.UNKNOWN) and more is not Meaning.UNKNOWN)
    return native if tells_more else reason


def _word(value: Any) -> str | None:
    """A finish reason as the server wrote it, on one line and bounded: its type, where it is an object (SGLang)."""
    if isinstance(value, dict):
        value = value.get("type")
    if not isinstance(value, str):
        return None
    return value if _PLAIN_WORD.fullmatch(value) else _one_line(value, LONGEST_REASON, None) or None


def _name(value: Any) -> str | None:
    """What a server calls itself, as far as it is a name."""
    return _one_line(value, 200, None) or None if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    """A believable number of tokens; a file of ours can't hold every number that JSON can."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else None
