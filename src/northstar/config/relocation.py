"""Options and plans with their paths as they are called elsewhere: on the host, or inside a container."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from northstar.config.mounts import Moves
from northstar.config.overrides import override_tree
from northstar.config.plan import JudgePlan, JudgingPlan, Plan, ServerPlan
from northstar.config.settings import EvalSettings

_MODELS = {"model": "server_address", "judge_model": "judge_server_address"}
"""What runs at an address knows its model by a name, whatever that looks like."""
_WORDS = ("server_args", "judge_server_args")
_OVERRIDES = ("overrides", "extra_judge_args")
_PROGRAMS = ("server_python", "judge_server_python", "server_entrypoint")
"""Programs may lie anywhere; only what is under a mount moves."""


def moved_options(options: Mapping[str, Any], moves: Moves) -> dict[str, Any]:
    """The options of `evaluate` or `judge` with every path in them moved. Raises UsageError for one under no mount."""
    moved = dict(options)
    if not moves:
        return moved
    for name, address in _MODELS.items():
        if moved.get(name) and not moved.get(address):
            moved[name] = moves.path(moved[name], f"--{name}")
    for name in _WORDS:
        if moved.get(name):
            moved[name] = moves.words(moved[name], f"--{name}")
    for name in _PROGRAMS:
        if moved.get(name):
            moved[name] = Moves(moves.pairs).words(moved[name], f"--{name}")
    for name in _OVERRIDES:
        if moved.get(name):
            moved[name] = _moved_tree(override_tree(moved[name], f"--{name}"), moves)
    if moved.get("data_dir"):
        moved["data_dir"] = moves.path(str(moved["data_dir"]), "--data_dir")
    if moved.get("extra_benchmarks"):
        moved["extra_benchmarks"] = [moves.path(str(path), "--extra_benchmarks") for path in moved["extra_benchmarks"]]
    return moved


def named_as_written(server: ServerPlan, options: Mapping[str, Any]) -> ServerPlan:
    """The server with its model as the command's `options` write it, where a mount has moved that."""
    written = options.get("model" if server.role == "model" else "judge_model")
    if server.address is not None or not written or not written.startswith("/") or written == server.model:
        return server
    return server.model_copy(update={"named": written})


def moved_plan(plan: Plan, moves: Moves, server_moves: Moves) -> Plan:
    """The plan for a worker that sees the files elsewhere, and whose servers do (perhaps otherwise)."""
    return plan.model_copy(
        update={
            "output_dir": _moved(plan.output_dir, moves),
            "data_dir": _moved(plan.data_dir, moves),
            "extra_benchmarks": tuple(_moved(path, moves) for path in plan.extra_benchmarks),
            "server": moved_server(plan.server, moves, server_moves),
            "benchmarks": tuple(
                part.model_copy(
                    update={
                        "settings": _moved_settings(part.settings, moves),
                        "judge": None if part.judge is None else _moved_judge(part.judge, moves, server_moves),
                    }
                )
                for part in plan.benchmarks
            ),
        }
    )


def moved_judging(plan: JudgingPlan, moves: Moves, server_moves: Moves) -> JudgingPlan:
    """The same for a plan of judging."""
    return plan.model_copy(
        update={
            "output_dir": _moved(plan.output_dir, moves),
            "extra_benchmarks": tuple(_moved(path, moves) for path in plan.extra_benchmarks),
            "benchmarks": tuple(
                part.model_copy(update={"judge": _moved_judge(part.judge, moves, server_moves)})
                for part in plan.benchmarks
            ),
        }
    )


def moved_server(server: ServerPlan, moves: Moves, server_moves: Moves) -> ServerPlan:
    """The server's plan as its own process sees the files. Programs under no mount lie where they are."""
    if server.address is not None:
        return server
    programs = Moves(server_moves.pairs)
    return server.model_copy(
        update={
            "model": server.model and server_moves.path(server.model, server.option("model")),
            "args": server_moves.words(server.args, server.option("server_args")),
            "paths": _between(server_moves, moves),
            "python": server.python and programs.path(server.python),
            "entrypoint": server.entrypoint and programs.words(server.entrypoint),
        }
    )


def _between(server_moves: Moves, moves: Moves) -> tuple[tuple[str, str], ...]:
    """(as the server calls a folder, as the worker does), of the host's folders that they call otherwise."""
    hosts = dict.fromkeys(start for start, _ in (*server_moves.pairs, *moves.pairs))
    both = ((Moves(server_moves.pairs).path(host), Moves(moves.pairs).path(host)) for host in hosts)
    return tuple((one, other) for one, other in both if one != other)


def _moved_judge(judge: JudgePlan, moves: Moves, server_moves: Moves) -> JudgePlan:
    return judge.model_copy(
        update={
            "server": moved_server(judge.server, moves, server_moves),
            "prompt": moves.path(judge.prompt, "--extra_judge_args"),
            "settings": _moved_settings(judge.settings, moves),
        }
    )


def _moved_settings(settings: EvalSettings, moves: Moves) -> EvalSettings:
    if settings.prompt_config is None:
        return settings
    return settings.model_copy(update={"prompt_config": moves.path(settings.prompt_config, "++prompt_config")})


def _moved_tree(tree: dict[str, Any], moves: Moves) -> dict[str, Any]:
    prompt = tree.get("prompt_config")
    return {**tree, "prompt_config": moves.path(prompt, "++prompt_config")} if isinstance(prompt, str) else tree


def _moved(path: Path, moves: Moves) -> Path:
    return Path(moves.path(str(path)))
