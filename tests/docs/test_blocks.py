"""Every fenced block of the pages is run, parsed or compiled, and so is what the text calls a command or an option."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

import pytest
import typer
import yaml
from docs.site.navigation import ROOT

from northstar.api.generating.own_settings import KEYS
from northstar.benchmarks.registry import benchmark_names, find_benchmark
from northstar.cli.app import app
from northstar.comparison.gate import read_policy
from northstar.config.cluster import read_cluster
from northstar.config.overrides import known_keys
from northstar.groups.reading import read_group
from northstar.recipes.reading import read_recipe
from tests.docs.blocks import Block, all_blocks, commands_in, pages, text_of
from tests.docs.command_lines import fault_of, ns_commands
from tests.docs.sessions import MARKS, Place, agrees, marked, place_of
from tests.mock_server.process import mock_process

PAGES_THAT_RUN = sorted({block.file for block in all_blocks() if block.mark in MARKS})
WITH_ROWS = {"smoke", "aime24", "aime25", "math-500"}
OF_OTHERS = {
    *("--epochs", "--confirm_run_unsafe_code", "--metrics", "--requeue", "--trust_remote_code", "--log_samples"),
    *("--preprocess_cmd", "--postprocess_cmd", "--tokenizer", "--cache_dir", "--pdb", "--revision", "--jinja"),
    "--use_cache",
}
"""Options of servers and other tools."""
OF_NEMO_SKILLS = ("skip_filled", "generation_key", "eval_type")
"""Its settings, as docs/generating.md names them."""


def _blocks(*languages: str) -> list[Block]:
    return [block for block in all_blocks() if block.language in languages]


def _kind(block: Block) -> Callable[[Path], object] | None:
    """What reads a file like this one; None for a file of another program's."""
    if block.text.startswith("executor:"):
        return read_cluster
    if re.search(r"^largest_drop:", block.text, re.MULTILINE):
        return read_policy
    if re.search(r"^members:", block.text, re.MULTILINE):
        return lambda path: read_group(str(path))
    return (lambda path: read_recipe(str(path))) if re.search(r"^runs:", block.text, re.MULTILINE) else None


def test_each_command_in_a_block_is_one_that_ns_takes() -> None:
    faults = [
        f"{block}: {fault}"
        for block in all_blocks()
        for line in commands_in(block)
        for words in ns_commands(line)
        if (fault := fault_of(words))
    ]
    assert faults == []


def test_blocks_hold_commands_that_were_found() -> None:
    """Else the test above could pass by finding none."""
    found = [words for block in all_blocks() for line in commands_in(block) for words in ns_commands(line)]
    assert len(found) > 80
    assert {"eval", "prepare_data", "compare", "view", "import", "regrade", "status"} <= {words[0] for words in found}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("ns eval --benchmarks=aime24 --output_dir=out ++inference.temprature=1", "temprature"),
        ("ns eval --benchmark=aime24 --output_dir=out", "--benchmark"),
        ("ns eval --benchmarks=aime99 --output_dir=out", "aime99"),
        ("ns evaluate --output_dir=out", "evaluate"),
        ("X=1 ns judge out --judge_modle=m > log 2>&1 &", "--judge_modle"),
        ("ns eval --benchmarks=aime24:16 --output_dir=out && ns view out", ""),
    ],
)
def test_a_command_that_ns_would_refuse_is_found(line: str, fault: str) -> None:
    said = [fault_of(words) for words in ns_commands(line)]
    assert said
    assert all(fault in each for each in said)
    assert bool(fault) == any(said)


def test_each_option_that_a_text_names_exists() -> None:
    command = typer.main.get_command(app)
    known = {name for each in command.commands.values() for option in each.params for name in option.opts}  # type: ignore[attr-defined]
    known |= {"--help", "--version", "--debug", "--install-completion", "--show-completion"}
    unknown = [
        f"{file}: {name}"
        for file in pages()
        for code in re.findall(r"`(?:ns [^`]*)?(--[^`]+)`", text_of(ROOT / file))
        for name in re.findall(r"(?:^|\s)(--[a-z_]+)(?![\w-])", code)[:1]
        if name not in known | OF_OTHERS
    ]
    assert unknown == []


