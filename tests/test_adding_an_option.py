"""An option is a field of one dataclass: the command line, the Python API and the mounts take it from there."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from northstar.api.keywords import with_keywords
from northstar.cli.signature import command
from northstar.config.mounts import Mount, to_host
from northstar.config.options.option import Moves, given_options, group, option, option_values, read_options
from northstar.config.path_mapping import mapped_options


@dataclass(frozen=True, kw_only=True)
class RouterOptions:
    """A group that is new: it stands in two places."""

    table: str | None = option(
        None, help="Its table [dim](default: none)[/dim].", prefix="router_", moves=Moves.PATH, unless="address"
    )
    address: str | None = option(None, help="Where it is.", prefix="router_")
    hops: int = option(2, help="How far.", prefix="router_", minimum=1, panel="Routing")


@dataclass(frozen=True, kw_only=True)
class QueueOptions:
    """A group for clusters only."""

    lane: str | None = option(None, help="The lane.")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a command."""

    output_dir: str = option(help="The results.")
    router: RouterOptions = group(RouterOptions)
    backup: RouterOptions = group(
        RouterOptions, prefix="backup_", only=("hops", "table"), helps={"hops": "How far at last."}
    )
    queue: QueueOptions = group(QueueOptions, clusters=True)
    quiet: bool = option(False, help="Print little.", command_only=True)


HOST = to_host((Mount("/host/me", "/workspace"),), "lab")
FROM_A_COMMAND = ["--output_dir=out", "--router_table=t", "--backup_router_hops=3", "--quiet"]
taken: list[Options] = []


@pytest.fixture
def seen() -> Iterator[list[Options]]:
    """What a command or a function took."""
    taken.clear()
    yield taken
    taken.clear()


def body(options: Options) -> None:
    """Take them."""
    taken.append(options)


@with_keywords(first="output_dir")
def function(options: Options, *, progress: bool = True) -> bool:
    """Take them.

    Args:
        progress: Show it.
    """
    taken.append(options)
    return progress


def app() -> typer.Typer:
    made = typer.Typer(add_completion=False)
    made.command()(command(body))
    return made


def test_the_command_line_offers_it_in_each_place_of_its_group() -> None:
    parameters = typer.main.get_command(app()).params
    assert [each.opts[0] for each in parameters] == [
        *("--output_dir", "--router_table", "--router_address", "--router_hops", "--backup_router_hops"),
        *("--backup_router_table", "--lane", "--quiet"),
    ]
    helps = {each.name: getattr(each, "help", None) for each in parameters}
    assert (helps["router_hops"], helps["backup_router_hops"]) == ("How far.", "How far at last.")


def test_a_command_takes_an_object_of_options(seen: list[Options]) -> None:
    CliRunner().invoke(app(), FROM_A_COMMAND, catch_exceptions=False)
    router, backup = RouterOptions(table="t"), RouterOptions(hops=3)
    assert seen == [Options(output_dir="out", router=router, backup=backup, quiet=True)]


def test_the_command_line_holds_its_least_value() -> None:
    assert CliRunner().invoke(app(), ["--output_dir=out", "--router_hops=0"]).exit_code == 2


def test_python_offers_it_as_a_keyword_with_type_and_default() -> None:
    parameters = inspect.signature(function).parameters
    assert list(parameters) == [
        *("output_dir", "progress", "router_table", "router_address", "router_hops", "backup_router_hops"),
        "backup_router_table",
    ]
    assert str(parameters["router_hops"]) == "router_hops: int = 2"
    assert parameters["output_dir"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def test_pythons_help_says_what_the_commands_help_does() -> None:
    assert inspect.getdoc(function) == (
        "Take them.\n\nArgs:\n    output_dir: The results.\n    progress: Show it.\n"
        "    router_table: Its table (default: none).\n    router_address: Where it is.\n    router_hops: How far.\n"
        "    backup_router_hops: How far at last.\n    backup_router_table: Its table (default: none)."
    )


def test_python_gives_the_same_object(seen: list[Options]) -> None:
    assert function("out", router_table="t", backup_router_hops=3, progress=False) is False
    assert seen == [Options(output_dir="out", router=RouterOptions(table="t"), backup=RouterOptions(hops=3))]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"output_dir": "o", "router_hop": 1}, "function has no option 'router_hop'. Did you mean router_hops or"),
        ({"output_dir": "o", "quiet": True}, "function has no option 'quiet'."),
        ({"output_dir": "o", "backup_router_address": "a"}, "function has no option 'backup_router_address'."),
        ({}, "function: missing a required argument: 'output_dir'."),
    ],
)
def test_what_python_does_not_take_is_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as error:
        function(**options)
    assert str(error.value).startswith(said)


def test_mounts_move_it() -> None:
    asked = read_options(Options, {"output_dir": "o", "router_table": "/workspace/t", "backup_router_table": "t"})
    moved = option_values(mapped_options(asked, HOST))
    assert (moved["router_table"], moved["backup_router_table"]) == ("/host/me/t", "t")


def test_mounts_leave_it_where_another_option_makes_it_a_name() -> None:
    asked = Options(output_dir="o", router=RouterOptions(table="/a/name", address="h:1"))
    assert mapped_options(asked, HOST) == asked


def test_what_is_given_is_told_from_defaults() -> None:
    asked = read_options(Options, {"output_dir": "o", "router_hops": 2, "backup_router_hops": 0, "lane": "fast"})
    assert given_options(asked) == {"output_dir": "o", "backup_router_hops": 0, "lane": "fast"}
