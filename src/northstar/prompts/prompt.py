"""Prompt files: YAML with `user` and, if wanted, `system`, as Jinja templates over a row's fields."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from northstar.errors import NorthstarError, UsageError, did_you_mean
from northstar.records import Row

if TYPE_CHECKING:
    from jinja2 import Template

Message = dict[str, str]


@dataclass(frozen=True)
class Prompt:
    """A compiled prompt. sha256: of the file's bytes, for run.json."""

    name: str
    sha256: str
    system: Template | None
    user: Template

    def messages(self, row: Row, system_message: str | None = None) -> list[Message]:
        """The first messages for `row`. `system_message` replaces the prompt's own, and is sent even if empty."""
        try:
            system = self.system.render(row) if system_message is None and self.system is not None else system_message
            user = self.user.render(row)
        except Exception as error:  # a template can raise anything: {{ problem + 1 }} is a TypeError
            raise NorthstarError(f"prompt '{self.name}' does not fit row {row.get('id')!r}: {error}") from None
        first = [] if system is None else [{"role": "system", "content": system}]
        return [*first, {"role": "user", "content": user}]


def load_prompt(name_or_path: str) -> Prompt:
    """A prompt of Northstar by name ('math'), or the user's own YAML file by path. UsageError says what is wrong."""
    path = Path(name_or_path).expanduser()
    if path.suffix in (".yaml", ".yml") or "/" in name_or_path:
        return _compile(name_or_path, _read(path))
    if name_or_path not in prompt_names():
        raise UsageError(
            f"unknown prompt '{name_or_path}'.{did_you_mean(name_or_path, prompt_names())} "
            f"There are {', '.join(prompt_names())}; a file of your own works by its path, ending in .yaml."
        )
    return _compile(name_or_path, resources.files(__package__).joinpath(name_or_path + ".yaml").read_bytes())


def prompt_names() -> list[str]:
    """The prompts that come with Northstar."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read the prompt file {path}: {error.strerror}.") from None


def _compile(name: str, content: bytes) -> Prompt:
    from jinja2 import StrictUndefined, TemplateSyntaxError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    try:
        parts = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise UsageError(f"the prompt file {name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(parts, dict) or not isinstance(parts.get("user"), str):
        raise UsageError(f"the prompt file {name} needs a text under 'user' (and may have one under 'system').")
    if not isinstance(parts.get("system"), str | None):
        raise UsageError(f"the prompt file {name} has something other than a text under 'system'.")
    if unknown := set(parts) - {"user", "system"}:
        raise UsageError(
            f"the prompt file {name} has an unknown key '{sorted(map(str, unknown))[0]}'; it may have user and system."
        )
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False
    )
    try:
        if not meta.find_undeclared_variables(environment.parse(parts["user"])):
            raise UsageError(
                f"the prompt file {name} asks every row the same: its 'user' text names no field of a row. Fields are "
                "written {{ problem }}, with two braces."
            )
        system = parts.get("system")
        return Prompt(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            system=None if system is None else environment.from_string(system),
            user=environment.from_string(parts["user"].rstrip("\n")),
        )
    except TemplateSyntaxError as error:
        raise UsageError(
            f"the prompt file {name} is not a valid template: {error.message} (line {error.lineno})."
        ) from None
