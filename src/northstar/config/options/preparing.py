"""The options of `ns prepare_data`; `northstar.prepare_data` writes out those that Python takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from northstar.config.options.option import Moves, option
from northstar.core.paths import AnyPath


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """Which rows are prepared, and where they go. `--help` lists the options in this order."""

    benchmarks: Sequence[str] = option(
        (),
        help="Names of benchmarks or groups, as --list shows them; gpqa.main for one split. A benchmark may take "
        "settings, as ++name.setting=PATH: --list shows which.",
        argument=True,
        typed=list[str] | None,
    )
    list_: bool = option(False, help="List the benchmarks with their splits and settings, and stop.", command_only=True)
    split: str | None = option(
        None, help="The split of the benchmarks that have it [dim](default: each one's own)[/dim]."
    )
    data_dir: AnyPath | None = option(
        None,
        help="Where the rows go [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        typed=Path | None,
        moves=Moves.PATH,
    )
    source: AnyPath | None = option(
        None,
        help="Take the files from here, in place of the network: a folder of files that were fetched elsewhere, or "
        "what --export wrote there (docs/offline.md).",
        typed=Path | None,
        moves=Moves.PATH,
    )
    export: AnyPath | None = option(
        None,
        help="Write all files that these benchmarks are made from into this .tar, for --source on a machine without a "
        "network; prepare nothing here.",
        typed=Path | None,
        moves=Moves.PATH,
    )
    force: bool = option(False, help="Download again, even if the source has changed.")
    extra_benchmarks: Sequence[AnyPath] = option(
        (), help="A file, or folder, of your own benchmarks.", typed=list[Path] | None, moves=Moves.PATH
    )
