"""Where files of a shard lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.results.layout import output_dir_of


@pytest.mark.parametrize(
    ("folder", "output_dir"),
    [
        ("/out/eval-results/aime24", "/out"),
        ("/out/eval-results/aime24/../aime25", "/out"),
        ("/out/copies/aime24", None),
        ("/aime24", None),
        ("/", None),
    ],
)
def test_only_a_folder_in_eval_results_belongs_to_an_output_folder(folder: str, output_dir: str | None) -> None:
    assert output_dir_of(Path(folder)) == (output_dir and Path(output_dir))
