"""The options of `ns generate` and of `northstar.generate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from northstar.config.options.cluster import ClusterOptions
from northstar.config.options.jobs import JobOptions
from northstar.config.options.option import Moves, group, option
from northstar.config.options.prompts import PromptOptions
from northstar.config.options.server import JudgeOptions, ServerOptions
from northstar.core.paths import AnyPath

WHAT = "What to ask"
ANSWERS = "What becomes of the answers"
ROWS = "Which rows and seeds"
RUN = "The run"


@dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """Answers to the rows of a file, as they are asked for. `--help` lists the options in this order."""

    input_file: AnyPath = option(
        help="The rows: JSON lines, one object each, or parquet.", panel=WHAT, typed=Path, moves=Moves.PATH
    )
    output_dir: AnyPath = option(
        help="Where output.jsonl, or output-rs0.jsonl and so on, go; run again, it goes on.",
        panel=WHAT,
        typed=Path,
        moves=Moves.PATH,
    )
    overrides: Sequence[str] | Mapping[str, Any] = option(
        (),
        help="Settings, listed below.",
        in_python="Settings, as words like '++prompt_config=p.yaml' or a nested dict; ns generate --help lists them.",
        metavar="[++key=value]...",
        argument=True,
        typed=list[str] | None,
        moves=Moves.OVERRIDES,
    )
    data_dir: AnyPath | None = option(
        None,
        help="Where the prompts of libraries are kept [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)"
        "[/dim].",
        panel=WHAT,
        typed=Path | None,
        moves=Moves.PATH,
    )
    words: PromptOptions = group(PromptOptions, panel=WHAT)
    extract: str | None = option(
        None,
        help="What of each answer goes into a field: 'regex:PATTERN', its last match, or json-schema:FILE, the last "
        "JSON value that agrees with the schema; null where there is none.",
        panel=ANSWERS,
    )
    extract_field: str | None = option(None, help="That field [dim](default: extracted)[/dim].", panel=ANSWERS)
    output_format: str = option(
        "jsonl", help="parquet: also output.parquet and so on, once all is there.", panel=ANSWERS
    )
    server: ServerOptions = group(ServerOptions)
    judge: JudgeOptions = group(JudgeOptions)
    judge_labels: str | None = option(
        None,
        help="What the judge may say, with a score from 0 to 1 each: good=1,fair=0.5,bad=0 [dim](default: yes=1,no=0)"
        "[/dim].",
        panel="The judge",
    )
    num_random_seeds: int | None = option(
        None, help="So many answers to each row, each with a seed [dim](default: one greedy answer)[/dim].", panel=ROWS
    )
    num_samples: int | None = option(None, help="The same by another name.", panel=ROWS)
    starting_seed: int | None = option(None, help="The first seed [dim](default: 0)[/dim].", panel=ROWS)
    random_seeds: str | None = option(None, help="The seeds themselves: 0,3 or 0-3.", panel=ROWS)
    num_chunks: int | None = option(
        None, help="Split the rows into N chunks, so that several jobs can share them.", panel=ROWS
    )
    chunk_ids: str | None = option(None, help="Which of these chunks this job takes: 0,3 or 0-3.", panel=ROWS)
    cluster: ClusterOptions = group(ClusterOptions)
    jobs: JobOptions = group(JobOptions, clusters=True)
    dry_run: bool = option(
        False,
        help="Check all rows, print the plan, the first request, and on Slurm the jobs; run nothing.",
        panel=RUN,
        command_only=True,
    )
    rerun_done: bool = option(False, help="Set aside what is done, and ask again.", panel=RUN)
