"""Decides what a server's reply is: an answer, or an error with an HTTP status.

Many servers and proxies answer HTTP 200 and put the failure into the body, where a code or text then counts like the
status. No other module decides this.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from northstar.models.refusal_words import OF_CONTENT
from northstar.models.reply.context_words import speaks_of_context, speaks_surely_of_context
from northstar.models.reply.error_body import ErrorContent, error_content, error_in, error_of, shorten
from northstar.models.reply.json_body import Unreadable, read_json
from northstar.models.reply.response import Completion, SaysError, read_completion
from northstar.models.reply.unsupported import unsupported_fields, wants_stream

UNREADABLE = 502
"""The status of a reply that says nothing, or not what is wrong; it counts as a passing failure."""
MALFORMED = (400, 422)
"""Statuses of a request that the server refuses as malformed."""
_OF_ONE_REQUEST = (*MALFORMED, 413)
_OF_ALL_REQUESTS = (401, 402, 403, 404, 429)
_UNPAID, _LIMITED = 402, 429
_LONGEST_ERROR = 2**14
"""Longest body to search for an error; texts and tokens of prompts are longer."""

_TELLING = {
    402: "insufficient_quota billing_hard_limit_reached billing_not_active insufficient_balance insufficient_credits "
    "insufficient_funds payment_required arrearage billing_error credits_exhausted",
    429: "rate_limit_error rate_limit_exceeded rate_limit_reached rate_limited rate_limit "
    "too_many_requests too_many_requests_exception throttling throttling_exception throttled resource_exhausted "
    "tokens_exceeded_error requests_exceeded",
    400: "context_length_exceeded exceed_context_size_error context_window_exceeded_error content_filter "
    "content_policy_violation content_policy_violation_error data_inspection_failed content_policy_error "
    "moderation_error string_above_max_length unsupported_params_error",
    401: "authentication_error invalid_api_key unauthenticated unauthorized invalid_authentication invalid_token",
    403: "permission_error permission_denied permission_denied_error forbidden access_denied",
    404: "not_found_error model_not_found not_found model_not_exist deployment_not_found",
    413: "request_too_large payload_too_large",
    422: "unprocessable_entity unprocessable_entity_error",
    529: "overloaded_error overloaded engine_overloaded engine_overloaded_error",
    503: "service_unavailable unavailable service_unavailable_error model_not_ready server_busy",
    504: "timeout timeout_error api_timeout_error gateway_timeout deadline_exceeded",
}
_GENERAL = {
    400: "invalid_request_error bad_request_error bad_request invalid_argument invalid_parameter "
    "invalid_parameter_error validation_error validation_exception value_error",
    500: "server_error internal_server_error internal_error api_error internal upstream_error provider_error "
    "bad_gateway api_connection_error",
}
"""Names that an accompanying number specifies better."""


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_NAME = {_plain(name): status for status, names in _TELLING.items() for name in names.split()}
_BY_GENERAL_NAME = {_plain(name): status for status, names in _GENERAL.items() for name in names.split()}
_NO_API_KEY = (
    r"(?i)\b(?:invalid|incorrect|missing|expired|wrong) api.?key\b|api_key_(?:invalid|expired)|"
    r"\bapi.?key (?:is )?(?:not valid|invalid|incorrect|missing|expired)\b"
)
_LONGEST_OF_KEYS = 200
"""Characters of each text that are searched; beyond them an error may quote the prompt."""
_QUOTED = r"(?<!\w)(?:'.*?'|\".*?\"|`.*?`|‘.*?’|“.*?”)(?!\w)"
_OF_RATES = (
    r"(?i)per[ -]?(?:min|minute|second|hour|day)\b|(?:retry|try again) (?:in|after) \d|requests? quota|\b[TRQ]P[MSD]\b|"
    r"rate.?limit|too many requests|throttl|请求过于频繁|速率限制"
)
_BY_WORDS = (  # compiled on the first error: most runs have none
    (_LIMITED, _OF_RATES),
    (_UNPAID, r"(?i)insufficient (balance|funds|credit|quota)|payment required|余额不足|欠费"),
    (_UNPAID, r"(?i)(exceeded|out of) [\w ]{0,30}(quota|credit)|quota.?exceeded"),
    (401, _NO_API_KEY),
    (401, r"(?i)(invalid|incorrect|missing|expired|no) (api.?key|auth\w*|credentials|access token)\b|unauthori[sz]ed"),
    (404, r"(?i)model\b.{0,80}\b(not found|does(n't| not) exist|not exist)|unknown model|no such model"),
    (400, OF_CONTENT),
)


@dataclass(frozen=True, slots=True)
class ServerError:
    """A server's error in place of an answer.

    Attributes:
        status: The HTTP status, or the one that the error in the body amounts to.
        message: The message for people, without the key.
        words: The error's own text, bounded, without parts of an answer.
        fields: Request fields that the server says it does not accept.
    """

    status: int
    message: str
    words: str = ""
    fields: frozenset[str] = frozenset()

    @property
    def of_context(self) -> bool:
        """Whether the request exceeds the model's context."""
        return _is_of_context(self.status, self.words)

    @property
    def of_size(self) -> bool:
        """Whether the request has more tokens than the rate limit grants at any time."""
        return "request too large" in self.words.lower()


