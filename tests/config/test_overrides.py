"""What `++key=value` words mean, and what is said about those that mean nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from northstar.config.overrides import known_keys, parse_overrides, settings_from
from northstar.config.settings import AllSettings
from northstar.core.errors import UsageError


def settings(*words: str) -> AllSettings:
    return settings_from(parse_overrides(words))


def complaint(*words: str) -> str:
    with pytest.raises(UsageError) as raised:
        settings(*words)
    return str(raised.value)


def test_no_words_are_the_defaults() -> None:
    assert settings() == AllSettings()


def test_an_empty_system_message_is_an_empty_text_not_nothing() -> None:
    assert settings("++system_message=").system_message == ""


def test_quoted_emptiness_is_an_empty_text_too() -> None:
    assert settings("++system_message=''").system_message == ""


def test_text_is_taken_as_it_was_typed() -> None:
    assert settings("++system_message=yes: {no} [1] # = ++x=1").system_message == "yes: {no} [1] # = ++x=1"


def test_a_number_is_text_where_text_is_wanted() -> None:
    assert settings("++system_message=0.50").system_message == "0.50"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("++inference.temperature=0.6", 0.6),
        ("++inference.temperature=0", 0.0),
        ("++inference.temperature=1e-3", 0.001),
        ("++inference.temperature=null", None),
    ],
)
def test_numbers_are_read_in_all_their_spellings(word: str, expected: float | None) -> None:
    assert settings(word).inference.temperature == expected


def test_a_list_of_stops() -> None:
    assert settings('++inference.stop=["a","b"]').inference.stop == ["a", "b"]


@pytest.mark.parametrize("word", ["False", "false", "FALSE"])
def test_false_is_false_however_it_is_written(word: str) -> None:
    assert settings(f"++parse_reasoning={word}").parse_reasoning is False


def test_minus_one_sample_means_all() -> None:
    assert settings("++max_samples=-1").row_limit is None


def test_the_last_word_for_a_key_wins() -> None:
    assert settings("++max_samples=3", "++max_samples=5").max_samples == 5


def test_a_part_of_a_free_form_group() -> None:
    assert settings("++chat_template_kwargs.enable_thinking=false").chat_template_kwargs == {"enable_thinking": False}


def test_free_form_groups_nest() -> None:
    words = "++inference.extra_body.a.b=1", "++inference.extra_body.a.c=x"
    assert settings(*words).inference.extra_body == {"a": {"b": 1, "c": "x"}}


def test_a_whole_free_form_group_at_once_and_then_a_part() -> None:
    words = "++inference.extra_body={a: 1}", "++inference.extra_body.b=2"
    assert settings(*words).inference.extra_body == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("typed", "value"),
    [("no", "no"), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("010", "010"), ("1e-3", 0.001), ("0x1f", "0x1f")],
)
def test_free_form_values_are_what_a_person_means(typed: str, value: object) -> None:
    assert settings(f"++inference.extra_body.x={typed}").inference.extra_body == {"x": value}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("++inference.temperature=", "'++inference.temperature=' has no value (null omits a setting)."),
        (
            "++inference.extra_body.seed=3",
            "++inference.extra_body={'seed': 3} is wrong: 'seed' is set by Northstar or by a setting of its own.",
        ),
        ("++inference.temperature=abc", "++inference.temperature=abc must be a number."),
        ("++inference.temperature=true", "++inference.temperature=True must be a number."),
        ("++inference.temperature=-1", "++inference.temperature=-1 must be 0 or more."),
        ("++inference.temperature=.nan", "++inference.temperature=.nan must be a number."),
        ("++inference.top_p=2", "++inference.top_p=2 must be at most 1."),
        ("++inference.top_p=0", "++inference.top_p=0 must be more than 0."),
        ("++inference.stop=abc", '++inference.stop=abc must be a list like ["a", "b"].'),
        ("++max_samples=1.5", "++max_samples=1.5 must be a whole number."),
        ("++max_samples=true", "++max_samples=True must be a whole number."),
        ("++max_samples=-2", "++max_samples=-2 must be -1 or more."),
        ("++parse_reasoning=maybe", "++parse_reasoning=maybe must be True or False."),
        ("++parse_reasoning=1", "++parse_reasoning=1 must be True or False."),
        ("++request_timeout=1e999", "cannot read '++request_timeout=1e999'"),
        ("++end_reasoning_string=", "++end_reasoning_string= must not be empty."),
        ("++inference.extra_body=3", "++inference.extra_body=3 must be a group of settings."),
    ],
)
def test_a_value_of_the_wrong_type_is_told_what_it_must_be(word: str, said: str) -> None:
    assert complaint(word).startswith(said)


def test_all_wrong_values_are_named_at_once() -> None:
    assert complaint("++max_samples=x", "++inference.top_p=y").count("must be") == 2


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("++inference.temprature=1", "Did you mean ++inference.temperature?"),
        ("++temperature=1", "Did you mean ++inference.temperature?"),
        ("++max_sample=1", "Did you mean ++max_samples?"),
        ("++inferense.top_p=1", "Did you mean ++inference.top_p?"),
        ("++zebra=1", "All settings: ns settings"),
    ],
)
def test_an_unknown_key_names_the_nearest(word: str, said: str) -> None:
    assert complaint(word) == f"unknown setting '{word.partition('=')[0]}'. {said}"


@pytest.mark.parametrize("word", ["inference.top_p=1", "+inference.top_p=1", "--inference.top_p=1"])
def test_the_wrong_number_of_pluses_is_corrected(word: str) -> None:
    assert complaint(word) == f"unexpected argument '{word}'. Did you mean '++inference.top_p=1'?"


def test_a_word_without_a_value_shows_where_it_goes() -> None:
    assert complaint("++inference.top_p") == "'++inference.top_p' has no value: write ++inference.top_p=value."


def test_a_stray_word_shows_what_settings_look_like() -> None:
    assert complaint("aime24") == "unexpected argument 'aime24'. Settings look like ++inference.top_p=0.9."


@pytest.mark.parametrize("word", ["++inference=3", "++inference={top_p: 1}"])
def test_a_group_is_not_a_setting(word: str) -> None:
    said = "'++inference' names a group; set one of its parts, such as ++inference.temperature=value."
    assert complaint(word) == said


def test_a_free_form_group_wants_a_name() -> None:
    assert "such as ++inference.extra_body.name=value." in complaint("++inference.extra_body.=1")


def test_a_setting_without_parts_says_so() -> None:
    assert complaint("++max_samples.x=1") == "'++max_samples.x': 'max_samples' has no parts of its own."


def test_a_part_of_what_is_a_value_already_is_a_contradiction() -> None:
    words = "++inference.extra_body.a=1", "++inference.extra_body.a.b=2"
    assert complaint(*words) == "'++inference.extra_body.a.b=2' contradicts an earlier override of 'a'."


@pytest.mark.parametrize(
    "value", ["[a", "{a", "!!timestamp x", "!!python/object:os.system {}", "&a [*a]", "'", "[" * 999]
)
def test_a_value_that_cannot_be_read_says_what_can(value: str) -> None:
    assert "its value must be a number, true, false, null, text or [a, b]." in complaint(f"++max_samples={value}")


def test_bytes_that_are_not_text_are_refused_before_they_reach_a_request() -> None:
    assert complaint("++system_message=\udcff") == "the value of '++system_message' is not UTF-8 text."


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"inference": {"temprature": 1}}, "'++inference.temprature'. Did you mean ++inference.temperature?"),
        ({"max_sample": 1}, "'++max_sample'. Did you mean ++max_samples?"),
        ({"inference.top_p": 1}, "'++inference.top_p'. In a dict it is written {'inference': {'top_p': …}}."),
        ({3: 1}, "'++3'. All settings: ns settings"),
    ],
)
def test_an_unknown_key_in_a_dict_names_the_nearest(tree: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        settings_from(tree)
    assert str(raised.value) == f"unknown setting {said}"


def test_a_group_given_as_a_number_in_a_dict_is_refused() -> None:
    with pytest.raises(UsageError, match=r"\+\+inference=3 must be a group of settings"):
        settings_from({"inference": 3})


def test_what_the_user_says_stands_over_what_the_benchmark_says() -> None:
    defaults = {"inference": {"tokens_to_generate": 99, "top_k": 5, "extra_body": {"a": 1}}}
    over = parse_overrides(["++inference.top_k=7", "++inference.extra_body.b=2"])
    inference = settings_from(over, defaults).inference
    assert (inference.tokens_to_generate, inference.top_k, inference.extra_body) == (99, 7, {"a": 1, "b": 2})


def test_the_users_null_takes_a_benchmarks_default_away() -> None:
    over = parse_overrides(["++inference.tokens_to_generate=null"])
    assert settings_from(over, {"inference": {"tokens_to_generate": 99}}).inference.tokens_to_generate is None


def test_defaults_are_left_as_they_were() -> None:
    defaults = {"inference": {"extra_body": {"a": 1}}}
    settings_from(parse_overrides(["++inference.extra_body.a=2"]), defaults)
    assert defaults == {"inference": {"extra_body": {"a": 1}}}


@hypothesis_settings(max_examples=30)
@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=3), st.text(st.characters(codec="utf-8")))
def test_whatever_is_typed_gives_settings_or_a_usage_error(stray: list[str], value: str) -> None:
    for word in [
        *stray,
        *(f"++{key.rstrip('.')}={value}" for key in known_keys()),
        f"++inference.extra_body.x={value}",
    ]:
        try:
            settings(word)
        except UsageError as error:
            assert str(error)  # noqa: PT017


@hypothesis_settings(max_examples=50)
@given(st.dictionaries(st.from_regex(r"x_[a-z_]{1,8}", fullmatch=True), st.integers(-(2**40), 2**40) | st.booleans()))
def test_every_free_form_value_comes_through_as_it_is(body: dict[str, object]) -> None:
    words = [f"++inference.extra_body.{key}={value}" for key, value in body.items()]
    assert settings(*words).inference.extra_body == body
