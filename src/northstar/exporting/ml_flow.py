"""MLflow: a run with settings, numbers and records, in a local folder unless its server is asked for."""

from __future__ import annotations

import logging
import re
import tempfile
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.exporting.exported import Run
from northstar.exporting.numbers import main_numbers
from northstar.exporting.parquet import write_parquet

DATABASE = "mlflow.db"
_LONGEST = 6000
"""Characters of a parameter, by MLflow's own limit."""


def write_mlflow(run: Run, folder: Path, *, online: bool = False, project: str = "northstar") -> list[Path]:
    """Write a run of MLflow below `folder`; return its database, for `mlflow ui --backend-store-uri=sqlite:///…`.

    Args:
        run: What is exported.
        folder: Where its files go.
        online: Send it to the server of MLFLOW_TRACKING_URI instead.
        project: The experiment that it belongs to.

    Raises NorthstarError if mlflow isn't installed, or refuses.
    """
    try:
        import mlflow
    except ImportError:
        raise NorthstarError("--to=mlflow needs the package mlflow: pip install mlflow.") from None
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # else it tells of each table of its database
    try:
        if not online:
            mlflow.set_tracking_uri(f"sqlite:///{folder / DATABASE}")
        if not online and mlflow.get_experiment_by_name(project) is None:
            mlflow.create_experiment(project, (folder / "artifacts").as_uri())
        mlflow.set_experiment(project)
        with tempfile.TemporaryDirectory() as kept, mlflow.start_run(run_name=run.name):
            mlflow.log_params({_name(key): str(value)[:_LONGEST] for key, value in run.settings.items()})
            mlflow.log_metrics({_name(number.name): number.value for number in main_numbers(run)})
            for file in write_parquet(run, Path(kept)):
                mlflow.log_artifact(str(file), "records")
    except ImportError as error:
        raise NorthstarError(
            f"--to=mlflow needs all of mlflow, with its database ({error}): pip install mlflow."
        ) from None
    except mlflow.exceptions.MlflowException as error:
        raise NorthstarError(f"mlflow refused the run: {error}.") from None
    return [folder] if online else [folder / DATABASE]


def _name(text: Any) -> str:
    """Return a name that MLflow accepts.

    >>> _name("aime24/pass@1[avg-of-4]/symbolic_correct")
    'aime24/pass_at_1.avg-of-4/symbolic_correct'
    """
    plain = str(text).replace("@", "_at_").replace("[", ".").replace("]", "")
    return re.sub(r"[^\w\-. :/]", "_", plain, flags=re.ASCII)
