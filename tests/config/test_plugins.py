"""Installed packages add benchmarks, server types and tool parsers by entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.config.plugins import loaded_versions
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.tool_parsers.parser import find_tool_parser, tool_parser_names
from northstar.servers.server import find_server_type, server_types
from tests.installed import BENCHMARK, Install, forget, install, write_package

__all__ = ["install"]

SERVER = (
    "from northstar.servers.openai import OpenAIServer\nSERVER = OpenAIServer(default_address='https://lab.example/v1')"
)
PARSER = (
    "from northstar.models.tool_parsers.parser import Parsed, ToolParser\n"
    "PARSER = ToolParser(parse=lambda text: Parsed((), text.upper()))"
)
BROKEN = "raise RuntimeError('no such rows')"
SUMS = {"northstar.benchmarks": {"sums": "my_sums:BENCHMARK"}}


@pytest.fixture(autouse=True)
def _forget() -> object:
    forget()
    yield
    forget()
    for name in ("my_sums", "other_sums", "lab"):
        sys.modules.pop(name, None)


def sums(name: str = "sums") -> str:
    return BENCHMARK.format(name=name, module="my_sums")


def test_a_packages_benchmark_is_found_by_its_name_and_listed(install: Install) -> None:
    install("my-sums", sums(), SUMS)
    assert "sums" in benchmark_names()
    assert find_benchmark("sums").about == "One sum."


def test_a_packages_server_type_is_found_by_its_name_and_listed(install: Install) -> None:
    install("lab", SERVER, {"northstar.servers": {"lab": "lab:SERVER"}})
    assert "lab" in server_types()
    assert find_server_type("lab").default_address == "https://lab.example/v1"  # type: ignore[attr-defined]


def test_a_packages_tool_parser_is_found_by_its_name_and_listed(install: Install) -> None:
    install("lab", PARSER, {"northstar.tool_parsers": {"loud": "lab:PARSER"}})
    assert "loud" in tool_parser_names()
    assert find_tool_parser("loud", "any").parse("quiet").text == "QUIET"


def test_a_run_tells_which_packages_it_has_loaded(install: Install) -> None:
    install("my-sums", sums(), SUMS)
    find_benchmark("smoke")
    assert loaded_versions() == {}
    find_benchmark("sums")
    assert loaded_versions() == {"my-sums": "1.2"}


def test_a_package_that_fails_to_import_is_named_and_harms_no_other(install: Install) -> None:
    install("my-sums", BROKEN, SUMS)
    assert find_benchmark("smoke").name == "smoke"
    with pytest.raises(NorthstarError) as raised:
        find_benchmark("sums")
    assert str(raised.value) == (
        "my-sums 1.2 (northstar.benchmarks: sums = my_sums:BENCHMARK) cannot be imported: RuntimeError: no such rows. "
        "Repair or uninstall it."
    )


def test_a_name_that_two_packages_take_is_an_error_that_names_both(install: Install) -> None:
    install("my-sums", sums(), SUMS)
    install("other-sums", sums(), {"northstar.benchmarks": {"sums": "other_sums:BENCHMARK"}}, version="3")
    with pytest.raises(NorthstarError) as raised:
        find_benchmark("sums")
    assert "my-sums 1.2 (northstar.benchmarks: sums = my_sums:BENCHMARK)" in str(raised.value)
    assert "other-sums 3 (northstar.benchmarks: sums = other_sums:BENCHMARK)" in str(raised.value)


@pytest.mark.parametrize(
    ("group", "name"),
    [("northstar.benchmarks", "smoke"), ("northstar.servers", "openai"), ("northstar.tool_parsers", "hermes")],
)
def test_a_name_of_northstars_own_is_not_taken_in_silence(group: str, name: str, install: Install) -> None:
    install("lab", BROKEN, {group: {name: "lab:THING"}})
    finders: dict[str, Callable[[str], object]] = {
        "northstar.benchmarks": find_benchmark,
        "northstar.servers": find_server_type,
        "northstar.tool_parsers": lambda name: find_tool_parser(name, "any"),
    }
    with pytest.raises(NorthstarError, match=rf"'{name}' is taken twice: by Northstar and by lab 1\.2 \({group}: "):
        finders[group](name)


def test_what_is_something_else_is_refused(install: Install) -> None:
    install("my-sums", "BENCHMARK = 5", SUMS)
    with pytest.raises(NorthstarError, match=r"sums = my_sums:BENCHMARK\) is a int; it must be a Benchmark\."):
        find_benchmark("sums")


def test_a_benchmark_is_called_as_its_entry_is(install: Install) -> None:
    install("my-sums", sums("adding"), SUMS)
    with pytest.raises(NorthstarError, match="is called 'adding'; name its entry so too"):
        find_benchmark("sums")


def test_an_unknown_name_is_likened_to_those_of_packages(install: Install) -> None:
    install("my-sums", BROKEN, SUMS)
    with pytest.raises(UsageError, match=r"Did you mean sums\?"):
        find_benchmark("sumz")


@pytest.fixture
def with_package(tmp_path: Path) -> dict[str, str]:
    """The environment of commands beside which my-sums is installed, and a broken package."""
    folder = tmp_path / "site-packages"
    write_package(folder, "my-sums", sums(), SUMS, "1.2")
    (folder / "my_sums.jsonl").write_text('{"id": "1", "problem": "What is 2 + 3?", "expected_answer": "5"}\n')
    write_package(folder, "broken", BROKEN, {"northstar.benchmarks": {"broken": "broken:BENCHMARK"}}, "0.1")
    return {**os.environ, "PYTHONPATH": str(folder)}


def ns(environment: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "northstar", *argv], env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_the_command_runs_a_packages_benchmark(tmp_path: Path, with_package: dict[str, str]) -> None:
    plan = ("eval", "--benchmarks=sums", "--model=m", "--server_address=http://127.0.0.1:9/v1", "--dry_run")
    done = ns(with_package, *plan, f"--output_dir={tmp_path / 'out'}")
    assert "sums: split test, 1 row" in done.stdout, done.stderr
    assert "What is 2 + 3?" in done.stdout


@pytest.mark.slow
def test_help_imports_no_package(with_package: dict[str, str]) -> None:
    code = (
        "import sys; from northstar.cli.app import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([n for n in ('importlib.metadata', 'my_sums', 'broken') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=with_package, capture_output=True, text=True)
    assert done.stderr == "[]\n"


@pytest.mark.slow
def test_the_command_names_a_broken_package_in_a_sentence(tmp_path: Path, with_package: dict[str, str]) -> None:
    done = ns(with_package, "eval", "--benchmarks=broken", f"--output_dir={tmp_path / 'out'}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(
        "error: broken 0.1 (northstar.benchmarks: broken = broken:BENCHMARK) cannot be imported"
    )
