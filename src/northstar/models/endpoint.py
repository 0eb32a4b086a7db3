"""Where a client's requests go."""

from __future__ import annotations

from dataclasses import dataclass, field

from northstar.core.credentials import key_in_path, shown_address


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where requests go. address: up to and including /v1. api_key never leaves this object but in the header.

    key_header: which one, where it isn't Authorization. left_out: fields of a request that this server refuses to know.
    listed_as: the server's own name for the model, where it writes it otherwise.
    context_length: tokens of prompt and answer together, as far as the server says so. chat_template: whether the
    model has one; None where only the server knows. folder: the model's, by its path, where it isn't `model`.
    template_in_folder: whether the template that is there is the one that is used. reads_reasoning: whether the server
    was told to tell the reasoning apart.
    """

    address: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    key_variable: str = "OPENAI_API_KEY"
    key_header: str = "Authorization"
    left_out: frozenset[str] = frozenset()
    listed_as: str | None = None
    context_length: int | None = None
    chat_template: bool | None = None
    folder: str = ""
    template_in_folder: bool = True
    reads_reasoning: bool = False

    @property
    def model_folder(self) -> str:
        """Where the model's files are, if it has a folder here."""
        return self.folder or self.model

    @property
    def shown(self) -> str:
        """The address as messages have it: without what may be a key."""
        return shown_address(self.address)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold."""
        return (*filter(None, [self.api_key]), *key_in_path(self.address))

    @property
    def headers(self) -> dict[str, str]:
        """What carries the key, if there is one."""
        if not self.api_key:
            return {}
        return {self.key_header: f"Bearer {self.api_key}" if self.key_header == "Authorization" else self.api_key}
