"""Errors that differ in what tells requests apart are counted as one kind."""

from __future__ import annotations

import time

import pytest

from northstar.reports.error_kinds import kind_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 400: you asked for 4120 tokens", "HTTP 400: you asked for 99 tokens"),
        ("HTTP 500: request 9f86d081884c7d65 failed", "HTTP 500: request deadbeefcafebabe failed"),
        ("HTTP 500: 123e4567-e89b-12d3-a456-426614174000", "HTTP 500: abcdefab-cdef-abcd-efab-cdefabcdefab"),
        ("HTTP 500: (req_011CSHoEeqs5C35K2UUqR7Fy)", "HTTP 500: (req_vrtxABCdefGHIjkl)"),
        ("HTTP 500: chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "HTTP 500: chatcmpl-AbcDefGhiJkl"),
        ("no route to 10.0.0.1:8000", "no route to 192.168.77.12:80"),
        ("no route to [2001:db8::1]:80", "no route to [fe80::a1b2:c3]:8000"),
        ("no route to node7", "no route to node12"),
        ("object at 0x7f2b3c4d", "object at 0xab"),
        ("took 12.5 s", "took 3 s"),
    ],
)
def test_numbers_ids_and_addresses_make_no_kind(one: str, other: str) -> None:
    assert kind_of(one) == kind_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 400: no", "HTTP 500: no"),
        ("Error code: 429", "Error code: 503"),
        ("HTTP 400: request-too-large", "HTTP 400: request-malformed"),
        ("the simulated tools gave no result: timed out", "the simulated tools gave no result: crashed"),
    ],
)
def test_statuses_and_words_do(one: str, other: str) -> None:
    assert kind_of(one) != kind_of(other)


@pytest.mark.parametrize("message", ["a" * 200, "0" * 200, "a:" * 100, "a-" * 100, "code  " * 33, "req_-" * 40])
def test_odd_messages_cost_no_time(message: str) -> None:
    before = time.process_time()
    for _ in range(20):
        kind_of(message)
    assert time.process_time() - before < 0.5
