"""Tables to the letter of the published evaluation."""

from __future__ import annotations

import csv
import io

import pytest

from northstar.reports.table import (
    category_cells,
    cells_of,
    csv_table,
    html_table,
    markdown_table,
    ruled_table,
    text_table,
)


def mode(tokens: int, seconds: int, rows: int = 30, **shares: float) -> dict[str, object]:
    return {"num_entries": rows, "avg_tokens": tokens, "gen_seconds": seconds, **shares, "x_statistics": {}}


AIME = {
    "pass@1[avg-of-16]": mode(19875, 2042, symbolic_correct=88.541666, no_answer=1.875),
    "majority@16": mode(19875, 2042, symbolic_correct=93.33333, no_answer=0.0),
    "pass@16": mode(19875, 2042, symbolic_correct=93.33333, no_answer=0.0),
}
CELLS = cells_of(AIME, list(AIME))


def test_aime24() -> None:
    assert text_table("aime24", CELLS) == (
        "----------------------------------------- aime24 ----------------------------------------\n"
        "evaluation_mode   | num_entries | avg_tokens | gen_seconds | symbolic_correct | no_answer\n"
        "pass@1[avg-of-16] | 30          | 19875      | 2042        | 88.54%           | 1.88%\n"
        "majority@16       | 30          | 19875      | 2042        | 93.33%           | 0.00%\n"
        "pass@16           | 30          | 19875      | 2042        | 93.33%           | 0.00%"
    )


def test_hle_with_its_two_scores() -> None:
    modes = {"pass@1[avg-of-15]": mode(12111, 7782, 2158, judge_correct=7.75, symbolic_correct=2.4, no_answer=64.13)}
    lines = text_table("hle", cells_of(modes, list(modes))).splitlines()
    assert lines == [
        "-------------------------------------------------- hle --------------------------------------------------",
        "evaluation_mode   | num_entries | avg_tokens | gen_seconds | judge_correct | symbolic_correct | no_answer",
        "pass@1[avg-of-15] | 2158        | 12111      | 7782        | 7.75%         | 2.40%            | 64.13%",
    ]


def test_titles_of_other_lengths_are_centred_the_same_way() -> None:
    assert text_table("gpqa", CELLS).splitlines()[0] == "-" * 42 + " gpqa " + "-" * 41
    assert text_table("math-500", CELLS).splitlines()[0] == "-" * 40 + " math-500 " + "-" * 39


def test_markdown_and_csv_hold_the_same_numbers() -> None:
    assert "| pass@16 | 30 | 19875 | 2042 | 93.33% | 0.00% |" in markdown_table("aime24", CELLS)
    assert csv_table({"aime24": CELLS}).splitlines()[-1] == "aime24,pass@16,30,19875,2042,93.33,0.00"


def test_by_category_with_a_rule_and_bars() -> None:
    numbers = {"overall_accuracy": (4441, 72.638), "overall_non_live": (1390, 88.2), "live_relevance": (18, 77.777)}
    mode = {name: {"num_entries": entries, "accuracy": value} for name, (entries, value) in numbers.items()}
    assert ruled_table("bfcl_v3", category_cells({"pass@1": mode}, ["pass@1"], list(mode))) == (
        "----------------------- bfcl_v3 ------------------------\n"
        "| Category                    | num_entries | accuracy |\n"
        "|-----------------------------|-------------|----------|\n"
        "| overall_accuracy            | 4441        | 72.64%   |\n"
        "| overall_non_live            | 1390        | 88.20%   |\n"
        "| live_relevance              | 18          | 77.78%   |"
    )


def test_by_category_each_further_mode_is_a_column() -> None:
    modes = {
        "pass@1[avg-of-4]": {"simple": {"num_entries": 400, "accuracy": 50.0}},
        "pass@4": {"simple": {"num_entries": 400, "accuracy": 75.0}},
    }
    assert category_cells(modes, list(modes), ["simple"]) == [
        ["Category", "num_entries", "accuracy", "pass@4"],
        ["simple", "400", "50.00%", "75.00%"],
    ]


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1"]
)
def test_no_cell_of_a_csv_is_a_formula(name: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_table({name: [["evaluation_mode", name], [name, "1.00%"]]}))))
    cell = "'" + name.replace("\r", " ")
    assert rows == [["benchmark", "evaluation_mode", cell], [cell, cell, "1.00"]]


def test_a_number_that_there_is_none_of_stays_a_dash_in_a_csv() -> None:
    assert csv_table({"a": [["mode", "avg_tokens"], ["pass@1", "-"]]}).splitlines()[1] == "a,pass@1,-"


def test_what_a_notebook_shows_is_escaped() -> None:
    assert html_table("<b>", [["mode", "<script>"], ["a&b", '"1"']]) == (
        "<table>\n<caption>&lt;b&gt;</caption>\n<tr><th>mode</th><th>&lt;script&gt;</th></tr>\n"
        "<tr><td>a&amp;b</td><td>&quot;1&quot;</td></tr>\n</table>"
    )
