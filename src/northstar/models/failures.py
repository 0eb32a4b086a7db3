"""The ways a request can fail, and what each means for the sample and for the run."""

from __future__ import annotations

import re

from northstar.errors import NorthstarError


class GaveUp(Exception):
    """The request failed in passing, every time it was sent. The sample stays open and is asked on the next run."""


class Refused(Exception):
    """The server will not answer this request, however often it is asked (400, 422, …): the sample's error."""


class OutOfContext(Refused):
    """The prompt, or prompt and answer, exceed the model's context. context_length: its tokens, if the server said."""

    @property
    def context_length(self) -> int | None:
        found = _CONTEXT_LENGTH.search(str(self))
        return int(found[1]) if found else None


class ServerUnusable(NorthstarError):
    """No request can succeed: wrong key, unknown model, nobody there. Ends the run."""


_CONTEXT_LENGTH = re.compile(
    r"(?:maximum context length (?:is|of)|max_model_len=|context length \(|max_seq_len \(|n_ctx\W+)\s*(\d{2,9})\b", re.I
)

_CONTEXT_MARKS = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context length",
    "context size",
    "context window",
    "max_model_len",
    "maximum sequence length",
    "prompt is too long",
    "input is too long",
    "maximum allowed length",
    "maximum number of tokens allowed",
    "max_num_tokens",
    "max_seq_len",
    "`inputs` tokens",
)


def speaks_of_context(message: str) -> bool:
    """Whether an error says that the request exceeds the context, in the words of the servers people use."""
    lowered = message.lower()
    return any(mark in lowered for mark in _CONTEXT_MARKS)
