"""What limits may be, and what a price makes of tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.config.bounds.limits import Limits, Price, read_duration, read_limits
from northstar.config.options.limits import LimitOptions
from northstar.core.errors import UsageError


def prices(folder: Path, text: str) -> Path:
    (folder / "prices.yaml").write_text(text)
    return folder / "prices.yaml"


def test_nothing_asked_is_no_limit() -> None:
    assert read_limits(LimitOptions(), "m", []) is None


def test_cost_is_the_most_that_cached_and_reasoning_tokens_allow() -> None:
    assert Price(input=1, output=4, cached=0.1, reasoning=8).cost(1_000_000, 500_000) == 1 + 4


def test_each_judge_needs_a_price_as_the_model_does(tmp_path: Path) -> None:
    path = prices(tmp_path, "m: {input: 1, output: 2}\nj: {input: 3, output: 4}\n")
    read = read_limits(LimitOptions(max_cost=1, prices=path), "m", ["j"])
    assert read == Limits(cost=1, prices={"": Price(input=1, output=2), "j": Price(input=3, output=4)})
    with pytest.raises(UsageError, match=r"prices\.yaml has no price of judge-1\."):
        read_limits(LimitOptions(max_cost=1, prices=path), "m", ["judge-1"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("m: {input: -1, output: 2}", "line 1"),
        ("m: {input: .inf, output: 2}", "line 1"),
        ("m: {inptu: 1, output: 2}", "inptu"),
        ("- m", "is not a list of prices"),
    ],
)
def test_a_wrong_prices_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_limits(LimitOptions(max_cost=1, prices=prices(tmp_path, text)), "m", [])


@pytest.mark.parametrize("text", ["soon", "0", "", "-5", "1:2:3:4", "5 m", "1e3", "0m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--time_limit=.* is no duration above 0"):
        read_duration(text, "--time_limit")


@pytest.mark.parametrize("options", [{"max_tokens_total": 0}, {"max_cost": -1.0}, {"max_cost": float("nan")}])
def test_a_limit_of_nothing_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="must be more than 0"):
        read_limits(LimitOptions(**options), "m", [])  # type: ignore[arg-type]
