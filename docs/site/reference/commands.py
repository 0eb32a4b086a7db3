"""A page for each command of `ns`, from the commands themselves."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperGroup

from docs.site.reference.markdown import block, code, prose, table
from northstar.cli.app import app


def pages() -> dict[str, str]:
    """Return the page of each command, and the list of them."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    commands: dict[str, Any] = {
        name: each for name, each in group.commands.items() if not getattr(each, "hidden", False)
    }
    lines = [(f"[`ns {name}`]({name}.md)", prose(first_sentence(each.help))) for name, each in commands.items()]
    index = (
        "# Commands\n\nOptions are written with underscores, as in related tools; hyphens work, too. `--help` after "
        "any command prints what its page says; `--debug` shows the traceback of an error.\n\n"
        f"{table(('command', 'what it does'), lines)}"
    )
    return {
        "reference/commands/index.md": index,
        **{f"reference/commands/{name}.md": _page(name, each) for name, each in commands.items()},
    }


def first_sentence(text: str) -> str:
    """Return the first sentence of a help text.

    >>> first_sentence("Show runs: e.g. all. Then stop.")
    'Show runs: e.g. all.'
    """
    text = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", text)[0]


def _page(name: str, command: Any) -> str:
    paragraphs = [_paragraph(each) for each in command.help.split("\n\n")]
    epilog = [] if not command.epilog or "[bold]Settings[/bold]" in command.epilog else [prose(command.epilog)]
    given = [each for each in command.params if each.name != "help"]
    arguments = [each for each in given if each.param_type_name == "argument"]
    usage = " ".join(["ns", name, *(_written(each) for each in arguments), "[OPTIONS]"])
    parts = [f"# ns {name}", *paragraphs, block(usage), *epilog]
    if arguments:
        parts += [
            table(("argument", "meaning"), [(code(_written(each)), prose(each.help or "")) for each in arguments])
        ]
    panels: dict[str, list[Any]] = {}
    for each in given:
        if each not in arguments and not each.hidden:
            panels.setdefault(each.rich_help_panel or "Options", []).append(each)
    for heading, options in panels.items():
        parts += [f"## {heading}", table(("option", "default", "meaning"), map(_option, options))]
    if any(each.name == "overrides" for each in arguments):
        parts += ["What `++key=value` may set: [settings](../settings.md)."]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _paragraph(text: str) -> str:
    """A paragraph of help; an example becomes a block that can be copied."""
    before, example, command = text.partition("Example: ")
    if not example:
        return prose(text)
    return f"{prose(before)}\n\n{block(' '.join(command.split()), 'console')}".strip()


def _placeholder(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _written(argument: Any) -> str:
    name = _placeholder(argument)
    if name.startswith("["):
        return name
    return f"{name}{'...' if argument.nargs == -1 else ''}" if argument.required else f"[{name}]"


def _option(option: Any) -> tuple[str, str, str]:
    names = ", ".join(code(each) for each in (*option.opts, *option.secondary_opts))
    least = f" At least {option.min}." if option.min is not None else ""
    many = " May be given several times." if option.multiple else ""
    return f"{names} {_type(option)}".rstrip(), _default(option), f"{prose(option.help or '')}{least}{many}"


def _type(option: Any) -> str:
    kind = option.type_descriptor.annotation
    names = {str: "text", int: "whole number", float: "number", bool: ""}
    members = getattr(kind, "__args__", ())
    kind = next((each for each in members if each is not type(None)), kind) if members else kind
    return names.get(kind, "path" if "Path" in f"{kind}" else "text")


def _default(option: Any) -> str:
    if option.required:
        return "required"
    if option.default in (None, "", (), []) or option.default is False:
        return ""
    return code(option.default)
