"""Where a pool's files lie in an output folder."""

from __future__ import annotations

from pathlib import Path

from northstar.results.layout import Shard, journal_path, logs_folder, output_file


def part_path(folder: Path, shard: Shard, epoch: int, node: str) -> Path:
    """Return the journal of what a node of a pool does of a shard; epoch: see pool/tokens.py."""
    return folder / f"{journal_path(folder, shard).name},{epoch},{node}"


def part_paths(folder: Path, stem: str) -> list[Path]:
    """Return the journals of all nodes of a pool for a stem, earlier epochs first."""
    found = [file for file in folder.glob(f"{stem}.jsonl.journal,*") if output_file(file) is not None]
    return sorted(found, key=lambda file: (int(file.name.split(",")[1]), file.name))


def pool_folder(output_dir: Path) -> Path:
    """Return the folder of the work that several nodes share."""
    return logs_folder(output_dir) / "pool"
