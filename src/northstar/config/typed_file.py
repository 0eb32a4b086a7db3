"""Reads a YAML file that a person wrote into a typed value; what is wrong with it is named by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from northstar.config.values import read_yaml
from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.regular import read_whole

LARGEST = 1 << 20
"""Bytes; a file of a megabyte is not one that a person wrote."""
Place = tuple[str | int, ...]
"""The keys and positions that lead to a value."""
_Model = TypeVar("_Model", bound=BaseModel)


def read_typed(path: Path, model: type[_Model], what: str) -> _Model:
    """Read a YAML file and check it against a model whose extra keys are forbidden.

    Args:
        path: The file.
        model: What the file holds.
        what: What the file is, for errors: 'a recipe'.

    Raises:
        UsageError: The file can't be read, or is wrong; the sentence names file and line.
    """
    text = _text(path)
    try:
        content = read_yaml(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not {what}: it should be a mapping of {', '.join(model.model_fields)}.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        # A mistyped key is also a missing one: name what was typed.
        problem = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        place = tuple(part for part in problem["loc"] if not _is_branch(part, problem["loc"]))
        raise UsageError(f"{path}, line {line_of(text, place)}: {_explained(problem, place, model)}") from None


def line_of(text: str, place: Place) -> int:
    """Return the line, from 1, of the value at a place; of the nearest one around it, where there is none.

    >>> line_of("a: 1\\nb:\\n  - c: 2\\n", ("b", 0, "c"))
    3
    """
    node: Any = yaml.compose(text, yaml.SafeLoader)
    line = 1
    for part in place:
        found = _inside(node, part)
        if found is None:
            break
        line, node = found
    return line


def _inside(node: Any, part: str | int) -> tuple[int, Any] | None:
    """Return the line and the node of a key or position; None if there is none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and str(key.value) == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return None


def _text(path: Path) -> str:
    try:
        raw = read_whole(path)
        if len(raw) > LARGEST:
            raise UsageError(f"{path} has {len(raw):,} bytes; it may have {LARGEST:,}.")
        return raw.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.") from None
    except NorthstarError as error:
        raise UsageError(str(error)) from None


def _is_branch(part: str | int, place: Place) -> bool:
    """Whether pydantic added a part of its own: the type of a union that it tried."""
    return isinstance(part, str) and part != place[0] and ("[" in part or part in ("str", "int", "float", "bool"))


def _explained(problem: Any, place: Place, model: type[BaseModel]) -> str:
    key = ".".join(str(part) for part in place)
    if problem["type"] == "extra_forbidden":
        known = _keys_beside(place, model)
        return f"unknown key '{key}'.{did_you_mean(str(place[-1]), known)} It may be {', '.join(known)}."
    return f"{explained(problem, key)}."


def explained(problem: Any, key: str) -> str:
    """Say what pydantic found wrong with the value of a key, without a full stop."""
    if problem["type"] == "missing":
        return f"{key} is missing"
    if problem["type"] == "literal_error":
        return f"{key} must be {problem['ctx']['expected']}"
    if problem["type"] == "value_error":
        return f"{key} {problem['ctx']['error']}"
    return f"{key}: {problem['msg'][:1].lower()}{problem['msg'][1:]}"


def _keys_beside(place: Place, model: type[BaseModel]) -> list[str]:
    """Return the keys that may stand where an unknown one does."""
    inner: Any = model
    for part in place[:-1]:
        fields = getattr(inner, "model_fields", {})
        if part in fields:
            inner = _model_in(fields[part].annotation)
    return list(getattr(inner, "model_fields", {}))


def _model_in(annotation: Any) -> Any:
    """Return the model inside of an annotation: `tuple[Run, ...]` → Run, `dict[str, Run] | None` → Run."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(each) for each in getattr(annotation, "__args__", ())]
    return next((each for each in found if each is not None), None)
