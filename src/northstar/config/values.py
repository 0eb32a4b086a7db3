"""Parses a value typed after `++key=`: a number, true, false, null, text, a list or a mapping."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain values. YAML 1.1, PyYAML's own, reads `no` as false, `12:30` as 750 and `1e-3` as text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse a key that is there twice, of which PyYAML takes the last one in silence."""
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in lines:
                raise yaml.YAMLError(f"it has the key '{key.value}' twice, in lines {lines[key.value]} and {line}.")
            lines[key.value] = line
        return node


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def read_yaml(text: str) -> Any:
    """Parse a YAML file by the same rules: `04:00:00` stays text. Raises yaml.YAMLError."""
    return loaded_yaml(text, _Loader)


def loaded_yaml(text: str | bytes, loader: type[yaml.SafeLoader] = yaml.SafeLoader) -> Any:
    """Parse YAML. Turns PyYAML's other errors on odd values into yaml.YAMLError."""
    try:
        return yaml.load(text, loader)
    except RecursionError:
        raise yaml.YAMLError("it has too many lists and mappings inside each other") from None
    except (ValueError, TypeError, AttributeError, LookupError) as error:  # a date of month 13, an odd key
        raise yaml.YAMLError(f"it holds a value that can't be read: {error}") from None


def read_value(text: str) -> Any:
    """Parse '0.6' → 0.6, 'False' → False, '["a", "b"]' → ['a', 'b'], '' → None. ValueError for non-JSON values."""
    try:
        value = read_yaml(text)
        json.dumps(value, allow_nan=False)
    except (yaml.YAMLError, TypeError, RecursionError) as error:
        raise ValueError(f"not a value: {error}") from None
    return value
