"""What of a generation is reasoning and what is answer, in every mode."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reasoning import Parted, part_reasoning


def part(text: str, server: str | None = None, parse: bool | None = None, end: str = "</think>") -> Parted:
    return part_reasoning(text, server, parse=parse, end=end)


def test_text_without_marks_is_an_answer() -> None:
    assert part("5") == Parted(None, "5")


def test_what_follows_the_end_is_the_answer() -> None:
    assert part("<think>hm</think>\n\n5") == Parted("<think>hm", "5")


def test_the_end_alone_is_enough_because_templates_may_hold_the_beginning() -> None:
    assert part("hm</think>5") == Parted("hm", "5")


def test_the_last_end_counts() -> None:
    assert part("a</think>b</think>5") == Parted("a</think>b", "5")


def test_nothing_after_the_end_is_an_empty_answer_but_the_reasoning_did_end() -> None:
    assert part("hm</think>") == Parted("hm", "", unfinished=False)


def test_reasoning_that_begins_and_never_ends_has_no_answer() -> None:
    assert part("\n<think>it may be \\boxed{5}") == Parted("\n<think>it may be \\boxed{5}", "", unfinished=True)


def test_a_beginning_in_the_middle_of_an_answer_is_part_of_it() -> None:
    assert part("The tag <think> opens it") == Parted(None, "The tag <think> opens it")


def test_asked_to_parse_text_without_an_end_has_no_answer() -> None:
    assert part("cut off", parse=True) == Parted("cut off", "", unfinished=True)


def test_asked_to_parse_text_with_an_end_is_split() -> None:
    assert part("hm</think>5", parse=True) == Parted("hm", "5")


def test_asked_not_to_parse_all_is_answer() -> None:
    assert part("<think>hm</think>5", parse=False) == Parted(None, "<think>hm</think>5")


def test_asked_not_to_parse_unfinished_reasoning_is_answer_too() -> None:
    assert part("<think>hm", parse=False) == Parted(None, "<think>hm")


def test_what_the_server_told_apart_stays_apart_in_every_mode() -> None:
    assert {part("5", server="hm", parse=parse) for parse in (None, True, False)} == {Parted("hm", "5")}


def test_a_server_that_sent_reasoning_and_no_content_was_cut_off() -> None:
    assert part("", server="hm") == Parted("hm", "", unfinished=True)


def test_an_empty_reasoning_field_says_nothing() -> None:
    assert part("hm</think>5", server="") == Parted("hm", "5")


def test_another_end_string_is_looked_for_instead() -> None:
    assert part("a</think>b[DONE]5", end="[DONE]") == Parted("a</think>b", "5")


@given(st.text("ab </think>\n"), st.none() | st.booleans())
def test_reasoning_and_answer_are_the_text_but_for_the_end_and_blanks(text: str, parse: bool | None) -> None:
    parted = part(text, parse=parse)
    joined = (parted.reasoning or "") + ("" if parted.reasoning is None or parted.unfinished else "</think>")
    assert "".join((joined + parted.answer).split()) == "".join(text.split())


@given(st.text("ab </think>\n"))
def test_an_answer_never_holds_the_end(text: str) -> None:
    assert "</think>" not in part(text).answer
