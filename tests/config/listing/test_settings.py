"""Every setting is listed with its type, default and meaning, and found by a word."""

from __future__ import annotations

import pytest

from northstar.config.listing.settings import all_settings, found_settings
from northstar.config.overrides import known_keys
from northstar.core.errors import UsageError

SETTINGS = {each.key: each for each in all_settings()}


def test_every_setting_is_there_once_with_a_meaning() -> None:
    assert sorted(key.removesuffix("KEY") for key in SETTINGS) == sorted(known_keys())
    assert [each.key for each in SETTINGS.values() if not each.about or not each.type] == []


@pytest.mark.parametrize(
    ("key", "type_", "default"),
    [
        ("inference.top_p", "number, above 0, at most 1, or null", "0.95"),
        ("context_overflow", "fail or reduce_generation", "fail"),
        ("inference.stop", "list of texts, or null", ""),
        ("max_retries", "whole number, at least 0", "8"),
        ("use_client_parsing", "True or False", "True"),
        ("chat_template_kwargs.KEY", "any value", ""),
    ],
)
def test_types_and_defaults_are_in_words(key: str, type_: str, default: str) -> None:
    assert (SETTINGS[key].type, SETTINGS[key].default) == (type_, default)


def test_what_changes_answers_comes_first() -> None:
    keys = list(SETTINGS)
    assert keys.index("inference.temperature") < keys.index("system_message") < keys.index("max_retries")


@pytest.mark.parametrize(
    ("word", "key"),
    [("temper", "inference.temperature"), ("++inference.top_p=0.9", "inference.top_p"), ("NUCLEUS", "inference.top_p")],
)
def test_a_word_finds_by_name_then_by_meaning(word: str, key: str) -> None:
    assert [each.key for each in found_settings(word, all_settings())] == [key]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("tempratur", " Did you mean ++inference.temperature? All: ns settings"),
        ("max_token_to_generate", " Did you mean ++inference.tokens_to_generate? All: ns settings"),
        ("qqqqq", " All: ns settings"),
    ],
)
def test_a_word_that_finds_nothing_names_the_nearest(word: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        found_settings(word, all_settings())
    assert str(caught.value) == f"no setting has '{word}' in its name or meaning.{said}"
