"""A key is hidden wherever a server may have put it."""

from __future__ import annotations

import base64
import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.secrets import redacted, shows_key, without_key, without_secrets

KEY = "sk-abc/def+9"


@pytest.mark.parametrize(
    "text", [f"key {KEY} is wrong", "key sk-abc\\/def+9 is wrong", "key sk-abc\\u002Fdef\\u002b9 is wrong"]
)
def test_also_behind_the_escapes_of_json(text: str) -> None:
    assert without_key(text, KEY) == "key *** is wrong"


def test_without_a_key_nothing_changes() -> None:
    assert without_key("sk-abc", None) == without_key("sk-abc", "") == "sk-abc"


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=8), st.text())
def test_no_form_of_any_key_is_left(key: str, around: str) -> None:
    escaped = json.dumps(around + key + around)
    assert json.dumps(key)[1:-1] not in without_key(escaped, key)


LONG = "sk-proj-4fGh7Jk/Lm9+Np2Qr5St8Uv_Wx1Yz3"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "echo",
    [
        LONG,
        f"Bearer {LONG}",
        encoded(LONG),
        encoded(LONG).rstrip("="),
        encoded(f"Bearer {LONG}"),
        encoded(f"user:{LONG}"),
        encoded(f"x:{LONG}, and more"),
        base64.urlsafe_b64encode(LONG.encode()).decode(),
        LONG.encode().hex(),
        LONG.encode().hex().upper(),
        quote(LONG, safe=""),
        quote(LONG, safe="").lower(),
        html.escape(LONG).replace("/", "&#x2F;").replace("+", "&#43;"),
        json.dumps(LONG),
        json.dumps(LONG).replace("/", "\\/"),
        "".join(f"\\u{ord(letter):04x}" for letter in LONG),
        LONG.upper(),
        LONG[:20],
        LONG[5:25],
        LONG[-16:],
        LONG[:-1],
        f"{LONG[:12]}...{LONG[-4:]}",
        f"{LONG[:7]}...{LONG[-4:]}",
        f"sk-proj-****{LONG[-4:]}",
        f"sk-p***{LONG[-4:]}",
        f"{LONG[:6]}…{LONG[-3:]}",
        f"********{LONG[-4:]}",
        f"{LONG[:8]}xxxxxxxx{LONG[-4:]}",
    ],
)
def test_whatever_a_server_makes_of_the_key_no_piece_is_left(echo: str) -> None:
    message = f"Incorrect API key provided: {echo}. You can find yours in the settings."
    shown = without_key(message, LONG)
    assert shown.startswith("Incorrect API key provided: ")
    assert shown.endswith(". You can find yours in the settings.")
    assert len(shown) < len(message) - len(echo) + 20
    pieces = {LONG[at : at + 4] for at in range(len(LONG) - 3)} - {"sk-p", "-pro", "k-pr", "proj", "roj-"}
    assert not any(piece in shown for piece in pieces)
    assert encoded(LONG)[4:12] not in shown


@pytest.mark.parametrize(
    "text",
    [
        "The project key-value store is fine... and so on.",
        "**bold** and ***more***, xxx, 1...2",
        "sk-learn-project",
        "base64: aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXh0",
        "100 % sure & done \\n",
    ],
)
def test_what_is_no_part_of_the_key_stays(text: str) -> None:
    assert without_key(text, LONG) == text


def test_words_of_a_key_of_words_stay_where_they_are_words() -> None:
    assert without_key("the gateway of my company", "my-company-gateway-key-one") == "the gateway of my company"


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=20, max_size=60), st.text(), st.data())
def test_a_long_part_of_any_key_is_hidden(key: str, around: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(key) - 18))
    part = key[begin : begin + 18]
    assert part not in without_key(f"{around}{part}{around}", key)


@pytest.mark.parametrize("form", [LONG, LONG[:-2], encoded(LONG), encoded(f"u:{LONG}"), quote(LONG)])
def test_what_shows_a_key_is_noticed_in_an_answer(form: str) -> None:
    assert shows_key(f"some text {form} more", LONG)


def test_looking_for_a_key_in_an_answer_costs_next_to_nothing() -> None:
    answer = "Let me think about it. So the sum is 4, and the product 7.\n" * 500

    def fastest(look: Callable[[], object]) -> float:
        def once() -> float:
            begun = time.thread_time()
            for _ in range(20):
                look()
            return time.thread_time() - begun

        return min(once() for _ in range(10))

    assert fastest(lambda: shows_key(answer, LONG)) < 5 * fastest(lambda: answer.split())


def test_a_hostile_body_holds_nobody_up() -> None:
    begun = time.process_time()
    for body in ("** " * 20_000, LONG[:10] * 6000, encoded(LONG)[:20] * 3000, "\\u0073" * 10_000, "A" * 65_536):
        without_key(body, LONG)
    assert time.process_time() - begun < 2


def test_what_the_environment_holds_as_secret_is_hidden_in_any_text() -> None:
    environment = {"MY_PASSWORD": "correct-horse-battery", "GITHUB_TOKEN": "Zq8xN2vT7bLw4KfR", "HOME": "/home/somebody"}
    text = "correct-horse-battery Zq8xN2vT7bLw4KfR sk-abcdefghijklmnop /home/somebody"
    assert without_secrets(text, environment) == "*** *** *** /home/somebody"
    assert redacted({"a": [text, 5, None]}, environment) == {"a": ["*** *** *** /home/somebody", 5, None]}
    assert redacted({"Zq8xN2vT7bLw4KfR": 5}, environment) == {"***": 5}
