"""Prompt files: YAML with `user` and, if wanted, `system`, as Jinja templates over a row's fields."""

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
    """Renders a row. Raises anything."""

    def render(self, values: Mapping[str, Any], /) -> str: ...


@dataclass(frozen=True)
class Prompt:
    """A compiled prompt. sha256: of the file's bytes, for run.json."""

    name: str
    sha256: str
    system: Template | None
    user: Template

    def messages(self, row: Row, system_message: str | None = None) -> list[Message]:
        """The first messages for `row`. `system_message` replaces the prompt's own, and is sent even if empty.

        Raises NorthstarError where the prompt does not fit the row, or takes too much time or memory for it.
        """
        try:
            system = self.system.render(row) if system_message is None and self.system is not None else system_message
            user = self.user.render(row)
        except TemplateOverLimit as over:
            raise NorthstarError(
                f"prompt '{self.name}' cannot be rendered for row {row.get('id')!r}: {over}. Make it simpler."
            ) from None
        except NorthstarError:
            raise
        except Exception as error:  # a template can raise anything: {{ problem + 1 }} is a TypeError
            raise NorthstarError(f"prompt '{self.name}' does not fit row {row.get('id')!r}: {error}") from None
        first = [] if system is None else [{"role": "system", "content": system}]
        return [*first, {"role": "user", "content": user}]

    @property
    def foreign(self) -> bool:
        """Whether it is a user's own, which may take its time."""
        return isinstance(self.user, ForeignTemplate)

    async def messages_apart(self, row: Row, system_message: str | None = None) -> list[Message]:
        """As `messages`, without holding up the event loop."""
        return await in_thread(partial(self.messages, row, system_message))


def load_prompt(name_or_path: str) -> Prompt:
    """A prompt of Northstar by name ('math'), or the user's own YAML file by path. UsageError says what is wrong."""
    path = Path(name_or_path).expanduser()
    if path.suffix in (".yaml", ".yml") or "/" in name_or_path:
        return _foreign(name_or_path, _read(path))
    if name_or_path not in prompt_names():
        raise UsageError(
            f"unknown prompt '{name_or_path}'.{did_you_mean(name_or_path, prompt_names())} "
            f"There are {', '.join(prompt_names())}; a file of your own works by its path, ending in .yaml."
        )
    return _own(name_or_path, resources.files(__package__).joinpath(name_or_path + ".yaml").read_bytes())


def prompt_names() -> list[str]:
    """The prompts that come with Northstar."""
    files = resources.files(__package__).iterdir()
    return sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml"))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file() and path.exists():
            raise UsageError(f"cannot read the prompt file {path}: it is no ordinary file.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read the prompt file {path}: {error.strerror}.") from None
    if len(content) > MOST_BYTES:
        raise UsageError(f"the prompt file {path} is longer than {MOST_BYTES >> 20} MiB.")
    return content


def _own(name: str, content: bytes) -> Prompt:
    """A prompt that ships with Northstar, rendered in this process.

    Its templates are known to end soon, and a row is nothing but data to them: what is in a field is never read as a
    template.
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
    """A user's own, which is rendered, and read as YAML, within limits."""
    try:
        held = read_yaml(content)
    except (TemplateFails, TemplateOverLimit) as error:
        raise UsageError(f"the prompt file {name} is not YAML: {error}") from None
    system, user = _texts(name, held)
    asks = _compiled(name, user)
    if not asks.fields:
        raise UsageError(
            f"the prompt file {name} asks every row the same: its 'user' text names no field of a row. Fields are "
            "written {{ problem }}, with two braces."
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


def _texts(name: str, held: object) -> tuple[str | None, str]:
    """The texts under 'system' and 'user'."""
    if not isinstance(held, dict) or not isinstance(held.get("user"), str):
        raise UsageError(f"the prompt file {name} needs a text under 'user' (and may have one under 'system').")
    if not isinstance(held.get("system"), str | None):
        raise UsageError(f"the prompt file {name} has something other than a text under 'system'.")
    if unknown := set(held) - {"user", "system"}:
        raise UsageError(
            f"the prompt file {name} has an unknown key '{sorted(map(str, unknown))[0]}'; it may have user and system."
        )
    return held.get("system"), held["user"].rstrip("\n")
