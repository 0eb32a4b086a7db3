"""Prompts: what a model is asked, rendered over a row's fields; Northstar's own, of a library, or a user's file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

from northstar.config.settings import NO_SYSTEM_MESSAGE
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.records import Row
from northstar.prompts.fetching import library_file, library_sentences
from northstar.prompts.format_template import FormatTemplate, LiteralText
from northstar.prompts.library import NEMO_SKILLS, libraries
from northstar.prompts.names import OfLibrary, is_path, of_library, prompt_names, unknown_prompt
from northstar.prompts.prompt_file import PromptTexts, format_of_file, jinja_of_file, read_texts
from northstar.prompts.python_texts import texts_in
from northstar.prompts.renderer import MOST_BYTES, ForeignTemplate, TemplateOverLimit, in_thread
from northstar.prompts.row_fields import SENTENCES, RowFields

Message = dict[str, str]


class Template(Protocol):
    """Renders a row; may raise any exception."""

    def render(self, values: Mapping[str, Any], /) -> str: ...


def _as_they_are(row: Row) -> Mapping[str, Any]:
    return row


@dataclass(frozen=True)
class Prompt:
    """A compiled prompt.

    Attributes:
        name: Its whole name, with library and commit where it is of one.
        sha256: Checksum of the file's bytes, for run.json.
        texts: The texts of the file, for run.json.
        fields: Gives a row's values under the names that the texts use.
        address: Where the file was fetched from; '' for others.
    """

    name: str
    sha256: str
    system: Template | None
    user: Template
    texts: PromptTexts
    fields: Callable[[Row], Mapping[str, Any]] = _as_they_are
    address: str = ""

    def messages(self, row: Row, system_message: str | None = None) -> list[Message]:
        """Return the first messages for `row`.

        Args:
            row: The row to ask about.
            system_message: Replaces the prompt's own system message; sent even if empty. 'none' sends none.

        Raises:
            NorthstarError: The prompt does not fit the row, or takes too much time or memory.
        """
        try:
            values = self.fields(row)
            system = system_message
            if system is None and self.system is not None:
                system = self.system.render(values)
            user = self.user.render(values)
        except TemplateOverLimit as over:
            raise NorthstarError(
                f"prompt '{self.name}' cannot be rendered for row {row.get('id')!r}: {over}. Simplify it."
            ) from None
        except NorthstarError:
            raise
        except Exception as error:  # a template can raise anything: {{ problem + 1 }} is a TypeError
            raise NorthstarError(f"prompt '{self.name}' does not fit row {row.get('id')!r}: {error}") from None
        silent = system is None or system_message == NO_SYSTEM_MESSAGE
        first = [] if silent else [{"role": "system", "content": str(system)}]
        return [*first, {"role": "user", "content": user}]

    @property
    def foreign(self) -> bool:
        """Whether the prompt is a Jinja template of the user's own, which may be slow to render."""
        return isinstance(self.user, ForeignTemplate)

    async def messages_apart(self, row: Row, system_message: str | None = None) -> list[Message]:
        """Render as `messages` does, without blocking the event loop."""
        return await in_thread(partial(self.messages, row, system_message))


def load_prompt(name_or_path: str, data_dir: Path | None = None) -> Prompt:
    """Load a prompt.

    Args:
        name_or_path: One of Northstar's by name ('math'), of a library by its whole name, or the user's file by path.
        data_dir: Where the files of libraries are kept; without it, a prompt of a library can't be loaded.

    Raises:
        UsageError: There is no such prompt, or its file is not one.
        NorthstarError: The library's file can't be fetched, or has changed.
    """
    if is_path(name_or_path):
        return _of_user(name_or_path, _read(Path(name_or_path).expanduser()), data_dir)
    if (named := of_library(name_or_path)) is not None and data_dir is not None:
        return _of_library(named, library_file(named, data_dir), data_dir)
    if name_or_path not in prompt_names():
        raise unknown_prompt(name_or_path)
    return _own(name_or_path, resources.files(__package__).joinpath(name_or_path + ".yaml").read_bytes())


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

    texts = yaml.safe_load(content)
    system, user = texts.get("system"), texts["user"].rstrip("\n")
    return Prompt(
        name=name,
        sha256=_sha256(content),
        system=None if system is None else compiled("prompt", system),
        user=compiled("prompt", user),
        texts=PromptTexts("northstar", system, user),
    )


def _of_user(name: str, content: bytes, data_dir: Path | None) -> Prompt:
    """Read a user's prompt file of either form; its YAML and its Jinja templates are processed within limits."""
    texts = read_texts(name, content)
    if texts.form == "nemo-skills":
        return _formatted(name, content, texts, OfLibrary(libraries()[NEMO_SKILLS].at(), ""), data_dir)
    asks = jinja_of_file(name, texts.user)
    _check_asks(name, asks.fields, "double braces, as in {{ problem }}")
    system = None if texts.system is None else jinja_of_file(name, texts.system)
    return Prompt(name, _sha256(content), system, asks, texts)


def _of_library(named: OfLibrary, content: bytes, data_dir: Path) -> Prompt:
    """Read a prompt of a library."""
    kind, name = named.at.library.content, str(named)
    if kind == "yaml":
        texts = read_texts(name, content, "nemo-skills")
    elif kind == "text":
        texts = PromptTexts("nemo-skills", None, content.decode("utf-8", errors="replace"))
    else:
        texts = PromptTexts("nemo-skills", None, _texts_in(name, content, kind)[kind])
    return _formatted(name, content, texts, named, data_dir)


def _formatted(name: str, content: bytes, texts: PromptTexts, named: OfLibrary, data_dir: Path | None) -> Prompt:
    """Compile texts with fields in single braces, named as in a library; of a user's file `named` has no name."""
    asks: FormatTemplate = format_of_file(name, texts.user)
    _check_asks(name, asks.fields, "braces, as in {problem}")
    system = None if texts.system is None else LiteralText(texts.system)
    fields = _fields_of(named, asks.fields, data_dir)
    return Prompt(
        name, _sha256(content), system, asks, texts, fields, named.at.address(named.name) if named.name else ""
    )


def _fields_of(named: OfLibrary, asked: tuple[str, ...], data_dir: Path | None) -> RowFields:
    """Return what names a row's values as the library does. asked: the fields that the prompt has."""
    library = named.at.library

    @cache
    def sentences() -> Mapping[str, str]:
        assert data_dir is not None
        return _texts_in(f"the sentences of {named.at}", library_sentences(named, data_dir), *SENTENCES)

    return RowFields(
        renamed=library.renamed,
        options=named.at.state.options,
        background=not library.background or named.name in library.background,
        sentences=sentences if library.sentences and "question" in asked and data_dir is not None else None,
    )


def _texts_in(what: str, content: bytes, *names: str) -> Mapping[str, str]:
    """Return the texts that a Python file gives names. Raises NorthstarError if it lacks one of `names`."""
    try:
        texts = texts_in(content)
    except ValueError as error:
        raise NorthstarError(f"the file of {what} cannot be read: {error}.") from None
    for name in names:
        if name not in texts:
            raise NorthstarError(f"the file of {what} gives {name} no text.")
    return texts


def _check_asks(name: str, fields: tuple[str, ...], how: str) -> None:
    if not fields:
        raise UsageError(
            f"the prompt file {name} asks every row the same question: its 'user' text uses no field of a row. Write "
            f"fields in {how}."
        )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
