"""Maps the paths in options and plans between the host and containers."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from northstar.config.mounts import PathMap
from northstar.config.options.option import Moves, Option, changed_options
from northstar.config.overrides import override_tree
from northstar.config.plan import GenerateStage, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings

T = TypeVar("T")


def mapped_options(options: T, path_map: PathMap) -> T:
    """Map every path in a command's options, as their marks say, but not in options for clusters only.

    Raises:
        UsageError: A path lies under no mount.
    """

    def moved(option: Option, value: Any, group: Any) -> Any:
        marks = option.marks
        if not value or option.clusters or (marks.unless is not None and getattr(group, marks.unless)):
            return value
        match marks.moves:
            case Moves.PATH if isinstance(value, str | PathLike):
                return path_map.path(str(value), option.written)
            case Moves.PATH:
                return [path_map.path(str(path), option.written) for path in value]
            case Moves.WORDS:
                return path_map.argv(value, option.written)
            case Moves.PROGRAM:
                return PathMap(path_map.pairs).argv(value, option.written)
            case Moves.OVERRIDES:
                return _mapped_tree(override_tree(value, option.written), path_map)
            case _:
                return value

    return changed_options(options, moved) if path_map else options


def named_as_written(server: ServerPlan, written: str | None) -> ServerPlan:
    """Keep the model's name as `written` in the command, if a mount mapped it."""
    if server.runs_already or not written or not written.startswith("/") or written == server.model:
        return server
    return server.model_copy(update={"named": written})


def mapped_plan(plan: Plan, path_map: PathMap, server_map: PathMap) -> Plan:
    """Map a plan's paths for its worker and, separately, for its servers."""
    return plan.model_copy(
        update={
            "output_dir": _mapped(plan.output_dir, path_map),
            "extra_benchmarks": tuple(_mapped(path, path_map) for path in plan.extra_benchmarks),
            "generate": None if plan.generate is None else _mapped_generation(plan.generate, path_map, server_map),
            "judges": tuple(_mapped_judge(judge, path_map, server_map) for judge in plan.judges),
        }
    )


def _mapped_generation(stage: GenerateStage, path_map: PathMap, server_map: PathMap) -> GenerateStage:
    return stage.model_copy(
        update={
            "data_dir": _mapped(stage.data_dir, path_map),
            "server": mapped_server(stage.server, path_map, server_map),
            "benchmarks": tuple(
                part.model_copy(
                    update={
                        "settings": _mapped_settings(part.settings, path_map),
                        "input": part.input
                        and part.input.model_copy(update={"file": _mapped(part.input.file, path_map)}),
                    }
                )
                for part in stage.benchmarks
            ),
        }
    )


def mapped_server(server: ServerPlan, path_map: PathMap, server_map: PathMap) -> ServerPlan:
    """Map a server's plan for its own process. Programs under no mount keep their paths."""
    if server.runs_already:
        file = server.addresses_file
        return server if file is None else server.model_copy(update={"addresses_file": _mapped(file, path_map)})
    programs = PathMap(server_map.pairs)
    return server.model_copy(
        update={
            "model": server.model and server_map.path(server.model, server.option("model")),
            "args": server_map.argv(server.args, server.option("server_args")),
            "paths": _between(server_map, path_map),
            "python": server.python and programs.path(server.python),
            "entrypoint": server.entrypoint and programs.argv(server.entrypoint),
        }
    )


def _between(server_map: PathMap, path_map: PathMap) -> tuple[tuple[str, str], ...]:
    """Return (server's path, worker's path) of the host folders that they see under different paths."""
    hosts = dict.fromkeys(start for start, _ in (*server_map.pairs, *path_map.pairs))
    both = ((PathMap(server_map.pairs).path(host), PathMap(path_map.pairs).path(host)) for host in hosts)
    return tuple((one, other) for one, other in both if one != other)


def _mapped_judge(judge: JudgeStage, path_map: PathMap, server_map: PathMap) -> JudgeStage:
    return judge.model_copy(
        update={
            "server": mapped_server(judge.server, path_map, server_map),
            "prompt": path_map.path(judge.prompt, "--extra_judge_args"),
            "prompts_dir": judge.prompts_dir and _mapped(judge.prompts_dir, path_map),
            "settings": _mapped_settings(judge.settings, path_map),
        }
    )


def _mapped_settings(settings: EvalSettings, path_map: PathMap) -> EvalSettings:
    if settings.prompt_config is None:
        return settings
    return settings.model_copy(update={"prompt_config": path_map.path(settings.prompt_config, "++prompt_config")})


def _mapped_tree(tree: dict[str, Any], path_map: PathMap) -> dict[str, Any]:
    prompt = tree.get("prompt_config")
    return {**tree, "prompt_config": path_map.path(prompt, "++prompt_config")} if isinstance(prompt, str) else tree


def _mapped(path: Path, path_map: PathMap) -> Path:
    return Path(path_map.path(str(path)))
