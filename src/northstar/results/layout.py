"""The grammar of an output folder: what its folders and files are called, and what a name says. No other module knows.

<output_dir>/run.json                                      what made the results
<output_dir>/eval-results/metrics.json                     all benchmarks of the folder
<output_dir>/eval-results/<benchmark>/metrics.json
                                     /output-rs3.jsonl     the records of seed 3; output.jsonl: of the greedy generation
                                     /output-rs3_chunk_0-of-4.jsonl
                                     /output-rs3.jsonl.journal            what is under way
                                     /judgements/<judge>/output-rs3.jsonl
                                     /superseded/<time>/                  what --rerun_done set aside
<output_dir>/eval-logs/                                    logs; jobs/ holds what the jobs are told
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

RUN_JSON = "run.json"
METRICS_FILE = "metrics.json"
JUDGEMENTS = "judgements"
"""The folder, beside the outputs, that holds a folder a judge."""
_LONGEST_NAME = 100
"""Of a folder, before its hash: file systems take 255 bytes, and Slurm's job names are made of it too."""
_NAME = re.compile(
    r"(?P<stem>output(?:-rs(?P<seed>0|[1-9][0-9]*))?(?P<chunk>_chunk_[0-9]+-of-[0-9]+)?)\.jsonl(?P<journal>\.journal)?"
)
_RESULTS = "eval-results"


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


def whole_stem(seed: int | str | None) -> str:
    """The file name, without ending, of one seed's whole output."""
    return "output" if seed is None else f"output-rs{seed}"


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


def whole_path(folder: Path, seed: int | None) -> Path:
    """Where all records of a seed lie."""
    return path_of(folder, whole_stem(seed))


def path_of(folder: Path, stem: str) -> Path:
    """Where the records of that stem lie: a seed's, or a chunk's."""
    return folder / f"{stem}.jsonl"


def output_path(folder: Path, shard: Shard) -> Path:
    """Where the shard's finished records lie."""
    return path_of(folder, shard.stem)


def journal_path(folder: Path, shard: Shard) -> Path:
    """The shard's journal, beside its output."""
    return journal_beside(output_path(folder, shard))


def journal_beside(output: Path) -> Path:
    """The journal from which an output is made; a journal is its own."""
    return output if output.suffix == ".journal" else output.with_name(f"{output.name}.journal")


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


def superseded_folder(folder: Path, when: str) -> Path:
    """Where --rerun_done sets aside what it replaces. when: a time, as a name."""
    return folder / "superseded" / when


def shard_lock(folder: Path, stem: str) -> Path:
    """Who writes a shard's files holds it."""
    return folder / f".{stem}.lock"


def join_lock(folder: Path, seed: int | None) -> Path:
    """Who puts a seed's chunks together, or clears them up, holds it."""
    return folder / f".{whole_stem(seed)}.join.lock"


def judge_folder_name(judge: str) -> str:
    """A judge's model as a folder's name: 'o3-mini' as it is, 'org/m' → 'org_m-' and 8 digits of its hash."""
    plain = re.sub(r"[^A-Za-z0-9.+-]+", "_", judge).strip("_.")
    if plain and plain == judge and len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[:_LONGEST_NAME] or 'judge'}-{hashlib.sha256(judge.encode('utf-8', 'replace')).hexdigest()[:8]}"


def shard_key(benchmark: str, stem: str, judge: str | None = None) -> str:
    """What a shard is called in small files: where its output lies. judge: the name of the folder of its judgements."""
    return f"{benchmark}/{stem}" if judge is None else f"{benchmark}/{JUDGEMENTS}/{judge}/{stem}"


def judgements_folder(results: Path) -> Path:
    """Where the judgements of a benchmark's folder lie, a folder a judge."""
    return results / JUDGEMENTS


def judged_folder(results: Path, judge: str) -> Path:
    return judgements_folder(results) / judge_folder_name(judge)


class OutputFile(NamedTuple):
    """One file. seed: None for the greedy generation. stem: its name without endings."""

    path: Path
    stem: str
    seed: int | None
    is_chunk: bool
    is_journal: bool

    @property
    def is_whole(self) -> bool:
        """Whether it holds a seed's records, all of them."""
        return not self.is_chunk and not self.is_journal


def output_file(path: Path) -> OutputFile | None:
    """What a path is by its name; None for anything else."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    seed = None if match["seed"] is None else int(match["seed"])
    return OutputFile(path, match["stem"], seed, match["chunk"] is not None, match["journal"] is not None)


def shown_shard(key: str) -> str:
    """'aime24/output-rs3' → 'aime24 rs3'; 'hle/judgements/o3/output-rs0' → 'hle rs0 judged by o3'."""
    benchmark, _, rest = key.partition("/")
    judge, _, stem = rest.rpartition("/")
    part = stem.removeprefix("output").lstrip("-_").replace("_chunk_", " chunk ").replace("chunk_", "chunk ")
    judged = f" judged by {judge.removeprefix(f'{JUDGEMENTS}/')}" if judge else ""
    return f"{benchmark} {part}".rstrip() + judged
