"""What a benchmark's page of docs/benchmarks says in its table, from its file: python -m tests.benchmarks.pages.

That command writes the table of each page anew, a page with the table alone where there is none, and the list of all.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.data.source import UNPINNED, EnvironmentPackage, HubFile, HubFiles, Source, hub_files
from northstar.task.benchmark import FAMILIES, Benchmark

PAGES = Path(__file__).parents[2] / "docs" / "benchmarks"
OFFICIAL = "compared with official verdicts"
"""The row of the table that is written by hand."""


def page_of(name: str) -> Path:
    return PAGES / f"{name}.md"


def stated(benchmark: Benchmark) -> dict[str, str]:
    """Return the rows of the table that follow from the benchmark's file."""
    splits = benchmark.splits
    counts = [f"{number:,} ({split})" for split, number in splits.rows.items()]
    return {
        "family": benchmark.family,
        "rows": ", ".join(counts) or "see below",
        "source": _distinct(splits.named.values(), _source),
        "revision": _distinct(splits.named.values(), _revision),
        "sha256": _distinct(splits.named.values(), _sha256),
        "licence": benchmark.licence,
        "cite": benchmark.citation,
        "prompt": f"`{benchmark.prompt}`",
        "scores": ", ".join(f"`{score}`" for score in benchmark.metrics.scores),
    }


def read_table(text: str) -> dict[str, str]:
    """Return the first table of a page as name → value."""
    lines = re.findall(r"^\| ([a-z0-9 ]+) \| (.*) \|$", text.partition("\n## ")[0], re.MULTILINE)
    return dict(lines)


def _distinct(sources: object, say: object) -> str:
    assert callable(say)
    return ", ".join(dict.fromkeys(said for each in sources for said in say(each)))  # type: ignore[attr-defined]


def _source(source: Source) -> list[str]:
    if isinstance(source, HubFile | HubFiles):
        return [f"[{file.repo}]({_address(file)})" for file in hub_files(source)]
    return [f"the package `{source.package}`"] if isinstance(source, EnvironmentPackage) else ["ships with Northstar"]


def _address(file: HubFile) -> str:
    from northstar.data.source import GitHubFile

    host = "https://github.com" if isinstance(file, GitHubFile) else "https://huggingface.co/datasets"
    return f"{host}/{file.repo}"


def _revision(source: Source) -> list[str]:
    if isinstance(source, HubFile | HubFiles):
        return ["`unpinned`" if file.revision == UNPINNED else f"`{file.revision}`" for file in hub_files(source)]
    return [f"`{source.version}`"] if isinstance(source, EnvironmentPackage) else ["that of Northstar"]


def _sha256(source: Source) -> list[str]:
    if isinstance(source, HubFile | HubFiles):
        return ["`recorded`" if file.sha256 is None else f"`{file.sha256}`" for file in hub_files(source)]
    return [f"`{source.sha256}`"] if isinstance(source, EnvironmentPackage) else ["that of Northstar"]


def write(name: str) -> None:
    """Write the table of a benchmark's page anew; what else stands there stays."""
    path, benchmark = page_of(name), find_benchmark(name)
    text = path.read_text() if path.exists() else f"# {name}\n\n{benchmark.about}.\n\n| | |\n| --- | --- |\n"
    head, _, rest = text.partition("| --- | --- |\n")
    after = re.sub(r"\A(\|.*\n)*", "", rest)
    table = {**stated(benchmark), OFFICIAL: read_table(text).get(OFFICIAL, "none compared")}
    lines = "".join(f"| {key} | {value} |\n" for key, value in table.items())
    path.write_text(f"{head}| --- | --- |\n{lines}{after}")


def listed() -> str:
    """Return README.md of docs/benchmarks: all benchmarks by family."""
    found = [find_benchmark(name) for name in benchmark_names()]
    lines = [
        "# The benchmarks",
        "",
        "By family, with a page each. `ns prepare_data --list` shows them with their splits.",
        "",
        "Most rows come from the Hugging Face Hub (`HF_ENDPOINT` names a mirror). Those of ifbench, the further inputs",
        "of human-eval and mbpp, and NLTK's models come from GitHub: `NORTHSTAR_GITHUB_ENDPOINT` names an address that",
        "is asked in place of both raw.githubusercontent.com and github.com.",
    ]
    for family in FAMILIES:
        if mine := [each for each in found if each.family == family]:
            lines += ["", f"## {family.capitalize()}", "", "| | | licence |", "| --- | --- | --- |"]
            lines += [f"| [{each.name}]({each.name}.md) | {each.about} | {each.licence} |" for each in mine]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for each in sys.argv[1:] or benchmark_names():
        write(each)
    page_of("README").write_text(listed())
