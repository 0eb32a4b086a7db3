"""The Jinja environments of the two kinds of templates: prompts, and a model's chat template.

Both are sandboxes: a template reaches no attribute with an underscore and cannot change the values it gets. That limits
neither its time nor its memory, so templates that Northstar doesn't ship go through `renderer`.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any, Literal, NoReturn

import jinja2
from jinja2 import meta
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

Kind = Literal["prompt", "chat"]


def compiled(kind: Kind, source: str) -> jinja2.Template:
    """Compile a template. Raises what Jinja and Python's compiler raise: TemplateSyntaxError, RecursionError, …"""
    return _environment(kind).from_string(source)


def fields_of(kind: Kind, source: str) -> list[str]:
    """Return the names that a template looks up in its values. Raises as `compiled` does."""
    return sorted(meta.find_undeclared_variables(_environment(kind).parse(source)))


@cache
def _environment(kind: Kind) -> jinja2.Environment:
    if kind == "prompt":
        return ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False
        )
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _as_json
    environment.globals.update(raise_exception=_refuse, strftime_now=lambda form: datetime.now().strftime(form))
    return environment


def _as_json(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=options.get("indent"))


def _refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)
