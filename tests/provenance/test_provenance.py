"""run.json: what it holds, and what it keeps from being mixed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from northstar.config.overrides import settings_from
from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.prompts.prompt import load_prompt
from northstar.provenance import provenance
from northstar.provenance.earlier_plan import is_unfinished
from northstar.provenance.identified import identify_models
from northstar.provenance.identity import model_identity

ASKED: dict[str, Any] = {"model": "m", "inference.temperature": 0.6}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "eval-logs").mkdir()
    return tmp_path


def identity(settings: EvalSettings | None = None, seed: int | None = 0, **server: Any) -> dict[str, Any]:
    plan = ServerPlan(**{"type": "openai", "model": "m", "address": "http://127.0.0.1:1/v1", **server})
    return model_identity(plan, load_prompt("math"), settings or EvalSettings(), seed)


def register(out: Path, identities: dict[str, dict[str, Any]], rerun: bool = False) -> provenance.Entry:
    return provenance.register(out, identities, {"plan": {}}, rerun)


def test_the_same_settings_are_the_same_results_wherever_the_server_stands() -> None:
    assert identity() == identity(address="http://127.0.0.1:2/v1")


@pytest.mark.parametrize(
    "changed",
    [
        {"inference": {"top_p": 0.5}},
        {"inference": {"tokens_to_generate": 9}},
        {"inference": {"extra_body": {"best_of": 2}}},
        {"system_message": ""},
        {"parse_reasoning": True},
        {"end_reasoning_string": "</thought>"},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ],
    ids=str,
)
def test_what_may_change_an_answer_is_part_of_the_identity(changed: dict[str, Any]) -> None:
    assert identity(settings_from(changed)) != identity()


@pytest.mark.parametrize("changed", [{"max_concurrent_requests": 1}, {"max_retries": 0}, {"request_timeout": 5.0}])
def test_what_changes_the_pace_alone_is_not(changed: dict[str, Any]) -> None:
    assert identity(settings_from(changed)) == identity()


def test_seeds_and_the_greedy_generation_differ_in_temperature() -> None:
    assert identity(seed=0)["inference.temperature"] == 0.7
    assert identity(seed=None)["inference.temperature"] == 0.0


def test_what_is_left_to_the_server_is_no_setting_and_another_result_than_the_default() -> None:
    left = identity(settings_from({"inference": {"temperature": None, "top_p": None}}))
    assert {"inference.temperature", "inference.top_p"} == identity().keys() - left.keys()


def test_other_settings_are_refused_and_the_difference_is_shown(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    with pytest.raises(NorthstarError, match=r"made differently:\n  inference.temperature: 0.6 there, 1"):
        register(out, {"aime24.seeds": ASKED | {"inference.temperature": 1.0}})


def test_a_setting_that_is_new_is_a_difference_too(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    with pytest.raises(NorthstarError, match=r"inference\.top_k: not set there, 5 now"):
        register(out, {"aime24.seeds": ASKED | {"inference.top_k": 5}})


def test_a_rerun_replaces_what_is_known(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    register(out, {"aime24.seeds": ASKED | {"model": "n"}}, rerun=True)
    assert json.loads((out / "run.json").read_text())["results"]["aime24.seeds"]["model"] == "n"


def test_each_run_is_a_line_of_the_list_and_can_be_added_to(out: Path) -> None:
    assert register(out, {"aime24.seeds": ASKED}) == provenance.Entry(0, {"aime24.seeds": None})
    assert register(out, {"aime24.seeds": ASKED}) == provenance.Entry(1, {})
    provenance.update_run(out, 1, {"ending": "done"})
    runs = json.loads((out / "run.json").read_text())["runs"]
    assert [run.get("ending") for run in runs] == [None, "done"]


def test_a_run_that_made_nothing_binds_nobody(out: Path) -> None:
    provenance.forget(out, register(out, {"aime24.seeds": ASKED}))
    register(out, {"aime24.seeds": ASKED | {"model": "another"}})


def test_a_rerun_that_made_nothing_binds_nobody_either(out: Path) -> None:
    made = register(out, {"aime24.seeds": ASKED})
    provenance.update_run(out, made.place, {"ending": "done"})
    provenance.forget(out, register(out, {"aime24.seeds": ASKED | {"model": "another"}}, rerun=True))
    register(out, {"aime24.seeds": ASKED})


@pytest.mark.parametrize("rerun", [False, True])
def test_a_run_that_made_nothing_leaves_known_who_answered_first(out: Path, rerun: bool) -> None:
    """Also one that called the same model by another path."""
    provenance.register(out, {"aime24.seeds": {"model": "/a", "model_content": "x"}}, {}, False)
    provenance.note_first_answer(out, "aime24.seeds", {"model": "/a"})
    provenance.update_run(out, 0, {"ending": "done"})
    provenance.forget(out, register(out, {"aime24.seeds": {"model": "/b", "model_content": "x"}}, rerun))
    assert provenance.first_answered_by(out, "aime24.seeds") == {"model": "/a"}


def test_a_rerun_that_others_go_on_with_still_binds(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    rerun = register(out, {"aime24.seeds": ASKED | {"model": "another"}}, rerun=True)
    register(out, {"aime24.seeds": ASKED | {"model": "another"}})
    provenance.forget(out, rerun)
    with pytest.raises(NorthstarError, match="made differently"):
        register(out, {"aime24.seeds": ASKED})


def test_what_another_run_is_making_is_not_forgotten(out: Path) -> None:
    mine = register(out, {"aime24.seeds": ASKED})
    register(out, {"aime24.seeds": ASKED})
    provenance.forget(out, mine)
    with pytest.raises(NorthstarError, match="made differently"):
        register(out, {"aime24.seeds": ASKED | {"model": "another"}})


def test_what_another_run_made_in_part_is_not_forgotten(out: Path) -> None:
    mine = register(out, {"aime24.seeds": ASKED})
    other = register(out, {"aime24.seeds": ASKED})
    provenance.update_run(out, other.place, {"ending": "samples left open", "generated": 3})
    provenance.forget(out, mine)
    assert provenance.knows(out, "aime24.seeds")


@pytest.mark.parametrize("content", ["", "[]", '{"run_json": 99}', '{"run_json": 1, "runs": 5}', "\x00"])
def test_a_run_json_that_cannot_be_read_is_named(out: Path, content: str) -> None:
    (out / "run.json").write_text(content)
    with pytest.raises(NorthstarError, match=r"run\.json"):
        register(out, {"aime24.seeds": ASKED})
    assert (out / "run.json").read_text() == content


def run(out: Path, plan: dict[str, Any], ending: str, *, rerun: bool, **facts: Any) -> None:
    entry = provenance.register(out, {}, {"plan": plan | {"rerun_done": rerun}}, False)
    provenance.update_run(out, entry.place, {"ending": ending, **facts})


def test_a_rerun_is_unfinished_until_the_same_plan_is_done_with_the_option_or_without(out: Path) -> None:
    plan = {"benchmarks": ["aime24"]}
    run(out, plan, "done", rerun=False)
    assert not is_unfinished(out, plan)
    run(out, plan, "failed", rerun=True)
    assert is_unfinished(out, plan)
    run(out, plan, "stopped", rerun=False)
    assert is_unfinished(out, plan)
    assert not is_unfinished(out, {"benchmarks": ["aime25"]})
    run(out, plan, "done", rerun=False)
    assert not is_unfinished(out, plan)


def test_a_run_that_was_only_begun_is_no_rerun(out: Path) -> None:
    run(out, {"benchmarks": ["aime24"]}, "failed", rerun=False)
    assert not is_unfinished(out, {"benchmarks": ["aime24"]})


def test_a_rerun_that_put_everything_back_was_not_begun(out: Path) -> None:
    run(out, {"benchmarks": ["aime24"]}, "failed", rerun=True, put_back=True)
    assert not is_unfinished(out, {"benchmarks": ["aime24"]})


def folder(path: Path, config: str) -> ServerPlan:
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(config)
    return ServerPlan(type="vllm", model=str(path))


def registered(out: Path, server: ServerPlan, rerun: bool = False) -> provenance.Entry:
    models = identify_models([server])
    mine = model_identity(server, load_prompt("math"), EvalSettings(), 0, models.of[server])
    return provenance.register(out, {"aime24.seeds": mine}, {}, rerun, models)


def test_another_model_in_the_same_folder_is_refused_and_its_files_are_named(out: Path) -> None:
    registered(out, folder(out / "m", '{"rope_theta": 1}'))
    with pytest.raises(NorthstarError, match=r"made differently:\n  the model's config\.json: changed\nChoose"):
        registered(out, folder(out / "m", '{"rope_theta": 2}'))


def test_the_same_model_in_another_folder_is_not(out: Path) -> None:
    registered(out, folder(out / "m", "{}"))
    registered(out, folder(out / "other/mount", "{}"))


def test_nor_is_the_path_that_answers_are_signed_by_another_model(out: Path) -> None:
    registered(out, folder(out / "a", "{}"))
    name = "aime24.seeds"
    provenance.note_first_answer(out, name, {"model": str(out / "a"), "system_fingerprint": "fp"})
    registered(out, folder(out / "b", "{}"))
    assert provenance.first_answered_by(out, name) == {"system_fingerprint": "fp"}
    assert provenance.note_first_answer(out, name, {"model": str(out / "b")})["model"] == str(out / "b")


def test_results_of_an_earlier_version_get_the_content_of_their_model(out: Path) -> None:
    server = folder(out / "m", "{}")
    old = model_identity(server, load_prompt("math"), EvalSettings(), 0)
    register(out, {"aime24.seeds": old})
    registered(out, server)
    with pytest.raises(NorthstarError, match=r"config\.json: changed"):
        registered(out, folder(out / "m", '{"rope_theta": 2}'))


def test_of_models_without_results_nothing_is_kept(out: Path) -> None:
    registered(out, folder(out / "m", "{}"))
    registered(out, folder(out / "m", '{"rope_theta": 2}'), rerun=True)
    registered(out, folder(out / "m", '{"rope_theta": 2}'))
    assert len(json.loads((out / "run.json").read_text())["models"]) == 1


def test_of_results_that_are_put_back_the_models_files_are_known(out: Path) -> None:
    registered(out, folder(out / "m", "{}"))
    provenance.forget(out, registered(out, folder(out / "m", '{"rope_theta": 2}'), rerun=True))
    with pytest.raises(NorthstarError, match=r"config\.json: changed"):
        registered(out, folder(out / "m", '{"rope_theta": 2}'))


SAID = {"root": "/models/m", "max_model_len": 8}


def test_a_server_that_says_something_else_of_its_model_is_refused(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    provenance.add_description(out, ["aime24.seeds"], SAID)
    register(out, {"aime24.seeds": ASKED})
    provenance.add_description(out, ["aime24.seeds"], SAID)
    with pytest.raises(NorthstarError, match=r'of the model, root: "/models/m" there, "/models/n" now'):
        provenance.add_description(out, ["aime24.seeds"], SAID | {"root": "/models/n"})


def test_what_a_server_says_otherwise_of_the_same_model_is_told(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    assert provenance.add_description(out, ["aime24.seeds"], SAID | {"engine_version": "1"}) == []
    told = ['engine_version: "1" there, "2" now']
    assert provenance.add_description(out, ["aime24.seeds"], SAID | {"engine_version": "2"}) == told


def test_one_that_says_nothing_this_time_is_not(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED})
    for said in (SAID, {}, SAID):
        provenance.add_description(out, ["aime24.seeds"], said)


def test_where_the_files_are_known_a_servers_words_do_not_count(out: Path) -> None:
    register(out, {"aime24.seeds": ASKED | {"model_content": "x"}})
    for root in ("/a", "/b"):
        provenance.add_description(out, ["aime24.seeds"], {"root": root})


@pytest.mark.parametrize(("key", "before", "now"), [("max_model_len", 32768, 4096), ("quantization", None, "fp8")])
def test_where_others_started_it_with_known_files_all_but_paths_counts(
    out: Path, key: str, before: object, now: object
) -> None:
    register(out, {"aime24.seeds": ASKED | {"model_content": "x"}})
    for root in ("/a", "/b", ["/c", "/d"], ["/e", "/f"]):
        provenance.add_description(out, ["aime24.seeds"], {"root": root, key: before}, started_by_others=True)
    with pytest.raises(NorthstarError, match=f"of the model, {key}: "):
        provenance.add_description(out, ["aime24.seeds"], {"root": "/a", key: now}, started_by_others=True)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"results": {"hle.seeds": 5}}, "its results 'hle.seeds' are 5 instead of their settings"),
        ({"results": []}, "results"),
        ({"runs": [{"ending": "done"}, 5]}, r"runs\[1\]"),
        ({"runs": [{"plan": "x"}]}, r"runs\[0\]\.plan"),
        ({"runs": [{"judges": {"j": 5}}]}, r"runs\[0\]\.judges"),
        ({"runs": [{"results": 5}]}, r"runs\[0\]\.results"),
        ({"runs": [{"known_by_name_only": True}]}, r"runs\[0\]\.known_by_name_only"),
        ({"runs": [{"known_by_name_only": {"m": []}}]}, r"runs\[0\]\.known_by_name_only"),
        ({"models": {"c": 5}}, "models"),
    ],
)
def test_a_part_of_another_type_is_named(tmp_path: Path, held: dict[str, Any], said: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"run_json": 1, **held}))
    with pytest.raises(NorthstarError, match=rf"cannot read .*run\.json: .*{said}"):
        provenance.rows_asked(tmp_path, "hle.seeds")
