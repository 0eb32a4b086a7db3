"""Recognises keys, tokens and passwords by the name of a setting or variable, and by their own form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

HIDDEN = "***"

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SECRET_SETTING = re.compile(
    r"(?:^|_)(?:(?:api|secret|access|private|auth|subscription|encryption|signing|account|master|virtual|license|app|"
    r"application|service|admin)_keys?|(?:api|access|secret|private)keys?|(?:api|access|auth)tokens?|secrets?|"
    r"passwords?|passwd|pwd|passphrase|authorization|auth|bearer|jwt|cookies?|credentials?|client_secret|"
    r"(?:api|access|auth|bearer|refresh|session|id|hf|hub|github|gitlab|secret|user|client|security|service|personal|ad|x)"
    r"_tokens?)$|^(?:token|pass)$"
)
"""Excludes bos_token, stop_token_ids, max_tokens and prompt_cache_key."""
_NO_SECRET = r"(?:PATH|FILE|DIR|FOLDER|NAME|TYPE|LENGTH|SIZE|LIMIT|TTL|SECONDS|URL|URI|ENDPOINT|HOST|ENABLED|HELPER)"
_MAY_BE_SECRET = re.compile(r"(?:key|token)s?$", re.IGNORECASE)
_NEVER_SECRET = re.compile(r"(?:cache|idempotency|public|partition|routing)[-_]?(?:key|token)s?$", re.IGNORECASE)
"""Names whose value is a secret if it looks random, and names whose value is random but never secret."""
SECRET_VARIABLE = (
    r"(?:^|_)(?:(?:\w*KEYS?|\w*TOKEN|PASS|(?:DB|PG|SQL|SMTP|MAIL|LDAP|USER|ROOT|ADMIN)PASS|PASSWD|PASSPHRASE|PASSCODE|AUTH|"
    r"BEARER|JWT|PAT)(?:_?V?[0-9]+|_(?:[A-Z]|PROD|PRODUCTION|DEV|DEVELOPMENT|STAGING|STAGE|TEST|TESTING|LIVE|CI|PRIMARY|"
    r"SECONDARY|BACKUP|DEFAULT|MAIN|OLD|NEW|CONFIG|HEADER|JSON|BASE64|B64)){0,2}|"
    r"(?:API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION|SUBSCRIPTION|ACCOUNT|MASTER)_?KEYS?_(?!\w*"
    + _NO_SECRET
    + r"$)\w+|"
    r"(?:API|ACCESS|AUTH|BEARER|REFRESH|HF|HUB|GITHUB|GITLAB|BOT)_?TOKENS?_(?!\w*"
    + _NO_SECRET
    + r"$)\w+)$|_PWD_?[0-9]*$|"
    r"(?:^|_)(?:KEY_ID|AUTHORIZATION|COOKIE|DSN|CONNECTION_STRING|DATABASE_URL|WEBHOOK(?:_URL)?|SSH_AUTH_SOCK|NETRC|"
    r"KUBECONFIG)$|"
    r"SECRET|PASSWORD|CREDENTIAL"
)
"""Matches names of environment variables in capitals, also with a number, environment or owner as suffix."""
_FORMS = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-(?=[A-Za-z0-9_-]{0,80}(?:[0-9][A-Za-z_-]|[A-Za-z_-][0-9]|[A-Za-z]{16}))[A-Za-z0-9_-]{12,}|hf_[A-Za-z0-9]{12,}|(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])|AIza[0-9A-Za-z_-]{20,}|"
    r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|"
    r"nvapi-[A-Za-z0-9_-]{16,}|gsk_[A-Za-z0-9]{16,}|r8_[A-Za-z0-9]{16,}|xai-[A-Za-z0-9]{16,}|pplx-[A-Za-z0-9]{16,}|"
    r"csk-[a-z0-9]{16,}|fw_[A-Za-z0-9]{16,}|tgp_v1_[A-Za-z0-9_-]{16,}|dop_v1_[a-f0-9]{16,}|ya29\.[\w-]{16,}|"
    r"(?:glsa|glc|lin_api|jina|figd|whsec|shpat|dckr_pat|sntrys|e2b|esecret|lsv2_[ps][tk])_[A-Za-z0-9_-]{16,}|"
    r"dapi[a-f0-9]{32}(?:-[0-9])?|[prs]k_(?:live|test)_[A-Za-z0-9]{10,}|do[or]_v1_[a-f0-9]{16,}|npm_[A-Za-z0-9]{36}|"
    r"pypi-AgE[\w-]{16,}|hv[sb]\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|ATATT3x[\w=-]{20,}|tvly-[A-Za-z0-9-]{16,}|"
    r"sbp_[a-f0-9]{16,}|PMAK-[a-f0-9-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,})|"
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Forms that providers give their keys."""
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+(?=\S{0,200}[0-9]|\S{20})[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_LOGIN = re.compile(r"(://[^\s/@:]{0,200}:)[^\s/@]{1,500}(?=@)")
SECRET_ASSIGNMENT = rf"(?s:^(?!\w*PROXY=)[^=]*=(?:.*{_LOGIN.pattern}|\s*(?:{_FORMS.pattern})\s*$))"
"""Matches NAME=value: a password in an address (except a proxy's, which servers need), or a key by its form."""
_QUERY = re.compile(
    r"([?&](?:key|api[-_]?key|token|access[-_]token|sig|signature|secret|password|x-api-key)=)[^&\s\"'<>]{4,}",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(
    r"""(\b[\w-]{0,60}(?:api[_-]?key|secret|passw(?:or)?d|passphrase|access[_-]?key|(?:auth|access|api|hf|hub)[_-]?token)
    [\w-]{0,20}(?:\s?=\s?|["']\s?:\s?)[\[("'b]{0,4}|\b[A-Z][A-Z0-9_]{0,60}_(?:KEY|TOKEN|CREDENTIALS)=["']?|
    \b(?:authorization|x-api-key|api-key|proxy-authorization)["']?\s?:\s?["']?(?:(?:Bearer|Basic)\s)?)
    (?!None\b|null\b|True\b|False\b|\*\*\*)[^\s"',;)\]}]{6,}""",
    re.IGNORECASE | re.VERBOSE,
)
NO_SECRETS = frozenset(
    {"", "empty", "none", "null", "dummy", "fake", "no-key", "not-needed", "xxx", HIDDEN}
    | {"disabled", "enabled", "required", "optional", "password", "anonymous"}
)
"""Placeholders that people put where a secret could be."""
_SHORTEST_RANDOM = 16
_PLAIN_PIECE = r"(?:[a-z]{1,14}[0-9]{0,3}[a-z]{0,4}|[0-9]{1,4}[a-z]{0,2})"
_PLAIN_SEGMENT = re.compile(rf"{_PLAIN_PIECE}(?:[-_.]{_PLAIN_PIECE}){{0,7}}")
_HOLDS_SECRETS = re.compile(r"(?:^|[_.-])(?:credentials?|secrets?)$", re.IGNORECASE)
_SECRET_WORD = re.compile(r"secret|token|passw|key", re.IGNORECASE)
_NO_KEY_SEGMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_secret_setting(name: str) -> bool:
    """Return whether a setting, header or argument of this name holds a secret, judged by its last words.

    >>> is_secret_setting("api_key"), is_secret_setting("max_tokens")
    (True, False)
    """
    return _SECRET_SETTING.search("_".join(word.lower() for word in _WORD.findall(name))) is not None


def is_secret_variable(name: str) -> bool:
    """Return whether an environment variable of this name holds a secret.

    >>> is_secret_variable("HF_TOKEN"), is_secret_variable("HF_HOME")
    (True, False)
    """
    return re.search(SECRET_VARIABLE, name.upper()) is not None


def has_known_form(text: str) -> bool:
    """Return whether the text contains a key that its form alone gives away."""
    return any(pattern.search(text) for pattern in (_FORMS, _SCHEME, _LOGIN))


def secret_in(value: Any, *, known: Sequence[str] = ()) -> str | None:
    """Return the dotted name of the first setting that holds a secret or one of the `known` values, else None.

    >>> secret_in({"extra_body": {"api_key": "abc"}})
    'extra_body.api_key'
    """
    return next(_secrets_in(value, "", "", known), None)


def _secrets_in(value: Any, path: str, name: str, known: Sequence[str], below: bool = False) -> Iterator[str]:
    """below: whether this is within a mapping of credentials."""
    if isinstance(value, Mapping):
        below = below or _HOLDS_SECRETS.search(name) is not None
        for key, each in value.items():
            yield from _secrets_in(each, f"{path}.{key}" if path else str(key), str(key), known, below)
    elif isinstance(value, (list, tuple)):
        if _is_header(value):
            yield from _secrets_in(value[1], path, value[0], known)
        for each in value:
            yield from _secrets_in(each, path, name, known, below)
    elif _is_secret(value, name, known) or (below and _is_secret_of_credentials(value, name)):
        yield path


def _is_header(pair: Sequence[Any]) -> bool:
    """Return whether this is a header such as ["Authorization", "…"] rather than a list of names."""
    texts = len(pair) == 2 and all(isinstance(each, str) for each in pair)
    return texts and is_secret_setting(pair[0]) and not is_secret_setting(pair[1])


def _is_secret(value: Any, name: str, known: Sequence[str]) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return is_secret_setting(name) and name.lower() != "token"
    if not isinstance(value, str) or value.strip().lower() in NO_SECRETS:
        return False
    named = is_secret_setting(name) or (
        _MAY_BE_SECRET.search(name) is not None and not _NEVER_SECRET.search(name) and looks_random(value)
    )
    return named or has_known_form(value) or any(secret in value for secret in known)


def _is_secret_of_credentials(value: Any, name: str) -> bool:
    """Return whether a text is one by its place, for what need not be called a secret elsewhere: {"key": "abc"}."""
    if not isinstance(value, str) or value.strip().lower() in NO_SECRETS:
        return False
    return _SECRET_WORD.search(name) is not None or looks_random(value)


def looks_random(text: str) -> bool:
    """Return whether a text is as long and as mixed as keys are; UUIDs and plain names are not."""
    return (
        len(text) >= _SHORTEST_RANDOM
        and re.fullmatch(r"[A-Za-z0-9_.~+/=-]+", text) is not None
        and any(letter.isdigit() for letter in text)
        and any(letter.isalpha() for letter in text)
        and not _PLAIN_SEGMENT.fullmatch(text)
        and not _NO_KEY_SEGMENT.fullmatch(text.lower())
    )


def without_forms(text: str) -> str:
    """Replace keys (by their form, or by their place in an address) with ***.

    >>> without_forms("https://user:secret@host/v1")
    'https://user:***@host/v1'
    """
    text = _FORMS.sub(HIDDEN, text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    text = _LOGIN.sub(rf"\1{HIDDEN}", text)
    return _QUERY.sub(rf"\1{HIDDEN}", text)


def without_assigned(text: str) -> str:
    """Replace the keys that a program's log assigns, as in api_key='…' or "Authorization: …", with ***."""
    return _ASSIGNED.sub(rf"\1{HIDDEN}", text)


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """Return the secrets in an environment, longest first; of an address with a password, only the password."""
    found: set[str] = set()
    for name, value in environment.items():
        if "://" in value:
            found |= set(_passwords(value))
        if is_secret_variable(name) and not value.startswith(("/", "~")):  # the path of a key file is no secret
            found.add(value.strip())
    return sorted((value for value in found if value.lower() not in NO_SECRETS), key=len, reverse=True)


def _passwords(address: str) -> Iterator[str]:
    try:
        password = urlsplit(address).password
    except ValueError:
        return
    if password:
        yield password
        yield unquote(password)


def key_in_path(address: str) -> list[str]:
    """Return the segments of an address's path that may be a key, as some gateways expect it there."""
    parts = urlsplit(address).path.split("/")
    return [part for part in parts if part and _may_be_key(part)]


def _may_be_key(part: str) -> bool:
    return not _PLAIN_SEGMENT.fullmatch(part) or has_known_form(part) or _SECRET_WORD.search(part) is not None


def shown_address(address: str) -> str:
    """Return an address without anything that may be a key, fit for logs and files."""
    plain = without_forms(address)
    scheme, separator, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    keys = set(key_in_path(address))
    return scheme + separator + host + slash + "/".join(HIDDEN if part in keys else part for part in path.split("/"))


def shown_argv(argv: Iterable[str]) -> list[str]:
    """Return a command's arguments without secrets, fit for logs and files."""
    shown: list[str] = []
    option = ""
    for word in argv:
        name, equals, value = word.partition("=")
        if name.endswith("address") and equals:
            shown.append(f"{name}={shown_address(value)}")
        elif option.endswith("address") and not word.startswith("-"):
            shown.append(shown_address(word))
        else:
            shown.append(without_forms(word))
        option = word if word.startswith("--") and not equals else ""
    return shown
