"""What a grade of instructions holds, and what happens where a model of a verifier is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.core.errors import UsageError
from northstar.core.records import Generation
from northstar.graders.instructions.grader import FollowsInstructions, graded
from northstar.graders.instructions.rows import instructed
from tests.graders.instructions.asking import grades, one


def test_a_prompt_is_followed_if_all_its_instructions_are() -> None:
    grade = graded({"strict": [True, False], "loose": [True, True]})
    assert (grade["prompt_strict_accuracy"], grade["instruction_strict_accuracy"]) == (False, 0.5)
    assert (grade["prompt_loose_accuracy"], grade["instruction_loose_accuracy"]) == (True, 1.0)
    assert (grade["verified_share"], grade["num_instructions"]) == (1.0, 2)


def test_an_instruction_without_a_verdict_counts_in_no_share() -> None:
    grade = graded({"strict": [None, True], "loose": [None, True]})
    assert (grade["instruction_strict_accuracy"], grade["verified_share"]) == (1.0, 0.5)
    assert grade["prompt_strict_accuracy"] is False


def test_the_loose_reading_forgives_a_first_line_a_last_line_and_asterisks(instructions_data: Path) -> None:
    grade = one(instructions_data, "format:no_whitespace", "Sure, here it is:\n*word*\nI hope this helps!")
    assert (grade["strict_instructions"], grade["loose_instructions"]) == ([False], [True])


def test_an_empty_answer_follows_nothing(instructions_data: Path) -> None:
    assert one(instructions_data, "words:repeats", " \n", small_n=3)["strict_instructions"] == [False]


def test_an_error_in_place_of_an_answer_follows_nothing_and_asks_nobody(instructions_data: Path) -> None:
    row = {"id": "0", "problem": "", "instruction_id_list": ["words:repeats"], "kwargs": [{"small_n": 3}]}
    (grade,) = grades(instructions_data, [(row, Generation(generation="once", error="out of context"))])
    assert grade["loose_instructions"] == [False]


def test_an_answer_on_which_the_verifier_fails_does_not_follow(instructions_data: Path) -> None:
    assert one(instructions_data, "ratio:stop_words", "…!", percentage=50)["strict_instructions"] == [False]


def test_a_verdict_that_needs_a_missing_model_is_none_and_names_it(instructions_data: Path) -> None:
    grade = one(instructions_data, "words:start_verb", "Run there.")
    assert grade["strict_instructions"] == [None]
    assert grade["ungraded"] == ["NLTK's tagger (averaged_perceptron_tagger_eng)"]
    assert grade["verified_share"] == 0.0


def test_an_instruction_that_no_verifier_knows_is_ungraded_beside_others(instructions_data: Path) -> None:
    names, kwargs = ["format:no_whitespace", "new:unknown", "words:repeats"], [{}, {}, {"surprise": 1}]
    row = {"id": "0", "problem": "Do it.", "instruction_id_list": names, "kwargs": kwargs}
    (grade,) = grades(instructions_data, [(row, Generation(generation="word"))])
    assert (grade["strict_instructions"], "grading_error" in grade) == ([True, None, None], False)
    assert grade["ungraded"] == ["a verifier of new:unknown", "arguments that suit words:repeats"]


def test_a_row_without_an_instruction_is_refused_when_it_is_made_and_has_a_grade() -> None:
    with pytest.raises(ValueError, match="it has no instruction"):
        instructed({"key": 1, "prompt": "p", "instruction_id_list": [], "kwargs": []}, 0)
    assert graded({"strict": [], "loose": []})["verified_share"] == 0.0


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("The word. End of the word here", False),  # whatever ends a sentence, `kite` is nowhere
        ("A kite flies high. Nobody has a kite !", True),
        ("Mr. kite flies. Nobody saw Mr. kite !", None),  # whether 'Mr.' ends a sentence decides
        ("Mr. kite! Nobody saw Mr. kite !", None),
    ],
)
def test_a_missing_sentence_splitter_matters_only_where_verdicts_differ(
    instructions_data: Path, answer: str, verdict: bool | None
) -> None:
    grade = one(instructions_data, "words:words_position", answer, keyword="kite")
    assert grade["strict_instructions"] == [verdict]


IFEVAL: dict[str, tuple[str, dict[str, Any], bool]] = {
    "keywords:existence": ("A river runs.", {"keywords": ["river"]}, True),
    "keywords:frequency": ("No, no.", {"keyword": "no", "frequency": 3, "relation": "at least"}, False),
    "keywords:forbidden_words": ("A river runs.", {"forbidden_words": ["river"]}, False),
    "keywords:letter_frequency": ("Aha", {"letter": "a", "let_frequency": 2, "let_relation": "at least"}, True),
    "language:response_language": ("Das ist ein deutscher Satz über das Wetter.", {"language": "de"}, True),
    "length_constraints:number_paragraphs": ("One\n***\nTwo", {"num_paragraphs": 2}, True),
    "length_constraints:number_words": ("one two", {"num_words": 3, "relation": "at least"}, False),
    "length_constraints:number_sentences": ("Why? Go!", {"num_sentences": 3, "relation": "less than"}, True),
    "detectable_content:number_placeholders": ("[name]", {"num_placeholders": 1}, True),
    "detectable_content:postscript": ("Bye.\nP.S. Hello", {"postscript_marker": "P.S."}, True),
    "detectable_format:number_bullet_lists": ("* a\n* b", {"num_bullets": 3}, False),
    "detectable_format:json_format": ('{"a": 1}', {}, True),
    "detectable_format:title": ("<<A title>>", {}, True),
    "combination:two_responses": ("One", {}, False),
    "startend:quotation": ('"quoted"', {}, True),
    "startend:end_checker": ("That is all.", {"end_phrase": "That is all."}, True),
    "change_case:english_capital": ("THIS IS A SENTENCE IN ENGLISH.", {}, True),
    "change_case:english_lowercase": ("this is a Sentence in english.", {}, False),
    "change_case:capital_word_frequency": (
        "A BIG word.",
        {"capital_frequency": 2, "capital_relation": "at least"},
        True,
    ),
    "punctuation:no_comma": ("a, b", {}, False),
}


@pytest.mark.parametrize("name", IFEVAL)
def test_an_instruction_of_ifeval_is_verified(instructions_data: Path, name: str) -> None:
    answer, arguments, verdict = IFEVAL[name]
    assert one(instructions_data, name, answer, **arguments)["strict_instructions"] == [verdict]


def test_an_answer_that_takes_too_long_follows_nothing_and_says_so(instructions_data: Path) -> None:
    row = {"id": "0", "problem": "", "instruction_id_list": ["words:palindrome"], "kwargs": [{}]}
    slow = FollowsInstructions("ifbench", timeout_seconds=0.05)
    (grade,) = grades(instructions_data, [(row, Generation(generation="a " * 10_000_000))], slow)
    assert grade["strict_instructions"] == [False]
    assert "timed out" in grade["grading_error"]


def test_no_time_is_refused() -> None:
    with pytest.raises(UsageError, match="must be more than 0"):
        FollowsInstructions(timeout_seconds=0)
