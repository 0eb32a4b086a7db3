"""What fits at the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.cli.completion.candidates import candidates
from northstar.recipes.reading import read_recipe, recipe_names
from northstar.servers.server import own_server_types


def values(*words: str) -> list[str]:
    return [each.value for each in candidates(words)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("ev",), ["eval "]),
        (("--ver",), ["--version "]),
        (("eval", "--benchmarks=aime24"), ["--benchmarks=aime24"]),
        (("eval", "--benchmarks", "aime24:4,math-5"), ["aime24:4,math-500"]),
        (("eval", "--benchmarks=aime24:4,aime24"), []),
        (("eval", "--benchmarks=aime24:1"), ["--benchmarks=aime24:16"]),
        (("eval", "--benchmarks=nemotron-tu"), ["--benchmarks=nemotron-tutorial"]),
        (("eval", "--output_dir=out", "++inference.temp"), ["++inference.temperature="]),
        (
            ("eval", "++inference.endpoint_type="),
            ["++inference.endpoint_type=chat ", "++inference.endpoint_type=text "],
        ),
        (("eval", "++chat_t"), ["++chat_template_kwargs."]),
        (("eval", "--sandbox=b"), ["--sandbox=bubblewrap "]),
        (("eval", "--dry"), ["--dry_run "]),
        (("eval", "--output_d"), ["--output_dir="]),
        (("eval", "--output_dir=o"), []),
        (("eval", "--recipe=nemotron-nano-9b-v2:"), ["--recipe=nemotron-nano-9b-v2:reasoning-on "]),
        (("prepare_data", "aime24", "aime2"), ["aime25 ", "aime26 "]),
        (("settings", "max_r"), ["max_retries "]),
        (("eval", "--server-type", "vl"), ["vllm "]),
        (("status", "++inf"), []),
        (("nonsense", "--benchmarks=ai"), []),
    ],
    ids=" ".join,
)
def test_what_fits(words: tuple[str, ...], found: list[str]) -> None:
    assert values(*words)[: len(found)] == found
    assert bool(values(*words)) == bool(found)


def test_clusters_are_the_configs_of_the_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "lab.yaml").write_text("executor: slurm\n")
    assert values("status", f"--config_dir={tmp_path}", "--cluster=") == ["--cluster=lab ", "--cluster=local "]


def test_server_types_are_all_of_them() -> None:
    assert [each.strip() for each in values("eval", "--server_type", "")] == own_server_types()


def test_the_runs_of_every_recipe_are_known() -> None:
    for name in recipe_names():
        assert [each.strip() for each in values("recipes", f"{name}:")] == [
            f"{name}:{run}" for run in read_recipe(name).runs
        ]


def test_every_option_of_every_command_is_offered() -> None:
    assert {"--model=", "--judge_model=", "--help "} <= set(values("eval", "--"))
    assert values("cancel", "--w") == ["--whole_job "]
