"""`ns export`: writes a run's records and numbers for other tools; the run itself stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.core.atomic import cannot_write
from northstar.core.errors import UsageError, did_you_mean
from northstar.core.paths import AnyPath
from northstar.exporting.comma_separated import write_csv
from northstar.exporting.exported import read_run
from northstar.exporting.hub_results import write_hub_results
from northstar.exporting.inspect_log import write_inspect
from northstar.exporting.ml_flow import write_mlflow
from northstar.exporting.parquet import write_parquet
from northstar.exporting.weights_and_biases import write_wandb

FORMS: dict[str, Callable[..., list[Path]]] = {
    "parquet": write_parquet,
    "csv": write_csv,
    "inspect": write_inspect,
    "wandb": write_wandb,
    "mlflow": write_mlflow,
    "hf": write_hub_results,
}
TRACKERS = ("wandb", "mlflow")
"""Those that can send to a server."""


@dataclass(frozen=True)
class Exported:
    """What was written: files, or the folders of a tracker's run; `notes` says what was left out."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def export(
    path: AnyPath,
    *,
    to: str,
    output: AnyPath | None = None,
    benchmarks: str | Sequence[str] | None = None,
    include_gated: bool = False,
    online: bool = False,
    project: str = "northstar",
    extra_benchmarks: Sequence[AnyPath] = (),
) -> Exported:
    """Write a run's records and numbers for another tool; the run itself stays as it is.

    Args:
        path: The output folder.
        to: 'parquet', 'csv', 'inspect', 'wandb', 'mlflow' or 'hf'.
        output: A new folder for the files; by default RUN-FORMAT in the current one.
        benchmarks: Only these.
        include_gated: Also the records of benchmarks whose authors ask not to publish their rows.
        online: wandb and mlflow: send it to the server, too.
        project: wandb's project, mlflow's experiment.
        extra_benchmarks: Files with your own benchmarks.

    Raises:
        UsageError: The format is unknown, or the folder is not new.
        NorthstarError: Results can't be read, or files can't be written.

    >>> northstar.export("out", to="parquet").files  # doctest: +SKIP
    """
    if to not in FORMS:
        raise UsageError(f"unknown --to '{to}'.{did_you_mean(to, FORMS)} It may be {', '.join(FORMS)}.")
    if online and to not in TRACKERS:
        raise UsageError(f"--online is for --to={' and --to='.join(TRACKERS)}; --to={to} writes files alone.")
    source = Path(path).expanduser().absolute()
    extra = [Path(name).expanduser().absolute() for name in extra_benchmarks]
    include_gated = include_gated or to == "hf"  # which has no records
    run = read_run(source, benchmarks=benchmarks, extra=extra, include_gated=include_gated)
    folder = Path(f"{run.name}-{to}" if output is None else output).expanduser().absolute()
    _check_new(folder, run.folder)
    with cannot_write(folder):
        folder.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"online": online, "project": project} if to in TRACKERS else {}
    try:
        return Exported(tuple(FORMS[to](run, folder, **options)), run.notes)
    finally:
        with suppress(OSError):  # only if nothing was written
            folder.rmdir()


def _check_new(folder: Path, run: Path) -> None:
    """Raise UsageError for a folder with files, or one inside the run."""
    if run.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError(
            f"--output={folder} lies in the run, which an export leaves as it is; choose a folder beside it."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already; remove it, or choose another --output.")
