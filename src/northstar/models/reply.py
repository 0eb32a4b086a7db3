"""What a server's reply comes to: an answer, or an error with the status that it amounts to.

Many servers and proxies answer HTTP 200 and put the failure into the body. The code and the words in there count as
the status would; this is the one place that says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from northstar.models.failures import speaks_of_context
from northstar.models.response import (
    Completion,
    SaysError,
    Unreadable,
    error_message,
    error_of,
    read_completion,
    read_json,
    said_of,
    shorten,
)

UNREADABLE = 502
"""The status of an answer that says nothing, or not what is wrong: it fails in passing."""
_MOST_DETAILS = 20

_TELLING = {
    402: "insufficient_quota quota_exceeded billing_hard_limit_reached billing_not_active insufficient_balance "
    "insufficient_credits insufficient_funds payment_required arrearage billing_error credits_exhausted",
    429: "rate_limit_error rate_limit_exceeded rate_limit_reached rate_limited rate_limit ratelimiterror "
    "too_many_requests toomanyrequestsexception throttling throttlingexception throttled resource_exhausted "
    "tokens_exceeded_error requests_exceeded",
    400: "context_length_exceeded exceed_context_size_error content_filter content_policy_violation "
    "data_inspection_failed datainspectionfailed content_policy_error moderation_error string_above_max_length",
    401: "authentication_error invalid_api_key unauthenticated unauthorized authenticationerror invalid_authentication "
    "invalid_token",
    403: "permission_error permission_denied forbidden permissiondeniederror access_denied accessdenied",
    404: "not_found_error model_not_found not_found notfounderror model_not_exist deployment_not_found",
    413: "request_too_large payload_too_large",
    422: "unprocessable_entity unprocessable_entity_error unprocessableentityerror",
    529: "overloaded_error overloaded engine_overloaded engine_overloaded_error overloadederror",
    503: "service_unavailable unavailable serviceunavailableerror model_not_ready server_busy",
    504: "timeout timeout_error gateway_timeout deadline_exceeded",
}
_GENERAL = {
    400: "invalid_request_error badrequesterror bad_request invalid_argument invalidparameter invalid_parameter "
    "invalid_parameter_error bad_request_error validation_error validationexception value_error",
    500: "server_error internal_server_error internal_error internalservererror api_error internal upstream_error "
    "provider_error apierror bad_gateway internalerror",
}
"""Names that a number beside them tells better."""
_BY_NAME = {name: status for status, names in _TELLING.items() for name in names.split()}
_BY_GENERAL_NAME = {name: status for status, names in _GENERAL.items() for name in names.split()}
_BY_WORDS = (  # compiled when the first error comes: most runs have none
    (402, r"(?i)insufficient (balance|funds|credit|quota)|payment required|余额不足|欠费"),
    (402, r"(?i)(exceeded|out of) [\w ]{0,30}(quota|credit)"),
    (429, r"(?i)rate.?limit|too many requests|throttl|请求过于频繁|速率限制"),
    (401, r"(?i)(invalid|incorrect|missing|expired|no) (api.?key|auth\w*|credentials|access token)\b|unauthori[sz]ed"),
    (404, r"(?i)model\b.{0,80}\b(not found|does(n't| not) exist|not exist)|unknown model|no such model"),
)
_CODES = ("code", "error_code", "status_code", "statusCode", "http_status", "http_code", "status")
_NAMES = ("code", "type", "error_type", "err_type", "status", "reason")
_UNKNOWN_FIELD = r"(?i)(unsupported|unknown|unrecognized|unexpected|extra)_|value_error\.extra"
_NOT_PERMITTED = r"(?i)extra (\w+ )?(are )?(not permitted|forbidden)|(unexpected|unknown) (keyword|field)"
_IN_TEXT = r"extra_forbidden['\"],\s*['\"]loc['\"]:\s*[\[(]([^\])]{0,200})[\])]"


@dataclass(frozen=True, slots=True)
class ServerError:
    """What a server gave in place of an answer.

    status: of HTTP, or what the error in the body amounts to. said: for a person, without the key. words: the error's
    own text, bounded; nothing of half an answer. fields: of the request, that the server says it does not take.
    """

    status: int
    said: str
    words: str = ""
    fields: frozenset[str] = frozenset()

    @property
    def of_context(self) -> bool:
        """Whether the request exceeds the model's context."""
        return speaks_of_context(self.words)


