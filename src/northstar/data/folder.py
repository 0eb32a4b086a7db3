"""Where prepared rows are stored."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path

VARIABLE = "NORTHSTAR_DATA_DIR"


def data_folder(option: str | PathLike[str] | None = None) -> Path:
    """Return the option, else NORTHSTAR_DATA_DIR, else a folder among the user's application data."""
    chosen = option or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("northstar", appauthor=False))


def split_path(data_dir: Path, benchmark: str, split: str) -> Path:
    """<data_dir>/<benchmark>/<split>.jsonl"""
    return data_dir / benchmark / f"{split}.jsonl"
