"""The Python API, from signatures and docstrings."""

from __future__ import annotations

import inspect
import re
import typing
from typing import Any

import northstar
from docs.site.reference.docstrings import sections
from docs.site.reference.markdown import block, code, prose, table

_PATHS = "collections.abc.|typing.|pathlib.|northstar\\.[a-z_.]+\\."
_FIRST = ("prepare_data", "evaluate", "summarize_results", "judge", "regrade", "import_generations")
PARTS = (
    *("northstar.task.benchmark.Benchmark", "northstar.task.benchmark.Splits", "northstar.data.source.HubFile"),
    *("northstar.data.source.HubFiles", "northstar.data.source.GitHubFile", "northstar.data.source.PackagedFile"),
    *("northstar.solvers.single_turn.SingleTurn", "northstar.task.solver.Solver", "northstar.task.grader.Grader"),
    *("northstar.task.grader.SolverContext", "northstar.graders.math.answer.MathAnswer"),
    *("northstar.graders.short_answer.ShortAnswer", "northstar.metrics.answers.AnswerMetrics"),
    *("northstar.metrics.labels.LabelMetrics", "northstar.task.metrics.Metrics", "northstar.task.judge.Judge"),
    *("northstar.task.judge.Labels", "northstar.task.judge.Label", "northstar.core.records.Generation"),
)
"""What a benchmark of a user's own is made of."""


def pages() -> dict[str, str]:
    """Return the page of `import northstar`, and that of the parts of a benchmark."""
    functions = [name for name in northstar.__all__ if inspect.isfunction(getattr(northstar, name))]
    ordered = [*(name for name in _FIRST if name in functions), *(name for name in functions if name not in _FIRST)]
    errors = [getattr(northstar, name) for name in northstar.__all__ if _is_error(getattr(northstar, name))]
    returned = dict.fromkeys(_returned(getattr(northstar, name)) for name in ordered)
    parts = [
        "# From Python\n\nThe functions of `import northstar`. Importing costs next to nothing: each function is "
        "loaded when it is first named. Editors and type checkers know the signatures.",
        *(_function(name, getattr(northstar, name)) for name in ordered),
        "## What they return",
        *(_class(kind, "###") for kind in returned if kind is not None),
        "## Errors",
        *(f"`northstar.{each.__name__}`: {prose(inspect.getdoc(each) or '')}" for each in errors),
    ]
    return {"reference/python.md": "\n\n".join(parts) + "\n", "reference/benchmark.md": _benchmark_page()}


def _benchmark_page() -> str:
    text = (
        "# Parts of a benchmark\n\nA benchmark is one Python file that makes a `Benchmark` "
        "([tutorial](../tutorials/benchmark.md), [all that it may need](../project/contributing.md)). These are its "
        "parts."
    )
    return "\n\n".join([text, *(_class(_named(path), "##") for path in PARTS)]) + "\n"


def _named(path: str) -> type:
    import importlib

    module, _, name = path.rpartition(".")
    kind: type = getattr(importlib.import_module(module), name)
    return kind


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def _returned(function: Any) -> type | None:
    """The class of Northstar that a function returns."""
    annotation = function.__annotations__.get("return")
    if isinstance(annotation, str):
        module = inspect.getmodule(inspect.unwrap(function))
        annotation = getattr(module, annotation, None) or _under_type_checking(module, annotation)
    return annotation if isinstance(annotation, type) and annotation.__module__.startswith("northstar.") else None


def _under_type_checking(module: Any, name: str) -> Any:
    """What a module imports for type checkers alone."""
    found = re.search(rf"from (\S+) import [^\n]*\b{re.escape(name)}\b", inspect.getsource(module))
    return getattr(__import__(found[1], fromlist=[name]), name) if found else None


def _function(name: str, function: Any) -> str:
    said = sections(inspect.getdoc(function) or "")
    signature = inspect.signature(function)
    lines = [
        (code(each.name), _annotation(each.annotation), _default(each), prose(said.arguments.get(each.name, "")))
        for each in signature.parameters.values()
        if not each.name.startswith("_")
    ]
    parts = [f"## {name}", *map(prose, said.text), block(_call(name, signature), "python")]
    if lines:
        parts.append(table(("argument", "type", "default", "meaning"), lines).rstrip())
    returns = _annotation(signature.return_annotation)
    if returns not in ("", "`None`"):
        parts.append(f"Returns {returns}{': ' + prose(said.returns) if said.returns else '.'}")
    parts += [f"Raises `{error}`: {prose(why)}" for error, why in said.raises.items()]
    if said.examples:
        parts.append(block(re.sub(r" *# doctest: \+\w+", "", said.examples), "pycon").rstrip())
    return "\n\n".join(part.rstrip() for part in parts)


def _call(name: str, signature: inspect.Signature) -> str:
    must = [each for each in signature.parameters.values() if each.default is inspect.Parameter.empty]
    written = [each.name if each.kind is not inspect.Parameter.KEYWORD_ONLY else f"{each.name}=..." for each in must]
    rest = [] if len(must) == len(signature.parameters) else ["..."]
    return f"northstar.{name}({', '.join([*written, *rest])})"


def _class(kind: type, head: str) -> str:
    said = sections(inspect.getdoc(kind) or "")
    text = [] if _is_generated(kind) else [prose(each) for each in said.text]
    parts = [f"{head} {kind.__name__}", f"`from {kind.__module__} import {kind.__name__}`", *text]
    meanings = {**said.arguments, **said.attributes}
    types = _fields(kind)
    lines = [
        (code(name), annotation, prose(meanings.get(name, "")))
        for name, annotation in types.items()
        if name in meanings or not name.startswith("_")
    ]
    if lines:
        parts.append(table(("field", "type", "meaning"), lines).rstrip())
    members = [
        (code(_member(name, value)), prose(sections(inspect.getdoc(_body(value)) or "").text[0]))
        for name, value in vars(kind).items()
        if not name.startswith("_") and isinstance(value, property | type(_fields)) and inspect.getdoc(_body(value))
    ]
    if members:
        parts.append(table(("member", "meaning"), members).rstrip())
    return "\n\n".join(parts)


def _is_generated(kind: type) -> bool:
    """Whether the docstring is the signature that dataclasses write where there is none."""
    return (inspect.getdoc(kind) or "").startswith(f"{kind.__name__}(")


def _body(member: Any) -> Any:
    return member.fget if isinstance(member, property) else member


def _member(name: str, value: Any) -> str:
    if isinstance(value, property):
        return name
    names = [each for each in inspect.signature(value).parameters if each != "self"]
    return f"{name}({', '.join(names)})"


def _fields(kind: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("northstar."):
            for name, annotation in vars(base).get("__annotations__", {}).items():
                if typing.get_origin(annotation) is not typing.ClassVar and "ClassVar" not in f"{annotation}":
                    found[name] = _annotation(annotation)
    return found


def _annotation(annotation: Any) -> str:
    """An annotation as it is written in code, without the paths of modules."""
    if annotation is inspect.Parameter.empty:
        return ""
    written = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    written = re.sub(_PATHS, "", written).replace("str | os.PathLike[str]", "AnyPath")
    return code("None" if written == "NoneType" else written)


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return "required"
    if parameter.default is None or callable(parameter.default):
        return ""
    return code(repr(parameter.default))