def test_each_setting_that_a_text_names_exists() -> None:
    known = [
        *known_keys(),
        *KEYS,
        *OF_NEMO_SKILLS,
        *(f"{name}." for name in benchmark_names()),
    ]  # a benchmark's files: ++scicode.given
    unknown = [
        f"{file}: ++{name}"
        for file in pages()
        for name in re.findall(r"`\+\+([a-z_.]+)", text_of(ROOT / file))
        if name != "key" and not any(key == name or key.startswith(name) or name.startswith(key) for key in known)
    ]
    assert unknown == []


@pytest.mark.parametrize("block", _blocks("python"), ids=str)
def test_python_compiles(block: Block) -> None:
    compile(textwrap.dedent(block.text), str(block), "exec")


@pytest.mark.parametrize("block", _blocks("yaml", "toml", "json"), ids=str)
def test_data_can_be_read(block: Block) -> None:
    text = re.sub(r"^( *)…$", "", block.text, flags=re.MULTILINE)
    if block.language == "yaml":
        list(yaml.safe_load_all(text))
    elif block.language == "toml":
        tomllib.loads(text)
    else:
        [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("block", [each for each in _blocks("yaml") if _kind(each)], ids=str)
def test_a_file_that_a_page_shows_is_one_that_ns_reads(block: Block, tmp_path: Path) -> None:
    file, read = tmp_path / "lab.yaml", _kind(block)
    file.write_text(block.text)
    assert read is not None
    read(file)


def _dry() -> list[str]:
    """List the commands of ns eval that run on any machine: at an address, of benchmarks with stand-ins for rows."""
    found = {
        shlex.join(words)
        for block in all_blocks()
        for line in commands_in(block)
        for words in ns_commands(line)
        if words[0] == "eval" and "--server_address=http://localhost:8000/v1" in words
        if not any(re.match(r"--(recipe|cluster|judge|extra|prompts)|.*…", word) for word in words)
        for asked in (word for word in words if word.startswith("--benchmarks="))
        if {re.split(r"[:.]", name)[0] for name in asked.removeprefix("--benchmarks=").split(",")} <= WITH_ROWS
    }
    return sorted(found)


@pytest.mark.slow
def test_commands_that_can_be_tried_pass_a_dry_run(tmp_path: Path) -> None:
    with mock_process("--models=my-model") as server:
        place = Place(tmp_path, [server.address])
        for name in WITH_ROWS - {"smoke"}:
            place.prepare(name, 3)
        failed = [
            f"ns {command}: {said}"
            for command in _dry()
            if "Dry run: no model was asked" not in (said := place.shell(f"ns {command} --dry_run"))
        ]
    assert failed == []
    assert len(_dry()) >= 5


@pytest.mark.slow
def test_the_readmes_python_runs() -> None:
    (block,) = [each for each in _blocks("python") if each.file == "README.md"]
    with mock_process("--models=my-model") as server:
        place = Place(Path(mkdtemp(prefix="ns-")), [server.address])
        place.prepare("aime24", 3)
        assert "Traceback" not in place.python(block)
        assert (place.folder / "here" / "out" / "eval-results" / "aime24" / "metrics.json").is_file()
        shutil.rmtree(place.folder)


def test_contributings_benchmark_is_one(tmp_path: Path) -> None:
    block = next(each for each in _blocks("python") if each.file == "CONTRIBUTING.md")
    (tmp_path / "my_bench.py").write_text(block.text.replace("<40 hex digits>", "0" * 40))
    assert find_benchmark("my-bench", [tmp_path / "my_bench.py"]).family == "mathematics"


def test_each_shown_block_has_a_language_or_is_plain_text() -> None:
    known = {"", "bash", "console", "json", "python", "text", "toml", "yaml"}
    assert {f"{block}: {block.language}" for block in all_blocks() if block.language not in known} == set()


@pytest.mark.slow
@pytest.mark.parametrize("file", PAGES_THAT_RUN)
def test_what_a_page_shows_comes_out(file: str) -> None:
    """`python -m tests.docs.sessions FILE` writes the outputs anew."""
    with place_of(file) as place:
        for block in marked(file):
            if block.mark == "file":
                place.write(block)
            elif block.mark == "runs":
                place.python(block)
            else:
                shown, printed = place.masked(block.text), place.masked(place.run(block))
                assert agrees(shown, printed), f"{block} shows\n{shown}\nand its commands print\n{printed}"


def test_a_page_that_shows_something_else_is_found(tmp_path: Path) -> None:
    assert agrees("$ ns x\n…\nb | 2\n", "$ ns x\na\nb | 2\n")
    assert not agrees("$ ns x\n…\nb | 2\n", "$ ns x\na\nb | 3\n")
