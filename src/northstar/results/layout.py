"""The only module that knows the names in an output folder, but for those of shared work (pool/files.py).

<output_dir>/run.json                                      provenance of the results
<output_dir>/eval-results/metrics.json                     all benchmarks of the folder
<output_dir>/eval-results/<benchmark>/metrics.json
                                     /output-rs3.jsonl     the records of seed 3; output.jsonl: of the greedy generation
                                     /output-rs3_chunk_0-of-4.jsonl
                                     /output-rs3.jsonl.journal            an unfinished shard
                                     /output-rs3.jsonl.journal,0,<node>   what a node of a pool has done of it
                                     /judgements/<judge>/output-rs3.jsonl
                                     /regraded/<name>/output-rs3.jsonl    new grades of the same generations
                                                     /changes.jsonl       what they change
                                     /metrics@<name>.json                 what these come to; in eval-results, too
                                     /superseded/<time>/                  what --rerun_done set aside
<output_dir>/eval-logs/                                    logs; jobs/ has input files, index/ what ns view keeps
                       pool/                               the work that several nodes share (pool/tokens.py)

<benchmark> is a name by the grammar of core/benchmark_name.py: 'aime24', 'livecodebench.test_v5_2407_2412',
'bfcl_v3.simple'; a variant with tools and generations of other origin have their places in it.

The answers to a file of one's own (ns generate) lie in <output_dir> itself, as in a benchmark's folder.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from northstar.core.benchmark_name import GENERATED

RUN_JSON = "run.json"
METRICS_FILE = "metrics.json"
JUDGEMENTS = "judgements"
"""The folder beside the outputs with a folder per judge."""
REGRADED = "regraded"
"""The folder beside the outputs with a folder per regrading, and the name of one that the user gave none."""
_LONGEST_NAME = 100
"""Longest folder name before its hash: file systems allow 255 bytes, and Slurm's job names include it."""
_NAME = re.compile(
    r"(?P<stem>output(?:-rs(?P<seed>0|[1-9][0-9]*))?(?P<chunk>_chunk_[0-9]+-of-[0-9]+)?)\.jsonl"
    r"(?P<journal>\.journal(?:,[0-9]+,[^,./]+)?)?"
)
_RESULTS = "eval-results"


@dataclass(frozen=True, slots=True)
class Shard:
    """One seed of a benchmark, or a chunk of it.

    Attributes:
        seed: None for the greedy generation.
        rows: The 0-based rows of the split that this shard asks.
    """

    benchmark: str
    seed: int | None
    rows: range
    chunk: int = 0
    num_chunks: int = 1

    @property
    def stem(self) -> str:
        """The file name without endings: 'output-rs3', 'output' if greedy, 'output-rs3_chunk_0-of-4' for a chunk."""
        base = whole_stem(self.seed)
        return base if self.num_chunks == 1 else chunk_stem(base, self.chunk, self.num_chunks)

    @property
    def siblings(self) -> list[str]:
        """The stems of all chunks of the seed, including this one."""
        return [chunk_stem(whole_stem(self.seed), chunk, self.num_chunks) for chunk in range(self.num_chunks)]


def whole_stem(seed: int | str | None) -> str:
    """Return the file name, without ending, of a seed's whole output.

    >>> whole_stem(3), whole_stem(None)
    ('output-rs3', 'output')
    """
    return "output" if seed is None else f"output-rs{seed}"


def chunk_stem(base: str, chunk: int, num_chunks: int) -> str:
    """Return the file name, without ending, of one chunk of an output.

    >>> chunk_stem("output-rs3", 0, 4)
    'output-rs3_chunk_0-of-4'
    """
    return f"{base}_chunk_{chunk}-of-{num_chunks}"


