"""`ns doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.config.options.cluster import ClusterOptions


def doctor(
    json_: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that a check may take.")] = 2.0,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data_dir",
            help="Where the prepared rows are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        ),
    ] = None,
    *,
    where: ClusterOptions,
) -> None:
    """Look at this machine, or a cluster's login node: what Northstar can use, what is missing, what to do about it.

    All checks run at once, for 2 seconds at most. Nothing is installed, downloaded or changed, and no key is shown.
    Exit code: 0 if nothing failed (warnings may be there), 1 if a check failed, 2 for a wrong command.

    Example: ns doctor --cluster=lab
    """
    import json
    import shutil

    from northstar.cli.remote import found_cluster
    from northstar.config.cluster import cluster_files
    from northstar.config.mounts import to_host
    from northstar.core.errors import NorthstarError
    from northstar.core.text import counted
    from northstar.data.folder import data_folder
    from northstar.doctor.examination import as_json, examine, shown, summed

    cluster = found_cluster(where, soon=True)
    named = None if data_dir is None else to_host(cluster.mounts, cluster.name).path(str(data_dir), "--data_dir")
    columns = shutil.get_terminal_size((120, 40)).columns
    checks = []
    for check in examine(cluster, cluster_files(where.config_dir), data_folder(named), timeout):
        checks.append(check)
        if not json_:
            print(shown(check, columns), flush=True)
    print(json.dumps(as_json(checks, cluster), indent=2) if json_ else f"\n{summed(checks)}", flush=True)
    if failed := sum(check.state == "fail" for check in checks):
        raise NorthstarError(f"{counted(failed, 'check')} failed.")
