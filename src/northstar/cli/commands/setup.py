"""`ns setup`: writes a cluster config, or checks one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from northstar.config.options.cluster import ClusterOptions
from northstar.core.paths import AnyPath

_MARKS = {True: "ok  ", False: "FAIL", None: "?   "}


def setup(
    check: Annotated[bool, typer.Option("--check", help="Check the config of --cluster; write nothing.")] = False,
    *,
    where: ClusterOptions,
) -> None:
    """Ask a few questions and write a cluster config; --check tests an existing one.

    Example: ns setup --check --cluster=lab
    """
    if check:
        _check(where)
    else:
        _ask(where.config_dir)


def _check(where: ClusterOptions) -> None:
    from northstar.cli.remote import found_cluster
    from northstar.core.errors import NorthstarError
    from northstar.core.text import counted, printable
    from northstar.executors.check import check_cluster

    cluster = found_cluster(where)
    print(f"{cluster.name}: {cluster.file or 'this machine, without a config'}", flush=True)
    wrong = 0
    for finding in check_cluster(cluster):
        print(f"{_MARKS[finding.ok]}  {printable(finding.text)}", flush=True)
        wrong += finding.ok is False
    if wrong:
        raise NorthstarError(f"{counted(wrong, 'check')} of cluster {cluster.name} failed.")


def _ask(config_dir: AnyPath | None) -> None:
    import os

    from northstar.config.cluster import VARIABLE, cluster_of, config_folders
    from northstar.core.errors import NorthstarError, UsageError
    from northstar.executors.choice import executor_of

    folders = config_folders(config_dir)
    folder = folders[0] if config_dir or os.environ.get(VARIABLE) else folders[-1]
    name = typer.prompt("Name of the cluster (--cluster=NAME)", default="lab")
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"'{name}' is not a valid cluster name: use letters, digits, - and _.")
    file = folder / f"{name}.yaml"
    if file.exists() and not typer.confirm(f"{file} exists. Overwrite it?"):
        raise NorthstarError(f"{file} was not changed.")
    config = _answers()
    executor_of(cluster_of(config, file))  # check the answers before writing
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(_yaml(config))
    print(f"Written: {file}")
    print(f"Check it: ns setup --check --cluster={name}" + (f" --config_dir={config_dir}" if config_dir else ""))


def _answers() -> dict[str, Any]:
    from northstar.executors.choice import executor_kind, executor_names

    names = executor_names()
    config: dict[str, Any] = {"executor": typer.prompt(f"Where do jobs run: {' or '.join(names)}?", default=names[-1])}
    config |= executor_kind(config["executor"]).questions(_optional)
    mounts = _optional("Mounts, like /data/me:/workspace (several: separated by commas)")
    config["mounts"] = [part.strip() for part in mounts.split(",")] if mounts else None
    return {key: value for key, value in config.items() if value}


def _optional(question: str) -> str:
    answer: str = typer.prompt(f"{question} (empty: none)", default="", show_default=False)
    return answer.strip()


def _yaml(config: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
