"""Reads what a server says about its rate limits: Retry-After, and OpenAI's x-ratelimit-* headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from northstar.models.client.backoff import retry_after_seconds

LONGEST_RESET = 7 * 86400.0
"""Seconds; a header that says more means something else, such as a point in time."""

_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|m|s|us|µs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class Allowance(NamedTuple):
    """`remaining` of `limit` requests, or tokens, are left; in `reset` seconds it would be all of them."""

    limit: float
    remaining: float
    reset: float


class Limits(NamedTuple):
    """What the headers of one answer say is left; None where they don't."""

    requests: Allowance | None
    tokens: Allowance | None


def read_limits(headers: Mapping[str, str]) -> Limits | None:
    """The allowances in an answer's headers; None where there are none."""
    if "x-ratelimit-remaining-requests" not in headers and "x-ratelimit-remaining-tokens" not in headers:
        return None
    return Limits(_allowance(headers, "requests"), _allowance(headers, "tokens"))


def asked_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a refusal asks to wait for, by retry-after-ms or Retry-After; None where it doesn't say."""
    milliseconds = _number(headers.get("retry-after-ms"))
    return milliseconds / 1000 if milliseconds else retry_after_seconds(headers.get("Retry-After"))


def duration_seconds(text: str | None) -> float | None:
    """'120ms' → 0.12, '6m0s' → 360.0, '1h2m3.5s', and a plain number of seconds; None for anything else."""
    text = (text or "").strip()
    seconds = _number(text)
    if seconds is None:
        parts = _PART.findall(text) if len(text) < 64 else []
        if not parts or "".join(map("".join, parts)) != text:
            return None
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return seconds if seconds <= LONGEST_RESET else None


def _allowance(headers: Mapping[str, str], what: str) -> Allowance | None:
    remaining = _number(headers.get(f"x-ratelimit-remaining-{what}"))
    reset = duration_seconds(headers.get(f"x-ratelimit-reset-{what}"))
    if remaining is None or reset is None:
        return None
    limit = _number(headers.get(f"x-ratelimit-limit-{what}"))
    return None if limit is None or limit < 1 else Allowance(limit, min(remaining, limit), reset)


def _number(text: str | None) -> float | None:
    """A plain number, not below 0."""
    text = (text or "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{0,15})?", text) else None
