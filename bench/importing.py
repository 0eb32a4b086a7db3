"""Importing 1 GB of NeMo-Skills' outputs, 16 seeds of 2,500 rows of 20 kB, up to the grading."""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from pathlib import Path

from northstar.config.settings import EvalSettings
from northstar.data.rows import RowFile
from northstar.importing.sources import find_sources
from northstar.importing.staging import write_journals
from northstar.importing.survey import survey
from northstar.results.journal import Journal
from northstar.results.layout import Shard, journal_path

SEEDS, ROWS, BYTES = 16, 2500, 20_000


def main() -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("NORTHSTAR_BENCH_DIR")) as name:
        files, out = Path(name, "files"), Path(name, "out")
        files.mkdir()
        out.mkdir()
        rows = RowFile.open(_write(files))
        size = sum(file.stat().st_size for file in files.glob("output-*"))
        begun, worked = time.monotonic(), time.process_time()
        found = survey(find_sources(files), rows)
        surveyed = time.monotonic()
        shards = [Shard("sums", seed, range(len(found.whole))) for seed in found.seeds]
        write_journals(out, shards, found, EvalSettings())
        written = time.monotonic()
        for shard in shards:
            Journal(journal_path(out, shard), benchmark="sums", seed=shard.seed, rows=shard.rows).close()
        ended, used = time.monotonic(), time.process_time() - worked
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"import of {size / 1e6:.0f} MB without grading: {ended - begun:.1f} s, CPU {used:.1f} s, {peak:.0f} MB")
        print(f"  matching and hashing     {surveyed - begun:.1f} s")
        print(f"  writing the journals     {written - surveyed:.1f} s (synced to disk)")
        print(f"  reading them back        {ended - written:.1f} s")


def _write(folder: Path) -> Path:
    """Write the rows and the outputs; return the rows' file."""
    rows = [{"id": f"row-{n}", "problem": f"What is {n} + {n}?", "expected_answer": str(2 * n)} for n in range(ROWS)]
    text = 'so \\alpha is "x"\n' * (BYTES // 17)
    for seed in range(SEEDS):
        with (folder / f"output-rs{seed}.jsonl").open("w") as lines:
            for row in rows:
                answer = {"generation": rf"{text}\boxed{{{row['expected_answer']}}}", "num_generated_tokens": 5000}
                lines.write(json.dumps(row | answer) + "\n")
    path = folder.parent / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


if __name__ == "__main__":
    main()
