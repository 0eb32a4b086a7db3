"""From options to a plan of rows of one's own: what is asked, with which seeds, by whom it is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.api.generating.extraction import read_labels
from northstar.api.generating.generation import plan_generation, seeds_of
from northstar.api.previewing.dry_run import looked_at
from northstar.config.mounts import PathMap
from northstar.config.options.generating import GenerateOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.option import read_options
from northstar.config.path_mapping import mapped_plan
from northstar.config.plan import Plan
from northstar.core.errors import NorthstarError, UsageError
from tests.executors.fake_executor import FakeExecutor


def options(folder: Path, **given: Any) -> GenerateOptions:
    (folder / "rows.jsonl").write_text('{"q": "one"}\n{"q": "two"}\n')
    (folder / "p.yaml").write_text("user: '{q}?'\n")
    common = {
        "input_file": folder / "rows.jsonl",
        "output_dir": folder / "out",
        "model": "m",
        "server_address": "http://localhost:9/v1",
        "overrides": [f"++prompt_config={folder}/p.yaml"],
    }
    return read_options(GenerateOptions, common | given)


def planned(folder: Path, **given: Any) -> Plan:
    return plan_generation(options(folder, **given))


def test_a_plan_is_the_same_after_a_way_through_json(tmp_path: Path) -> None:
    plan = planned(tmp_path, num_random_seeds=2, extract=r"regex:\d+", output_format="parquet")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_each_seed_and_chunk_may_have_a_job(tmp_path: Path) -> None:
    plan = planned(tmp_path, num_random_seeds=2, num_chunks=2)
    with looked_at(plan) as ready:
        preview = FakeExecutor().preview(ready, JobOptions(num_jobs=-1))
    assert sorted(shard.key for job in preview.jobs for shard in job.shards) == [
        *(f"generate/output-rs{seed}_chunk_{chunk}-of-2" for seed in (0, 1) for chunk in (0, 1)),
    ]


def test_mounts_move_the_input_file(tmp_path: Path) -> None:
    away = PathMap(((str(tmp_path), "/workspace"),))
    stage = mapped_plan(planned(tmp_path), away, away).generate
    assert stage is not None
    rows = stage.benchmarks[0].input
    assert rows is not None
    assert (str(rows.file), stage.benchmarks[0].settings.prompt_config) == (
        "/workspace/rows.jsonl",
        "/workspace/p.yaml",
    )


@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        ({}, (None,)),
        ({"num_random_seeds": 2}, (0, 1)),
        ({"num_samples": 2, "starting_seed": 5}, (5, 6)),
        ({"random_seeds": "7,1-2"}, (7, 1, 2)),
    ],
)
def test_seeds(tmp_path: Path, given: dict[str, Any], seeds: tuple[int | None, ...]) -> None:
    assert seeds_of(options(tmp_path, **given)) == seeds


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"num_random_seeds": 0}, "--num_random_seeds=0 must lie between 1 and 10000"),
        ({"starting_seed": 1}, "--starting_seed=1 is the first of several seeds"),
        ({"random_seeds": "1,1"}, "names a seed twice"),
        ({"random_seeds": "x"}, "must be numbers like 0,3 or a range"),
        ({"random_seeds": "0-99999999"}, "must be numbers like 0,3 or a range"),
        ({"random_seeds": "1", "num_samples": 2}, "--random_seeds says which seeds are asked"),
        ({"output_format": "csv"}, "--output_format=csv must be jsonl or parquet"),
        ({"input_file": "no.jsonl"}, "--input_file: there is no file"),
        ({"extract_field": "x"}, "--extract_field=x needs --extract"),
        ({"extract": "json-schema"}, "must be 'regex:PATTERN', json-schema:FILE, or json-schema alone with"),
        ({"extract": "json-schema:no.json"}, "cannot read the schema no.json"),
        ({"overrides": {"eval_config": {"x": 1}}}, "++eval_config.x: ns generate has no grader"),
        ({"overrides": ["++prompt_format=openai", "++multi_turn_key=t"]}, "does not go with ++prompt_format=openai"),
        ({"overrides": ["++promt_config=x"]}, "unknown setting '++promt_config'. Did you mean ++prompt_config?"),
        ({"judge_model": "j"}, "--judge_model needs a prompt of your own"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        planned(tmp_path, **given)
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["good", "good=1", "good=1,good=0", "good=2,bad=0", "good=1,unanswered=0", "a=1,,b=0"])
def test_labels_that_cannot_be_told_apart_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--judge_labels="):
        read_labels(text)


def test_a_prompt_that_does_more_than_put_fields_in_is_rendered_for_each_row(tmp_path: Path) -> None:
    given = options(tmp_path)
    (tmp_path / "p.yaml").write_text("user: '{% if a is defined %}{{ a + 1 }}{% else %}{{ q }}{% endif %}'\n")
    with looked_at(plan_generation(given)):
        pass
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write(json.dumps({"q": "three", "a": "x"}) + "\n")
    with pytest.raises(NorthstarError, match="does not fit row 3"), looked_at(plan_generation(given)):
        pass


def test_a_pattern_is_refused_where_the_server_takes_none_before_it_starts(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    words = [f"++prompt_config={tmp_path}/p.yaml", "++inference.regex=a+"]
    plan = planned(tmp_path, server_type="llamacpp", model=None, server_address=None, overrides=words)
    with pytest.raises(NorthstarError, match="can't hold answers to a pattern"), looked_at(plan):
        pass
