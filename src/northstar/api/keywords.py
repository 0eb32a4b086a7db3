"""Gives API functions that take an options dataclass one keyword argument per option."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, get_type_hints

from northstar.config.options.option import Option, options_of, read_options
from northstar.core.errors import did_you_mean

T = TypeVar("T")


def with_keywords(
    *,
    first: str,
    required: Sequence[str] = (),
    clusters: bool = False,
    hint: Callable[[str, Any], str] = lambda _name, _value: "",
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Replace a function's options dataclass by keyword arguments that `help()` and `inspect.signature` show.

    Args:
        first: The option that may be positional.
        required: Options that this function requires, despite their default.
        clusters: Whether to include options for clusters only.
        hint: Returns what to write instead of an unknown option, or "".
    """

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        types = get_type_hints(function)
        (name, kind), *_ = types.items()
        offered = [each for each in options_of(kind) if not each.marks.command_only and (clusters or not each.clusters)]
        own = list(inspect.signature(function).parameters.values())[1:]
        signature = _signature(offered, first, required, [each.replace(annotation=types[each.name]) for each in own])

        @wraps(function)
        def called(*args: Any, **given: Any) -> T:
            for each in given.keys() - signature.parameters.keys():
                advice = hint(each, given[each]) or did_you_mean(each, signature.parameters)
                raise TypeError(f"{function.__name__} has no option '{each}'.{advice}")
            try:
                values = signature.bind(*args, **given).arguments
            except TypeError as error:
                raise TypeError(f"{function.__name__}: {error}.") from None
            mine = {each.name: values.pop(each.name) for each in own if each.name in values}
            return function(**{name: read_options(kind, values)}, **mine)

        called.__doc__ = _with_arguments(inspect.getdoc(function) or "", offered, first, required)
        called.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
        called.__annotations__["return"] = types["return"]
        called.__signature__ = signature.replace(return_annotation=types["return"])  # type: ignore[attr-defined]
        return called

    return decorate


def _signature(
    offered: Sequence[Option], first: str, required: Sequence[str], own: Sequence[inspect.Parameter]
) -> inspect.Signature:
    """Order the parameters: the first option, required ones, the function's own, the others."""
    empty = inspect.Parameter.empty
    needed: list[inspect.Parameter] = []
    others: list[inspect.Parameter] = []
    for option in offered:
        must = option.required or option.name in required
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if option.name == first else inspect.Parameter.KEYWORD_ONLY
        default = empty if must else option.default
        one = inspect.Parameter(option.name, kind, default=default, annotation=option.type)
        (needed if must or option.name == first else others).append(one)
    needed.sort(key=lambda each: each.name != first)
    return inspect.Signature([*needed, *own, *others])


def _with_arguments(doc: str, offered: Sequence[Option], first: str, required: Sequence[str]) -> str:
    """Add a line per option to the docstring's `Args:`, in the signature's order."""
    before, after = f"{doc}\n".split("Args:\n", 1)
    own = re.match(r"(?: {4}.*\n)*", after)
    assert own is not None
    must = [option for option in offered if option.required or option.name in (first, *required)]
    must.sort(key=lambda option: option.name != first)
    lines = [*map(_line, must), own[0], *(_line(each) for each in offered if each not in must)]
    return f"{before}Args:\n{''.join(lines)}{after[own.end() :]}".rstrip("\n")


def _line(option: Option) -> str:
    plain = re.sub(r"\[/?(?:dim|bold)\]", "", option.marks.in_python or option.marks.help)
    text = f"{option.name}: {plain}"
    return textwrap.fill(text, 110, initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False) + "\n"
