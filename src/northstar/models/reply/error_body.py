"""Reads the error in an answer: its texts, codes and names, however deeply routers and proxies have wrapped it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from northstar.models.reply.finish_reasons import Meaning, meaning_of
from northstar.models.reply.json_body import Unreadable, read_events, read_json
from northstar.models.secrets import one_line

_TEXTS = (
    "message",
    "detail",
    "error_msg",
    "error_message",
    "errormessage",
    "status_msg",
    "msg",
    "title",
    "description",
)
_WRAPPED = ("error", "errors", "details", "metadata", "raw", "body", "innererror", "cause", "fieldviolations")
"""Where an error has its text, and where others are nested (keys lowercase, without underscores there)."""
_CODES = ("code", "error_code", "status_code", "statuscode", "http_status", "http_code", "status")
_NAMES = ("code", "type", "error_type", "err_type", "status", "reason")
_MOST_PARTS, _MOST_OF_A_LIST, _MOST_KEYS = 64, 20, 64
_LONGEST_TEXT, _LONGEST_WORDS = 2**14, 2000
_PLACES = ("error", "errors", "Error", "Errors")
_ALL_RIGHT = frozenset(("", "0", "200", "ok", "none", "null", "nil", "false", "success", "succeeded", "successful"))
_CODE_IN_TEXT = r"(?i)\b(?:error code|status(?: code)?|http(?:/[\d.]+)?)\W{0,3}([45]\d\d)\b"
_CODE_AT_START = r"<?([45]\d\d)\b[>:\s]+(?!tokens?|characters|bytes|requests?|items|m?s\b|seconds)[A-Za-z{<]"
_NAME_IN_TEXT = r"\b([A-Z]\w{2,60}(?:Error|Exception))\b|['\"](?:code|type)['\"]:\s*['\"](\w{3,60})['\"]"


@dataclass(frozen=True, slots=True)
class ErrorContent:
    """The content of an error, outermost first, bounded.

    Attributes:
        texts: Texts for people.
        codes: HTTP statuses that mean a failure.
        names: Kinds of errors, as written.
        parts: The objects that it consists of, with lowercase keys.
    """

    texts: tuple[str, ...] = ()
    codes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    parts: tuple[Mapping[str, Any], ...] = ()

    def words(self, key: str | None = None) -> str:
        """Return the whole text on one line, with its code if that adds something, without the key; '' if empty."""
        lines: list[str] = []
        for text in self.texts:
            if (line := one_line(text, _LONGEST_WORDS, key)) and not any(line in before for before in lines):
                lines.append(line)
        words = "; ".join(lines)
        code = one_line(next(self._codes_in_words(), ""), 100, key)
        return one_line(f"{words} ({code})" if words and code and code not in words else words, _LONGEST_WORDS, key)

    def _codes_in_words(self) -> Iterator[str]:
        for part in self.parts:
            yield from (part[name] for name in ("code", "type") if isinstance(part.get(name), str) and part[name])


def error_content(error: Any) -> ErrorContent:
    """Collect the content of an error, whatever it is wrapped in: objects, lists, JSON within a text."""
    texts: list[str] = []
    parts: list[Mapping[str, Any]] = []
    queue = deque([error])
    for _ in range(_MOST_PARTS):
        if not queue:
            break
        here = queue.popleft()
        if isinstance(here, str):
            if isinstance(inner := _json_in(here), (Mapping, list)):
                queue.append(inner)
            else:
                texts.append(here[:_LONGEST_TEXT])
        elif isinstance(here, list):
            queue.extend(here[:_MOST_OF_A_LIST])
        elif isinstance(here, Mapping):
            part = {str(name).lower(): here[name] for name in list(here)[:_MOST_KEYS]}
            parts.append(part)
            queue.extend(_placed(part, name) for name in (*_TEXTS, *_WRAPPED) if part.get(name))
    return ErrorContent(tuple(texts), tuple(_codes(parts, texts)), tuple(_names(parts, texts)), tuple(parts))


def error_of(answer: Any) -> Any:
    """Return the error in a JSON answer, wherever its server puts it; None without one."""
    if isinstance(answer, list) and len(answer) == 1:  # Gemini's
        answer = answer[0]
    if not isinstance(answer, dict):
        return answer if isinstance(answer, str) and answer else None
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    reason, message = choice.get("finish_reason"), choice.get("message")
    if isinstance(reason, dict) and _is_failure(reason.get("type")):  # SGLang's
        return reason
    for place in (answer, choice, message if isinstance(message, dict) else {}):
        for name in _PLACES:
            if name in place and _is_one(place[name]):
                beside = place is answer and isinstance(place[name], str) and not choice and _says_more(answer)
                return answer if beside else place[name]  # the answer, if it explains a mere "Bad Request"
    base = answer.get("base_resp")  # MiniMax's
    if isinstance(base, dict) and base.get("status_code"):
        return {"code": base["status_code"], "message": base.get("status_msg")}
    return answer if _is_all_error(answer, beside_choice=bool(choice)) else None


def error_in(body: bytes) -> Any:
    """Return the error in any body: JSON, a stream of events, or plain text; None without one."""
    try:
        return error_of(read_json(body))
    except Unreadable:
        pass
    for event in read_events(body):
        if (error := error_of(event)) is not None:
            return error
    text = body[:_LONGEST_TEXT].decode("utf-8", "replace").strip()
    looks_like_other = text.startswith(("<", "{", "[", "data:", "event:", ":"))
    return text if text and not looks_like_other and len(text) <= _LONGEST_WORDS else None


def error_message(body: bytes, key: str | None = None) -> str:
    """Return the text of an error answer in any form, else the start of the body; without the key."""
    return error_content(error_in(body)).words(key) or shorten(body, key)


def shorten(body: bytes, key: str | None = None, limit: int = 200) -> str:
    """Return the start of a body on one line, for an error message; without the key."""
    return one_line(body[:65536].decode("utf-8", "replace"), limit, key) or "an empty body"


def _placed(part: Mapping[str, Any], name: str) -> Any:
    """Return a part's value; for a message of pydantic's, with the place in the request that it is about."""
    text, place = part[name], part.get("loc")
    if name != "msg" or not isinstance(text, str) or not isinstance(place, list):
        return text
    return f"{'.'.join(str(each) for each in place[:8] if isinstance(each, (str, int)))}: {text}"


def _says_more(answer: Mapping[str, Any]) -> bool:
    """Return whether a message or a status accompanies the name of an error."""
    return any(answer.get(name) for name in (*_TEXTS, *_CODES))


def _is_all_error(answer: Mapping[str, Any], *, beside_choice: bool) -> bool:
    """Return whether the answer itself is an error, or reports a failure beside its choice."""
    if "error" in (answer.get("object"), answer.get("type")) or answer.get("success") is False:
        return True
    if not beside_choice:
        return any(answer.get(name) for name in _TEXTS)
    values = [answer[name] for name in _CODES if name in answer]
    return any(_code(value) or (value != "incomplete" and _is_failure(value)) for value in values)


def _is_failure(name: Any) -> bool:
    return isinstance(name, str) and meaning_of(name) is Meaning.FAILED


def _is_one(error: Any) -> bool:
    """Return whether this is an error: some servers put an empty one, or a success code, beside an answer."""
    if isinstance(error, list):
        return any(_is_one(each) if isinstance(each, Mapping) else not _is_all_right(each) for each in error)
    if not isinstance(error, Mapping):
        return not _is_all_right(error)
    named = [error[name] for name in {*_CODES, *_NAMES} if error.get(name) not in (None, "")]
    return not all(_is_all_right(value) for value in (named or error.values()))


def _is_all_right(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) < 32 and value.strip().lower() in _ALL_RIGHT
    return not value or (value == 200 and not isinstance(value, bool))


def _json_in(text: str) -> Any:
    """Return the JSON value of a text, if it is one."""
    text = text[:_LONGEST_TEXT]
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return read_json(text.encode("utf-8", "replace"))
    except Unreadable:
        return None


def _codes(parts: list[Mapping[str, Any]], texts: list[str]) -> Iterator[int]:
    for value in (part.get(name) for part in parts for name in _CODES):
        if (number := _code(value)) is not None:
            yield number
    for text in texts:
        found = re.search(_CODE_IN_TEXT, text[:_LONGEST_WORDS]) or re.match(_CODE_AT_START, text[:_LONGEST_WORDS])
        if found:
            yield int(found[1])


def _code(value: Any) -> int | None:
    """Return an HTTP status that means a failure, from 400, 400.0, '400', 'HTTP_400' or '400 Bad Request'."""
    if isinstance(value, str):
        found = re.match(r"(?i)(?:http\W?_?)?([45][0-9][0-9])(?:\.0)?(?![\w.])", value)
        value = int(found[1]) if found else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 400 <= value < 600:
        return None
    return int(value) if value == int(value) else None


def _names(parts: list[Mapping[str, Any]], texts: list[str]) -> Iterator[str]:
    for value in (part.get(name) for part in parts for name in _NAMES):
        if isinstance(value, str) and 0 < len(value) < 100:
            yield value
    for text in texts:
        for found in re.findall(_NAME_IN_TEXT, text[:_LONGEST_WORDS])[:_MOST_OF_A_LIST]:
            yield found[0] or found[1]
