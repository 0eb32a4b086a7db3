"""Prompt files: YAML with `user` and optionally `system`, both Jinja templates over a row's fields."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from northstar.core.errors import NorthstarError, UsageError, did_you_mean
from northstar.core.records import Row
from northstar.prompts.renderer import (
    MOST_BYTES,
    ForeignTemplate,
    TemplateFails,
    TemplateOverLimit,
    foreign_template,
    in_thread,
    read_yaml,
)

Message = dict[str, str]


class Template(Protocol):
    """Renders a row; may raise any exception."""

    def render(self, values: Mapping[str, Any], /) -> str: ...


@dataclass(frozen=True)
class Prompt:
    """A compiled prompt; `sha256` of the file's bytes goes into run.json."""

    name: str
    sha256: str
    system: Template | None
    user: Template

    def messages(self, row: Row, system_message: str | None = None) -> list[Message]:
        """Return the first messages for `row`.

        Args:
            row: The row to ask about.
            system_message: Replaces the prompt's own system message; sent even if empty.

        Raises:
            NorthstarError: The prompt does not fit the row, or takes too much time or memory.
        """
        try:
            system = self.system.render(row) if system_message is None and self.system is not None else system_message
            user = self.user.render(row)
        except TemplateOverLimit as over:
            raise NorthstarError(
                f"prompt '{self.name}' cannot be rendered for row {row.get('id')!r}: {over}. Simplify it."
            ) from None
        except NorthstarError:
            raise
        except Exception as error:  # a template can raise anything: {{ problem + 1 }} is a TypeError
            raise NorthstarError(f"prompt '{self.name}' does not fit row {row.get('id')!r}: {error}") from None
        first = [] if system is None else [{"role": "system", "content": system}]
        return [*first, {"role": "user", "content": user}]

    @property
    def foreign(self) -> bool:
        """Whether the prompt is the user's own, which may be slow to render."""
        return isinstance(self.user, ForeignTemplate)

    async def messages_apart(self, row: Row, system_message: str | None = None) -> list[Message]:
        """Render as `messages` does, without blocking the event loop."""
        return await in_thread(partial(self.messages, row, system_message))


def load_prompt(name_or_path: str) -> Prompt:
    """Load one of Northstar's prompts by name ('math'), or the user's YAML file by path. Raises UsageError."""
    path = Path(name_or_path).expanduser()
    if path.suffix in (".yaml", ".yml") or "/" in name_or_path:
        return _foreign(name_or_path, _read(path))
    if name_or_path not in prompt_names():
        raise UsageError(
            f"unknown prompt '{name_or_path}'.{did_you_mean(name_or_path, prompt_names())} "
            f"Known prompts: {', '.join(prompt_names())}. To use your own file, give its path, ending in .yaml."
        )
    return _own(name_or_path, resources.files(__package__).joinpath(name_or_path + ".yaml").read_bytes())


def prompt_names() -> list[str]:
    """Return the names of the prompts that come with Northstar."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file() and path.exists():
            raise UsageError(f"cannot read the prompt file {path}: it is not a regular file.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the prompt file {path}: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise UsageError(f"the prompt file {path} is longer than {MOST_BYTES >> 20} MiB.")
    return content


def _own(name: str, content: bytes) -> Prompt:
    """Compile a prompt that ships with Northstar, to be rendered in this process.

    Its templates are known to terminate, and rows are only data: a template in a field is not rendered.
    """
    import yaml

    from northstar.prompts.environments import compiled

    system, user = _texts(name, yaml.safe_load(content))
    return Prompt(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        system=None if system is None else compiled("prompt", system),
        user=compiled("prompt", user),
    )


def _foreign(name: str, content: bytes) -> Prompt:
    """Read a user's prompt file; both its YAML and its templates are processed within limits."""
    try:
        texts = read_yaml(content)
    except (TemplateFails, TemplateOverLimit) as error:
        raise UsageError(f"the prompt file {name} is not YAML: {error}") from None
    system, user = _texts(name, texts)
    asks = _compiled(name, user)
    if not asks.fields:
        raise UsageError(
            f"the prompt file {name} asks every row the same question: its 'user' text uses no field of a row. Write "
            "fields in double braces, as in {{ problem }}."
        )
    return Prompt(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        system=None if system is None else _compiled(name, system),
        user=asks,
    )


def _compiled(name: str, source: str) -> ForeignTemplate:
    try:
        return foreign_template("prompt", source)
    except TemplateFails as error:
        raise UsageError(f"the prompt file {name} is not a valid template: {error}.") from None
    except TemplateOverLimit as over:
        raise NorthstarError(f"the prompt file {name} cannot be compiled as a template: {over}.") from None


def _texts(name: str, content: object) -> tuple[str | None, str]:
    """Return the texts under 'system' and 'user'."""
    if not isinstance(content, dict) or not isinstance(content.get("user"), str):
        raise UsageError(f"the prompt file {name} needs a text under 'user' (and may have one under 'system').")
    if not isinstance(content.get("system"), str | None):
        raise UsageError(f"the prompt file {name} has something other than a text under 'system'.")
    if unknown := set(content) - {"user", "system"}:
        raise UsageError(
            f"the prompt file {name} has an unknown key '{sorted(map(str, unknown))[0]}'; it may have user and system."
        )
    return content.get("system"), content["user"].rstrip("\n")
