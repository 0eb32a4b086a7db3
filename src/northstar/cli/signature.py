"""Builds typer signatures of commands from their options dataclasses."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Annotated, Any, get_type_hints

import typer

from northstar.config.options.option import Option, options_of, read_options


def command(body: Callable[..., None]) -> Callable[..., None]:
    """Return the command for typer, with each options dataclass replaced by its options."""
    types = get_type_hints(body, include_extras=True)
    groups = {name: kind for name, kind in types.items() if is_dataclass(kind) and isinstance(kind, type)}
    parameters: list[inspect.Parameter] = []
    for name, own in inspect.signature(body).parameters.items():
        if name in groups:
            parameters += [_parameter(option) for option in options_of(groups[name])]
        else:
            parameters.append(own.replace(annotation=types[name], kind=inspect.Parameter.KEYWORD_ONLY))

    def run(**given: Any) -> None:
        read = {name: read_options(kind, given) for name, kind in groups.items()}
        body(**{name: given[name] for name in types.keys() & given.keys() - groups.keys()}, **read)

    run.__doc__ = body.__doc__
    run.__name__ = body.__name__
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _parameter(option: Option) -> inspect.Parameter:
    marks = option.marks
    info: Any
    if marks.argument:
        info = typer.Argument(metavar=marks.metavar, help=marks.help, show_default=False)
    else:
        info = typer.Option(
            f"--{option.name}",
            help=marks.help,
            rich_help_panel=marks.panel,
            metavar=marks.metavar,
            min=marks.minimum,
        )
    default = inspect.Parameter.empty if option.required else None if option.default == () else option.default
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[option.type if marks.typed is None else marks.typed, info],
    )
