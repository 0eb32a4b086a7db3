"""Where a client sends its requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from northstar.core.credentials import key_in_path, shown_address
from northstar.models.sampling_words import SamplingWords
from northstar.models.secrets import without_key


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where requests go.

    Attributes:
        address: Up to and including /v1.
        api_key: Leaves this object only in the header.
        key_variable: The environment variable that holds it.
        key_variables: Those that are read, in their order; the first that is set is the one.
        key_header: The header for the key, if not Authorization.
        left_out: Request fields that this server refuses.
        listed_as: The server's own name for the model, if written differently.
        context_length: Tokens of prompt and answer together, if the server tells.
        chat_template: Whether the model has one; None if only the server knows.
        folder: The path of the model's folder, if it is not `model`.
        template_in_folder: Whether the template in the folder is the one in use.
        reads_reasoning: Whether the server was told to separate the reasoning.
        words: In which it takes sampling values; None if its kind is unknown.
    """

    address: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    key_variable: str = "OPENAI_API_KEY"
    key_variables: tuple[str, ...] = ("OPENAI_API_KEY",)
    key_header: str = "Authorization"
    left_out: frozenset[str] = frozenset()
    listed_as: str | None = None
    context_length: int | None = None
    chat_template: bool | None = None
    folder: str = ""
    template_in_folder: bool = True
    reads_reasoning: bool = False
    words: SamplingWords | None = None

    @property
    def model_folder(self) -> str:
        """The path of the model's files, if it has a folder here."""
        return self.folder or self.model

    @property
    def shown(self) -> str:
        """The address without anything that may be a key, for messages."""
        return shown_address(self.address)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may contain."""
        return (*filter(None, [self.api_key]), *key_in_path(self.address))

    def redacted(self, text: str) -> str:
        """The text without those."""
        for secret in self.secrets:
            text = without_key(text, secret)
        return text

    @property
    def headers(self) -> dict[str, str]:
        """The header with the key, if there is one."""
        if not self.api_key:
            return {}
        return {self.key_header: f"Bearer {self.api_key}" if self.key_header == "Authorization" else self.api_key}
