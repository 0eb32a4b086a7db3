"""The typed settings: their defaults, and what follows from them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from northstar.config.settings import EvalSettings, InferenceSettings


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


def test_512_requests_are_in_flight_at_once() -> None:
    assert EvalSettings().max_concurrent_requests == 512


def test_nobody_changes_settings_once_they_are_made() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EvalSettings().max_samples = 3  # type: ignore[misc]


def test_settings_survive_the_way_to_a_worker_as_json() -> None:
    settings = EvalSettings(inference=InferenceSettings(stop=["a"], extra_body={"a": {"b": 1}}), system_message="")
    assert EvalSettings.model_validate_json(settings.model_dump_json()) == settings


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="0 rows are nothing to run"):
        EvalSettings(max_samples=0)


@pytest.mark.parametrize("seed", [None, 3])
def test_a_temperature_that_is_set_to_null_is_none_for_both(seed: int | None) -> None:
    assert InferenceSettings(temperature=None).temperature_for(seed) is None


@pytest.mark.parametrize("settings", [InferenceSettings(), InferenceSettings(temperature=None)])
def test_stored_and_read_again_a_temperature_is_as_it_was_set(settings: InferenceSettings) -> None:
    again = InferenceSettings.model_validate_json(settings.model_dump_json())
    assert again.temperature_for(3) == settings.temperature_for(3)


def test_what_differs_from_what_is_always_sent_was_asked_for() -> None:
    assert InferenceSettings().asked_for == frozenset()
    assert InferenceSettings(temperature=0.0, top_p=0.9).asked_for == {"temperature", "top_p"}
    assert InferenceSettings(temperature=None, top_p=None).asked_for == frozenset()
