"""Lists everything that can change a result, so that two runs can be compared."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark, judge_settings, python_limits
from northstar.config.plan import JudgeStage, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.models.identity.content import digest
from northstar.models.identity.identified import Identified
from northstar.models.sampling_words import is_neutral
from northstar.prompts.prompt import Prompt, load_prompt
from northstar.provenance import differences
from northstar.provenance.identified import Models, name_of
from northstar.provenance.results_name import kind_of, results_name
from northstar.servers.server import find_server_type
from northstar.solvers.tool_loop import offered
from northstar.task.grader import described_grader


def identity(
    loaded: LoadedBenchmark, seed: int | None, server: ServerPlan, model: Identified | None = None
) -> dict[str, Any]:
    """Everything that can change a result of `loaded`, flat: {'model': …, 'inference.temperature': …, …}."""
    rows: dict[str, Any] = {"split": loaded.plan.split, "data_sha256": loaded.rows.sha256, "rows": len(loaded.rows)}
    if loaded.plan.input is not None:
        rows |= loaded.plan.input.identity()
    asked = model_identity(server, loaded.prompt, loaded.plan.settings, seed, model)
    settings = loaded.plan.settings
    if loaded.benchmark.calls_tools:
        asked |= {"use_client_parsing": settings.use_client_parsing, "tool_parser": settings.tool_parser or ""}
    if loaded.benchmark.offers:
        limits = python_limits(settings)
        shown = hashlib.sha256(bytes(offered(limits).encoded)).hexdigest()
        asked |= {"tools": ", ".join(loaded.benchmark.offers), "tool_sha256": shown}
        asked |= flattened({"python_tool": limits.model_dump()})
    return rows | asked | flattened({"grader": described_grader(loaded.grader)})


def judge_identities(judge: JudgeStage, models: Models) -> dict[str, dict[str, Any]]:
    """Return name of results → everything that can change a judgement of theirs."""
    prompt, model = load_prompt(judge.prompt, judge.prompts_dir), models.of[judge.server]
    judge_identity = model_identity(judge.server, prompt, judge_settings(judge), None, model)
    return {
        results_name(part.name, seed, judge.name): judge_identity
        for part in judge.benchmarks
        for seed in {kind_of(seed): seed for seed in part.seeds}.values()
    }


def model_identity(
    server: ServerPlan, prompt: Prompt, settings: EvalSettings, seed: int | None, model: Identified | None = None
) -> dict[str, Any]:
    """Everything that can change an answer of a model or judge, flat. model: what identifies it beyond its name."""
    inference = settings.inference.values() | {"temperature": settings.inference.temperature_for(seed)}
    kind = find_server_type(server.type)
    inference["neutral"] = differences.NEUTRAL_STORED[is_neutral(settings.inference.neutral, kind.words(server))]
    if settings.inference.endpoint_type == "chat":  # the default; identities of earlier versions lack it
        del inference["endpoint_type"]
    del inference["stream"]  # the answer is the same
    del inference["reasoning_words"]  # what they say is in the fields of the request and the template's arguments
    return flattened(
        {
            "model": name_of(server),
            **_known_by(model or Identified()),
            "server": kind.identity(server),
            "prompt": prompt.name,
            "prompt_sha256": prompt.sha256,
            "system_message": settings.system_message,
            "parse_reasoning": settings.parse_reasoning,
            "end_reasoning_string": settings.end_reasoning_string,
            "inference": inference,
            "chat_template_kwargs": settings.chat_template_kwargs,
            "context_overflow": None if settings.context_overflow == "fail" else settings.context_overflow,
        }
    )


def _known_by(model: Identified) -> dict[str, Any]:
    return {
        differences.MODEL: digest(model.files) if model.files else None,
        differences.COMMIT: model.commit,
        differences.NAMED: digest(model.named_files) if model.named_files else None,
        **{differences.but_paths(name): text for name, text in model.words.items()},
    }


def flattened(parts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings into dotted keys, without None.

    >>> flattened({"grader": {"name": "math_answer", "extract_regex": None}})
    {'grader.name': 'math_answer'}
    """
    flat: dict[str, Any] = {}
    for key, value in parts.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.")
        elif value is not None:
            flat[prefix + key] = value
    return flat
