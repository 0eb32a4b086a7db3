"""Describes what is asked and how it is graded, for the dry run and run.json: enough to rebuild a request elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark, judge_settings
from northstar.config.plan import JudgeStage, Plan
from northstar.config.settings import NO_SYSTEM_MESSAGE, EvalSettings
from northstar.prompts.names import of_library
from northstar.prompts.prompt import Prompt, load_prompt
from northstar.provenance.results_name import kind_of, results_name
from northstar.task.grader import extraction_of


def asked_of(plan: Plan, loaded: Sequence[LoadedBenchmark]) -> dict[str, dict[str, Any]]:
    """Return name of results → what they are asked, of the model's and of the judges'."""
    model = {results_name(part.name, part.plan.seeds[0]): asked_of_benchmark(part) for part in loaded}
    judges = {
        results_name(part.name, seed, judge.name): asked_of_judge(judge)
        for judge in plan.judges
        for part in judge.benchmarks
        for seed in {kind_of(seed): seed for seed in part.seeds}.values()
    }
    return model | judges


def asked_of_benchmark(loaded: LoadedBenchmark) -> dict[str, Any]:
    """Return prompt, messages, extraction and grader; messages are texts with fields, without any row's content."""
    grading = {"extraction": extraction_of(loaded.grader), "grader": loaded.grader.identity()}
    if loaded.rows_are_sent:
        return {"prompt": {"name": "the conversations of the rows"}, **grading}
    return _prompted(loaded.prompt, loaded.plan.settings) | grading


def asked_of_judge(judge: JudgeStage) -> dict[str, Any]:
    """Return the judge's prompt and messages, as of a benchmark."""
    return _prompted(load_prompt(judge.prompt, judge.prompts_dir), judge_settings(judge))


def system_message_by(prompt: Prompt, settings: EvalSettings) -> str:
    """Say in a phrase which system message is sent, and who says so."""
    given = settings.system_message
    if given == NO_SYSTEM_MESSAGE:
        return f"none (++system_message={given})"
    if given is not None:
        return "the one given (++system_message)" if given else "an empty one (++system_message='')"
    return "none" if prompt.system is None else "the prompt's own"


def _prompted(prompt: Prompt, settings: EvalSettings) -> dict[str, Any]:
    facts: dict[str, Any] = {"name": prompt.name, "sha256": prompt.sha256, "form": prompt.texts.form}
    if (named := of_library(prompt.name)) is not None:
        facts |= {"library": named.at.library.name, "commit": named.at.state.commit, "address": prompt.address}
    system = settings.system_message
    if system is None:
        system = prompt.texts.system
    silent = system is None or settings.system_message == NO_SYSTEM_MESSAGE
    first = [] if silent else [{"role": "system", "content": system}]
    return {"prompt": facts, "messages": [*first, {"role": "user", "content": prompt.texts.user}]}
