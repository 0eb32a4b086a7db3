"""Weights & Biases: a run with settings, numbers and records, written offline unless its server is asked for."""

from __future__ import annotations

from pathlib import Path

from northstar.core.errors import NorthstarError
from northstar.exporting.exported import Run
from northstar.exporting.numbers import main_numbers
from northstar.exporting.parquet import write_parquet


def write_wandb(run: Run, folder: Path, *, online: bool = False, project: str = "northstar") -> list[Path]:
    """Write a run of Weights & Biases below `folder`; return where it lies, for `wandb sync`.

    Args:
        run: What is exported.
        folder: Where its files go.
        online: Send it to the server of WANDB_BASE_URL, too.
        project: The project that it belongs to.

    Raises NorthstarError if wandb isn't installed, or refuses.
    """
    try:
        import wandb
    except ImportError:
        raise NorthstarError("--to=wandb needs the package wandb: pip install wandb.") from None
    kept = folder / "records"  # where wandb sync looks for them later
    kept.mkdir()
    try:
        with wandb.init(
            dir=str(folder),
            project=project,
            name=run.name,
            config=run.settings,
            mode="online" if online else "offline",
            settings=wandb.Settings(console="off", silent=True, x_disable_meta=True, x_disable_stats=True),
        ) as begun:
            begun.summary.update({number.name: number.value for number in main_numbers(run)})
            records = wandb.Artifact("records", type="evaluation")
            for file in write_parquet(run, kept):
                records.add_file(str(file), policy="immutable")
            begun.log_artifact(records)
            place = Path(begun.dir).parent
    except wandb.errors.Error as error:
        raise NorthstarError(f"wandb refused the run: {error}.") from None
    return [place]
