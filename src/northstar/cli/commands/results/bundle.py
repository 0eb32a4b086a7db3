"""`ns bundle` and `ns verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from northstar.core.text import counted, printable

ExtraBenchmarks = Annotated[
    list[Path] | None, typer.Option("--extra_benchmarks", help="A file or folder of your own benchmarks.")
]


def bundle(
    output_dir: Annotated[Path, typer.Argument(help="The output folder of ns eval.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write: table.nsb.", show_default=False)],
    benchmarks: Annotated[
        str | None, typer.Option("--benchmarks", help="Only these benchmarks [dim](default: all)[/dim].")
    ] = None,
    extra_benchmarks: ExtraBenchmarks = None,
) -> None:
    """Pack what a published table needs into one file that anyone can check offline with ns verify.

    Generations, grades, settings, hashes and versions. Rows whose authors ask not to publish them (gpqa, hle) are in
    it by id and hash alone.
    """
    import sys

    from northstar.api.bundling.packing import bundle as pack

    made = pack(output_dir, output, benchmarks=benchmarks, extra_benchmarks=extra_benchmarks or ())
    for note in made.notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    print(
        f"{made.file}: {', '.join(made.benchmarks)}; {made.file.stat().st_size:,} bytes. Check it: ns verify {output}"
    )


def verify(
    file: Annotated[Path, typer.Argument(help="A bundle, from anyone.", show_default=False)],
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data_dir",
            help="Where prepared rows are [dim](default: NORTHSTAR_DATA_DIR, or the user's data folder)[/dim].",
        ),
    ] = None,
    extra_benchmarks: ExtraBenchmarks = None,
    sandbox: Annotated[
        str, typer.Option("--sandbox", help="The sandbox for programs that the model wrote, as for ns eval.")
    ] = "auto",
) -> None:
    """Grade a bundle's generations again, compute its table from the grades, and list what differs. Needs no model.

    Exits with 0 if nothing differs and each benchmark could be checked, else with 1.
    """
    from northstar.api.bundling.verifying import verify as check
    from northstar.core.errors import NorthstarError

    found = check(file, data_dir=data_dir, extra_benchmarks=extra_benchmarks or (), sandbox=sandbox)
    for line in found.lines:
        print(printable(line))
    print(f"\n{printable(found.summary.text())}\n")
    for name, changes in found.changes.items():
        if changes.first:
            print(printable(changes.text(name)), end="\n\n")
    for difference in found.differences:
        print(f"differs: {printable(difference)}")
    if not found.agrees:
        none = f"nothing of {', '.join(found.unchecked)} could be checked here" if found.unchecked else ""
        differences = counted(len(found.differences), "difference") if found.differences else ""
        raise NorthstarError(f"{file}: {'; '.join(filter(None, (differences, none)))}.")
    print(
        "Nothing differs: what could be graded came out the same, and the table follows from the records.", flush=True
    )
