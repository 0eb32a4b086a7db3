"""A shard: one benchmark, one seed, one chunk of its rows; it has one output file and one journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Shard:
    """rows: the 0-based rows of the split that this shard asks. seed: None for the greedy generation."""

    benchmark: str
    seed: int | None
    rows: range
    chunk: int = 0
    num_chunks: int = 1

    @property
    def stem(self) -> str:
        """'output-rs3', 'output' without repeats, 'output-rs3_chunk_0-of-4' for a chunk."""
        base = whole_stem(self.seed)
        return base if self.num_chunks == 1 else chunk_stem(base, self.chunk, self.num_chunks)

    @property
    def siblings(self) -> list[str]:
        """The stems of all chunks that the seed is cut into, this one among them."""
        return [chunk_stem(whole_stem(self.seed), chunk, self.num_chunks) for chunk in range(self.num_chunks)]


def whole_stem(seed: int | None) -> str:
    """The file name, without ending, of one seed's whole output."""
    return "output" if seed is None else f"output-rs{seed}"


def shard_lock(folder: Path, stem: str) -> Path:
    """Who writes a shard's files holds it."""
    return folder / f".{stem}.lock"


def join_lock(folder: Path, seed: int | None) -> Path:
    """Who puts a seed's chunks together, or clears them up, holds it."""
    return folder / f".{whole_stem(seed)}.join.lock"


def chunk_stem(base: str, chunk: int, num_chunks: int) -> str:
    """The file name, without ending, of one chunk of an output."""
    return f"{base}_chunk_{chunk}-of-{num_chunks}"


def whole_and_cut(name: str) -> tuple[str, str]:
    """A stem, or a shard's key, taken apart: that of the whole output, and into how many chunks it is cut, '' for none.

    'aime24/output-rs3_chunk_0-of-4' → ('aime24/output-rs3', '4').
    """
    whole, _, part = name.partition("_chunk_")
    return whole, part.rpartition("-of-")[2]


def chunk_rows(rows: int, chunk: int, num_chunks: int) -> range:
    """The contiguous part of `rows` rows that chunk number `chunk` takes; parts differ by one row at most."""
    return range(rows * chunk // num_chunks, rows * (chunk + 1) // num_chunks)


_RESULTS = "eval-results"


def results_folder(output_dir: Path) -> Path:
    return output_dir / _RESULTS


def output_dir_of(results: Path) -> Path | None:
    """Where a benchmark's folder belongs; None where it lies by itself, and no run.json near it speaks of it."""
    parents = (results.parent, results.parent.resolve())  # the second one where the first is '..'
    return next((parent.parent for parent in parents if parent.name == _RESULTS), None)


def benchmark_folder(output_dir: Path, benchmark: str) -> Path:
    return results_folder(output_dir) / benchmark


def logs_folder(output_dir: Path, job: str | None = None) -> Path:
    """Of the output folder, or of one of its jobs."""
    return output_dir / "eval-logs" / (job or "")
