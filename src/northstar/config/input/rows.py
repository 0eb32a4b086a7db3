"""The rows of a user's file that `ns generate` asks, as a part of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

PromptFormat = Literal["ns", "openai", "text"]


class Extraction(BaseModel):
    """What of an answer goes into a field of its own.

    Attributes:
        field: The field.
        regex: Its last match: the whole, its first group, or an object of its named groups.
        json_schema: A schema: the last JSON value of the answer that agrees with it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    regex: str | None = None
    json_schema: dict[str, Any] | None = None


class InputRows(BaseModel):
    """Rows of a file, and how they are asked.

    Attributes:
        file: JSON lines, or parquet.
        prompt_format: ns: by a prompt file over their fields; openai: they have messages; text: they have a text.
        prompt_key: The field with the messages or the text.
        multi_turn_key: The field with the user's turns, each a text, or an object of fields for the prompt file.
        extract: What of the answer is put into a field.
        judge_labels: What a judge may say: label, and its score.
        parquet: Whether the outputs are written as parquet, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Path
    prompt_format: PromptFormat = "ns"
    prompt_key: str = ""
    multi_turn_key: str | None = None
    extract: Extraction | None = None
    judge_labels: tuple[tuple[str, float], ...] = ()
    parquet: bool = False

    @property
    def brings_messages(self) -> bool:
        """Whether rows are sent as they are, without a prompt file."""
        return self.prompt_format != "ns"

    def identity(self) -> dict[str, Any]:
        """Return what can change an answer; the file's content is known by its checksum, the rest by its grader."""
        given = {"prompt_format": self.prompt_format, "prompt_key": self.prompt_key, "multi_turn": self.multi_turn_key}
        return {name: value for name, value in given.items() if value and value != "ns"}