def whole_and_cut(name: str) -> tuple[str, str]:
    """Split a stem or a shard's key into that of the whole output, and the number of chunks ('' if not chunked).

    >>> whole_and_cut("aime24/output-rs3_chunk_0-of-4")
    ('aime24/output-rs3', '4')
    """
    whole, _, part = name.partition("_chunk_")
    return whole, part.rpartition("-of-")[2]


def chunk_rows(rows: int, chunk: int, num_chunks: int) -> range:
    """Return the contiguous rows of chunk number `chunk`; chunks differ by one row at most.

    >>> [list(chunk_rows(5, chunk, 2)) for chunk in range(2)]
    [[0, 1], [2, 3, 4]]
    """
    return range(rows * chunk // num_chunks, rows * (chunk + 1) // num_chunks)


def whole_path(folder: Path, seed: int | None) -> Path:
    """Return the file of all records of a seed."""
    return path_of(folder, whole_stem(seed))


def path_of(folder: Path, stem: str) -> Path:
    """Return the file of the records of a stem, a seed's or a chunk's."""
    return folder / f"{stem}.jsonl"


def output_path(folder: Path, shard: Shard) -> Path:
    """Return the file of the shard's finished records."""
    return path_of(folder, shard.stem)


def journal_path(folder: Path, shard: Shard) -> Path:
    """Return the shard's journal, beside its output."""
    return journal_beside(output_path(folder, shard))


def journal_beside(output: Path) -> Path:
    """Return the journal from which an output is made; for a journal, itself."""
    return output if output.suffix == ".journal" else output.with_name(f"{output.name}.journal")


def results_folder(output_dir: Path) -> Path:
    return output_dir / _RESULTS


def output_dir_of(results: Path) -> Path | None:
    """Return the output folder that a benchmark's folder belongs to; None if it stands alone, without a run.json."""
    if (results / RUN_JSON).is_file():  # of ns generate
        return results
    parents = (results.parent, results.parent.resolve())  # resolved in case the first is '..'
    return next((parent.parent for parent in parents if parent.name == _RESULTS), None)


def benchmark_folder(output_dir: Path, benchmark: str) -> Path:
    return output_dir if benchmark == GENERATED else results_folder(output_dir) / benchmark


def folders_there(output_dir: Path) -> dict[str, Path]:
    """Return benchmark → its folder, of all that have one, by name; the answers of ns generate first."""
    results = results_folder(output_dir)
    own = any(_NAME.fullmatch(path.name) for path in output_dir.iterdir()) if output_dir.is_dir() else False
    folders = sorted(child for child in results.iterdir() if child.is_dir()) if results.is_dir() else []
    return ({GENERATED: output_dir} if own else {}) | {folder.name: folder for folder in folders}


def logs_folder(output_dir: Path, job: str | None = None) -> Path:
    """Return the log folder of the output folder, or of one of its jobs."""
    return output_dir / "eval-logs" / (job or "")


def index_folder(output_dir: Path) -> Path:
    """Return where ns view keeps the indexes of the folder's large files."""
    return logs_folder(output_dir) / "index"


def superseded_folder(folder: Path, when: str) -> Path:
    """Return where --rerun_done moves what it replaces; `when` is a time, as a name."""
    return folder / "superseded" / when


def shard_lock(folder: Path, stem: str) -> Path:
    """Return the lock of whoever writes a shard's files."""
    return folder / f".{stem}.lock"


def join_lock(folder: Path, seed: int | None) -> Path:
    """Return the lock of whoever joins a seed's chunks, or cleans up after them."""
    return folder / f".{whole_stem(seed)}.join.lock"


def growth_lock(folder: Path) -> Path:
    """Return the lock of whoever turns a benchmark's results into journals of more rows."""
    return folder / ".growth.lock"


def judge_folder_name(judge: str) -> str:
    """Return a judge's folder name: its model's name if that is plain, else made unique by 8 digits of its hash.

    >>> judge_folder_name("o3-mini"), judge_folder_name("org/m")
    ('o3-mini', 'org_m-4c1771e1')
    """
    plain = re.sub(r"[^A-Za-z0-9.+-]+", "_", judge).strip("_.")
    if plain and plain == judge and len(plain) <= _LONGEST_NAME:
        return plain
    return f"{plain[:_LONGEST_NAME] or 'judge'}-{hashlib.sha256(judge.encode('utf-8', 'replace')).hexdigest()[:8]}"


def shard_key(benchmark: str, stem: str, judge: str | None = None) -> str:
    """Return a shard's name in small files; `judge` is the name of its judgements' folder.

    >>> shard_key("hle", "output-rs0", "o3")
    'hle/judgements/o3/output-rs0'
    """
    return f"{benchmark}/{stem}" if judge is None else f"{benchmark}/{JUDGEMENTS}/{judge}/{stem}"


def judgements_folder(results: Path) -> Path:
    """Return where a benchmark's judgements are, with a folder per judge."""
    return results / JUDGEMENTS


def judged_folder(results: Path, judge: str) -> Path:
    return judgements_folder(results) / judge_folder_name(judge)


def regradings_folder(results: Path) -> Path:
    """Return where a benchmark's new grades are, with a folder per regrading."""
    return results / REGRADED


def regraded_folder(results: Path, name: str) -> Path:
    return regradings_folder(results) / name


def changes_path(regraded: Path) -> Path:
    """Return the file of what a regrading changed, in its folder."""
    return regraded / "changes.jsonl"


def is_regrading_name(name: str) -> bool:
    """Whether a regrading can be called so: its folder and its metrics file are.

    >>> is_regrading_name("by-regex"), is_regrading_name("../x")
    (True, False)
    """
    return len(name) <= _LONGEST_NAME and re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*", name) is not None


def metrics_files(folder: Path) -> dict[str, Path]:
    """Return the metrics files of a folder: regrading → file, '' for the results themselves."""
    found = {regrading_of(file): file for file in sorted(folder.glob("metrics@*.json"))}
    return {"": folder / METRICS_FILE} | {name: file for name, file in found.items() if is_regrading_name(name)}


def regrading_of(metrics: Path) -> str:
    """Return whose numbers a metrics file has: the name of a regrading, or ''.

    >>> regrading_of(Path("metrics@v1.2.json"))
    'v1.2'
    """
    return metrics.name.removesuffix(".json").partition("@")[2]


def metrics_path(folder: Path, regrading: str = "") -> Path:
    """Return the metrics file of a benchmark's folder, or of eval-results; that of a regrading by its name."""
    return folder / (f"metrics@{regrading}.json" if regrading else METRICS_FILE)


class OutputFile(NamedTuple):
    """An output or a journal, as its name describes it; `stem` is the name without endings, `seed` None if greedy."""

    path: Path
    stem: str
    seed: int | None
    is_chunk: bool
    is_journal: bool

    @property
    def is_whole(self) -> bool:
        """Whether it is the output of a whole seed."""
        return not self.is_chunk and not self.is_journal


def output_file(path: Path) -> OutputFile | None:
    """Parse a path's name; None if it is neither an output nor a journal."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    seed = None if match["seed"] is None else int(match["seed"])
    return OutputFile(path, match["stem"], seed, match["chunk"] is not None, match["journal"] is not None)


def shown_shard(key: str) -> str:
    """Format a shard's key for people.

    >>> shown_shard("aime24/output-rs3"), shown_shard("hle/judgements/o3/output-rs0")
    ('aime24 rs3', 'hle rs0 judged by o3')
    """
    benchmark, _, rest = key.partition("/")
    judge, _, stem = rest.rpartition("/")
    part = stem.removeprefix("output").lstrip("-_").replace("_chunk_", " chunk ").replace("chunk_", "chunk ")
    judged = f" judged by {judge.removeprefix(f'{JUDGEMENTS}/')}" if judge else ""
    return f"{benchmark} {part}".rstrip() + judged
