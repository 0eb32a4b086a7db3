"""All looks are taken at once, and none can keep the others."""

from __future__ import annotations

import threading
from time import monotonic

import pytest

from northstar.core.errors import NorthstarError
from northstar.doctor.check import Check, Look, examined
from northstar.doctor.command import answer
from northstar.doctor.examination import shown


def says(name: str) -> Look:
    return Look(name, lambda _: [Check(name, "ok", "there")])


def fails(error: Exception) -> Look:
    def look(_: float) -> list[Check]:
        raise error

    return Look("broken", look)


def test_a_look_that_hangs_is_a_warning_and_keeps_no_other() -> None:
    never = threading.Event()
    looks = [says("first"), *[Look("hangs", lambda _: [Check("hangs", "ok", str(never.wait()))])] * 5, says("last")]
    begun = monotonic()
    found = list(examined(looks, 0.2))
    assert monotonic() - begun < 1  # together, not 0.2 s for each of the five
    assert [(check.name, check.state) for check in found] == [
        ("first", "ok"),
        *[("hangs", "warn")] * 5,
        ("last", "ok"),
    ]
    assert (found[1].text, found[1].todo[-30:]) == ("no answer within 0.2 s", "onger: ns doctor --timeout=0.6")


def test_what_a_look_raises_is_a_failure_and_what_it_did_not_foresee_a_warning() -> None:
    found = list(examined([fails(NorthstarError("no key")), fails(ZeroDivisionError("by zero")), says("next")], 5))
    assert [(check.state, check.text) for check in found] == [
        ("fail", "no key"),
        ("warn", "cannot be looked at: ZeroDivisionError: by zero"),
        ("ok", "there"),
    ]


def test_a_command_that_hangs_is_ended_with_all_that_it_started() -> None:
    begun = monotonic()
    with pytest.raises(NorthstarError, match=r"sh did not answer within 0\.2 s"):
        answer(["sh", "-c", "sleep 60 & sleep 60"], 0.2)
    assert monotonic() - begun < 5  # a sleep that lived on would hold the pipe


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["sh", "-c", "echo worse >&2; exit 3"], "sh: worse"),
        (["sh", "-c", "exit 3"], "sh: exit status 3"),
        (["/no/such"], "/no/such can't be started: No such file or directory"),
    ],
)
def test_a_command_that_fails_says_why(argv: list[str], said: str) -> None:
    with pytest.raises(NorthstarError) as caught:
        answer(argv, 5)
    assert str(caught.value) == said


def test_a_check_is_shown_as_lines_that_fit_with_what_to_do_below() -> None:
    check = Check("hub", "warn", "https://hub can't be reached, or it is too slow today", "Check the network.")
    assert shown(check, 60).splitlines() == [
        "warn hub          https://hub can't be reached, or it is too",
        "                  slow today",
        "                  → Check the network.",
    ]


def test_a_check_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k3y-of-the-lab-0123456789")
    check = Check("gpus", "warn", "smi says k3y-of-the-lab-0123456789", details={"said": "k3y-of-the-lab-0123456789"})
    assert "k3y-of" not in shown(check, 100)
    assert check.as_json()["details"] == {"said": "***"}