def read_reply(status: int, body: bytes, key: str | None = None) -> Completion | ServerError:
    """The answer in the body of a response with this HTTP status, or why there is none. key: shown to nobody."""
    if status != 200:
        words = error_message(body, key)
        return ServerError(status, f"HTTP {status}: {words}", words, _refused_fields(_error_in(body)))
    try:
        return read_completion(body)
    except SaysError as error:
        words = said_of(error.error, key)
        found = _status_of(error.error, words)
        what = f"an error{f' {found}' if found else ''} in place of an answer"
        said = f"HTTP 200 with {what}: {words or shorten(body, key)}"
        return ServerError(found or UNREADABLE, said, words, _refused_fields(error.error))
    except Unreadable as error:
        return ServerError(UNREADABLE, f"answered with {error}: {shorten(body, key)}")


def _error_in(body: bytes) -> Any:
    try:
        return error_of(read_json(body))
    except Unreadable:
        return None


def _status_of(error: Any, words: str) -> int | None:
    """The HTTP status that an error in the body stands for; None where nothing says so."""
    parts = list(_levels(error))
    for part in parts:
        if (known := _named(part, _BY_NAME)) is not None:
            return known
    if speaks_of_context(words):
        return 400
    for part in parts:
        for name in _CODES:
            if (number := _number(part.get(name))) is not None:
                return number
    for part in parts:
        if (known := _named(part, _BY_GENERAL_NAME)) is not None:
            return known
    return next((status for status, pattern in _BY_WORDS if re.search(pattern, words)), None)


def _levels(error: Any) -> Iterator[Mapping[str, Any]]:
    """The error and, some levels deep, the one that it holds: proxies wrap what they were told."""
    for _ in range(4):
        if isinstance(error, list):
            error = error[0] if error else None
        if not isinstance(error, Mapping):
            return
        yield error
        error = error.get("error") or error.get("message")


def _named(part: Mapping[str, Any], table: Mapping[str, int]) -> int | None:
    for name in _NAMES:
        value = part.get(name)
        if isinstance(value, str) and len(value) < 100:
            known = table.get(value.lower().replace("-", "_").replace(" ", "_"))
            if known is not None:
                return known
    return None


def _number(value: Any) -> int | None:
    """A status of HTTP that means a failure, as a number or as text."""
    if isinstance(value, str) and re.fullmatch("[45][0-9][0-9]", value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600 else None


def _refused_fields(error: Any) -> frozenset[str]:
    """The fields of the request that the error, by its structure, says the server doesn't take."""
    found: set[str] = set()
    for part in _levels(error):
        param, kinds = part.get("param"), [part[name] for name in _NAMES if isinstance(part.get(name), str)]
        if isinstance(param, str) and any(re.match(_UNKNOWN_FIELD, kind) for kind in kinds):
            found.add(_last_name(param))
        details = part.get("detail") or part.get("details")
        for detail in details[:_MOST_DETAILS] if isinstance(details, list) else ():
            if isinstance(detail, Mapping) and _is_extra(detail):
                found.add(_last_name(detail["loc"][-1]))
        text = part.get("message")
        for loc in re.findall(_IN_TEXT, text[:65536]) if isinstance(text, str) else ():
            found.add(_last_name(loc))
    return frozenset(found - {""})


def _is_extra(detail: Mapping[str, Any]) -> bool:
    """Whether a complaint of pydantic's is about a field too many."""
    loc, kind, text = detail.get("loc"), str(detail.get("type"))[:100], str(detail.get("msg"))[:200]
    if not isinstance(loc, list) or not loc or not isinstance(loc[-1], str):
        return False
    return re.match(_UNKNOWN_FIELD, kind) is not None or re.match(_NOT_PERMITTED, text) is not None


def _last_name(place: str) -> str:
    """'seed' of 'body.seed', '/seed' or "'body', 'seed'"."""
    names = re.findall(r"[A-Za-z_]\w*", place[:200])
    return names[-1] if names else ""
