"""The typed settings: their defaults, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from northstar.config.settings import AllSettings, EvalSettings, InferenceSettings, RunSettings


def test_the_greedy_generation_has_temperature_0() -> None:
    assert InferenceSettings().temperature_for(None) == 0.0


def test_a_seed_has_temperature_0_7() -> None:
    assert InferenceSettings().temperature_for(3) == 0.7


@pytest.mark.parametrize("seed", [None, 3])
def test_the_users_temperature_holds_for_both_even_if_0(seed: int | None) -> None:
    assert InferenceSettings(temperature=0.0).temperature_for(seed) == 0.0


@pytest.mark.parametrize(("given", "limit"), [(None, None), (-1, None), (7, 7)])
def test_max_samples_limits_the_rows_unless_it_is_minus_one(given: int | None, limit: int | None) -> None:
    assert EvalSettings(max_samples=given).row_limit == limit


def test_what_is_said_is_parted_into_how_it_is_asked_and_how_it_is_run() -> None:
    said = AllSettings(max_samples=3, max_concurrent_requests=8, inference=InferenceSettings(temperature=0.0))
    assert (said.run, said.asked.max_samples) == (RunSettings(max_concurrent_requests=8), 3)
    assert said.asked.inference.asked_for == {"temperature"}


def test_no_setting_is_of_both_kinds_or_of_none() -> None:
    asked, run = EvalSettings.model_fields.keys(), RunSettings.model_fields.keys()
    assert not asked & run
    assert AllSettings.model_fields.keys() == asked | run | {"tools"}, "tools chooses benchmarks"


def test_nobody_changes_settings_once_they_are_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EvalSettings().max_samples = 3  # type: ignore[misc]


def test_settings_survive_the_way_to_a_worker_as_json() -> None:
    settings = EvalSettings(inference=InferenceSettings(stop=["a"], extra_body={"a": {"b": 1}}), system_message="")
    assert EvalSettings.model_validate_json(settings.model_dump_json()) == settings


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="must be at least 1, or -1"):
        EvalSettings(max_samples=0)


@pytest.mark.parametrize("word", ["null", "None"])
def test_a_mistyped_none_is_not_sent_as_a_word(word: str) -> None:
    with pytest.raises(ValueError, match=f"would send the word {word}; write none"):
        EvalSettings(system_message=word)


def test_an_empty_name_of_a_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 character"):
        EvalSettings(prompt_config="")


@pytest.mark.parametrize("seed", [None, 3])
def test_a_temperature_that_is_set_to_null_is_none_for_both(seed: int | None) -> None:
    assert InferenceSettings(temperature=None).temperature_for(seed) is None


SAID: list[dict[str, Any]] = [
    {},
    {"temperature": None},
    {"temperature": 0.0},
    {"top_p": 0.95},
    {"top_p": None},
    {"temperature": None, "top_p": 0.95},
    {"temperature": 0.7, "top_p": 0.5},
]


@pytest.mark.parametrize("said", SAID)
def test_stored_and_read_again_settings_are_as_they_were_set(said: dict[str, Any]) -> None:
    settings = InferenceSettings(**said)
    again = InferenceSettings.model_validate_json(settings.model_dump_json())
    assert again.temperature_for(3) == settings.temperature_for(3)
    assert (again.asked_for, again.values()) == (settings.asked_for, settings.values())


STORED_BEFORE: dict[str, Any] = {
    "temperature": None,
    "top_p": 0.95,
    "top_k": None,
    "min_p": None,
    "tokens_to_generate": 2048,
    "repetition_penalty": None,
    "stop": None,
    "extra_body": {},
    "endpoint_type": "chat",
    "apply_chat_template": None,
}
"""As plans held the settings when null was not yet something that a user could say."""


def test_a_temperature_that_was_stored_as_null_before_that_could_be_said_was_not_set() -> None:
    settings = InferenceSettings.model_validate(STORED_BEFORE)
    assert (settings.temperature_for(None), settings.temperature_for(3)) == (0.0, 0.7)
    assert settings.asked_for == frozenset()


def test_settings_that_the_user_left_alone_are_stored_as_they_always_were() -> None:
    assert InferenceSettings().model_dump(mode="json") == STORED_BEFORE
    assert InferenceSettings(temperature=0.6).model_dump(mode="json") == STORED_BEFORE | {"temperature": 0.6}


def test_what_the_user_has_set_was_asked_for_whatever_its_value() -> None:
    assert InferenceSettings().asked_for == frozenset()
    assert InferenceSettings(temperature=0.0, top_p=0.95).asked_for == {"temperature", "top_p"}
    assert InferenceSettings(temperature=None, top_p=None).asked_for == frozenset()
