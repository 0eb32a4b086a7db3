"""What of a generation is reasoning and what is answer, in every mode."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.models.reply.reasoning import TAGS, Parted, Tag, part_reasoning, tag_left_open

THINK, MISTRAL = Tag("<think>", "</think>"), Tag("[THINK]", "[/THINK]")


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


@pytest.mark.parametrize("text", ["", "\n"])
def test_asked_to_parse_an_empty_text_is_no_reasoning(text: str) -> None:
    assert part(text, parse=True) == Parted(None, text)


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


@pytest.mark.parametrize("tag", TAGS)
def test_reasoning_that_begins_with_any_models_tag_is_told_apart(tag: Tag) -> None:
    assert part(f"{tag.begin}hm{tag.end} 5") == Parted(f"{tag.begin}hm", "5")
    assert part(f" {tag.begin}it may be 5") == Parted(f" {tag.begin}it may be 5", "", unfinished=True)


@pytest.mark.parametrize("tag", TAGS)
def test_where_the_prompt_opened_the_reasoning_a_text_without_its_end_has_no_answer(tag: Tag) -> None:
    opened = [part_reasoning(text, None, parse=None, opened=tag) for text in ("it may be 5", f"hm{tag.end}5", "")]
    assert opened == [Parted("it may be 5", "", unfinished=True), Parted("hm", "5"), Parted(None, "")]


def test_the_runs_own_end_ends_what_the_prompt_opened_with_another_tag() -> None:
    assert part_reasoning("hm[DONE]5", None, parse=None, end="[DONE]", opened=THINK) == Parted("hm", "5")


@pytest.mark.parametrize(("parse", "parted"), [(False, Parted(None, "hm")), (True, Parted("hm", "", unfinished=True))])
def test_what_the_prompt_opened_changes_nothing_where_the_user_has_decided(parse: bool, parted: Parted) -> None:
    assert part_reasoning("hm", None, parse=parse, opened=THINK) == parted


def test_a_server_that_looked_for_reasoning_and_found_none_gave_an_answer() -> None:
    assert part_reasoning("5", "", parse=None, opened=THINK) == Parted(None, "5")


ASKED = "<user>What is 2 + 2?<bot>"
SAYS = "<user>Reason inside <think> first, then answer.\n"


@pytest.mark.parametrize(
    ("added", "tag"),
    [
        ("", None),
        ("<bot>", None),
        ("<bot><think>", THINK),
        ("<bot>\n<think>\n", THINK),
        ("<bot><think>\nOkay, ", THINK),
        ("<bot><think>\n\n</think>\n\n", None),
        ("<bot><think></think><think>", THINK),
        ("<bot>[THINK]", MISTRAL),
        ("<bot><seed:think>", Tag("<seed:think>", "</seed:think>")),
    ],
)
@pytest.mark.parametrize("before", [ASKED, SAYS, "<think>hm", "hi", "<tool>{'text': 'Use <think>'}", ""])
def test_only_what_the_template_adds_for_an_answer_opens_reasoning(before: str, added: str, tag: Tag | None) -> None:
    assert tag_left_open(before + added, before=before) == tag


@pytest.mark.parametrize("before", [None, "a rendering that differs"])
@pytest.mark.parametrize(
    ("prompt", "tag"),
    [
        (ASKED, None),
        (f"{ASKED}<think>", THINK),
        (f"{ASKED}<think> \n", THINK),
        (f"{ASKED}<think>\n\n</think>\n\n", None),
        (f"{SAYS}<bot>", None),
        (f"{SAYS}<bot><think>", THINK),
        (f"<bot><think>hm{ASKED}", None),
        ("", None),
    ],
)
def test_where_that_is_not_known_the_prompts_very_end_decides(prompt: str, before: str | None, tag: Tag | None) -> None:
    assert tag_left_open(prompt, before=before) == tag


def test_a_template_that_always_opens_the_reasoning_does_so_too() -> None:
    assert tag_left_open(f"{ASKED}<think>\n", before=f"{ASKED}<think>\n") == THINK


def test_a_message_that_ends_in_a_tag_opens_nothing() -> None:
    prompt = "<user>Explain the tag <think>"
    assert tag_left_open(prompt, before=prompt, last_message="Explain the tag <think>\n") is None


@pytest.mark.parametrize("tag", [Tag("<scratch>", "</scratch>"), Tag("[PLAN]", "[/PLAN]"), THINK])
def test_what_the_runs_own_end_closes_is_looked_for_as_well(tag: Tag) -> None:
    assert tag_left_open(ASKED + tag.begin, tag.end) == tag


@given(st.text("<think>/ a"), st.text("<think>/ a"), st.text("<think>/ a"))
def test_any_text_opens_a_tag_or_not(prompt: str, before: str, message: str) -> None:
    assert tag_left_open(prompt, before=before, last_message=message) in (None, THINK)