def read_reply(status: int, body: bytes, key: str | None = None) -> Completion | ServerError:
    """Read the answer in a response with this HTTP status, or the error; `key` is hidden in both."""
    if not _succeeded(status):
        content = error_content(error_in(body))
        words = content.words(key) or shorten(body, key)
        return ServerError(
            _better(status, content, words), f"HTTP {status}: {words}", words, unsupported_fields(content)
        )
    try:
        return read_completion(body, key)
    except SaysError as error:
        return _error_in_answer(status, error_content(error.error), body, key)
    except Unreadable as error:
        if (found := error_in(body)) is not None:
            return _error_in_answer(status, error_content(found), body, key)
        by = "" if status == 200 else f"HTTP {status} and "
        return ServerError(UNREADABLE, f"answered with {by}{error}: {shorten(body, key)}")


def read_error(status: int, body: bytes, key: str | None = None) -> ServerError | None:
    """Read the error in a response to anything but a completion; None if it is no error."""
    if not _succeeded(status):
        answer = read_reply(status, body, key)
        return answer if isinstance(answer, ServerError) else None
    try:
        found = error_of(read_json(body)) if len(body) <= _LONGEST_ERROR else None
    except Unreadable as error:
        if body.strip()[:1] in (b"", b"{", b"["):  # cut off, or lost; an HTML page is something else
            return ServerError(UNREADABLE, f"answered with {error}: {shorten(body, key)}")
        return None
    return None if found is None else _error_in_answer(status, error_content(found), body, key)


def _succeeded(status: int) -> bool:
    return 200 <= status < 300


def _better(status: int, content: ErrorContent, words: str) -> int:
    """Return the status, or a more exact one by the error: an empty account, or a refused key (Gemini)."""
    if status == _LIMITED and _named_status(content, words) == _UNPAID:
        return _UNPAID
    return 401 if status == 400 and _refuses_key(content) else status


def _refuses_key(content: ErrorContent) -> bool:
    unquoted = (re.sub(_QUOTED, "", text[:_LONGEST_OF_KEYS]) for text in (*content.texts, *content.names))
    return any(re.search(_NO_API_KEY, text) for text in unquoted) or any(
        _BY_NAME.get(_plain(name)) == 401 for name in content.names
    )


def _error_in_answer(status: int, content: ErrorContent, body: bytes, key: str | None) -> ServerError:
    """Return the error in a response whose status means success."""
    words, fields = content.words(key), unsupported_fields(content)
    found = _status_of(content, words, refuses_wording=bool(fields) or wants_stream(words))
    what = f"an error{f' {found}' if found in content.codes else ''} in place of an answer"
    return ServerError(found or UNREADABLE, f"HTTP {status} with {what}: {words or shorten(body, key)}", words, fields)


def _status_of(content: ErrorContent, words: str, *, refuses_wording: bool) -> int | None:
    """Return the HTTP status that an error in a body stands for, if any; of several codes, the innermost.

    `refuses_wording`: the error asks for a different request.
    """
    number = content.codes[-1] if content.codes else None
    if number == MALFORMED[0] and _refuses_key(content):
        return 401
    if (known := _named_status(content, words)) is not None:
        return known
    if number in _OF_ALL_REQUESTS:
        return number
    if _is_of_context(number or MALFORMED[0], words):
        return MALFORMED[0]
    if number is not None:
        return number
    if refuses_wording:
        return MALFORMED[0]
    general = next((_BY_GENERAL_NAME[name] for name in map(_plain, content.names) if name in _BY_GENERAL_NAME), None)
    return general or next((status for status, pattern in _BY_WORDS if re.search(pattern, words)), None)


def _named_status(content: ErrorContent, words: str) -> int | None:
    """Return the status that an error's name stands for. A quota per minute is a passing limit, whatever its name."""
    known = next((_BY_NAME[name] for name in map(_plain, content.names) if name in _BY_NAME), None)
    return _LIMITED if known == _UNPAID and re.search(_OF_RATES, words) else known


def _is_of_context(status: int, words: str) -> bool:
    """Return whether an error is about the context: likely phrases suffice for a refused request, else exact ones."""
    if status in _OF_ONE_REQUEST:
        return speaks_of_context(words)
    return status >= 500 and speaks_surely_of_context(words)
