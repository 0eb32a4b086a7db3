"""The ways a request can fail, and what each means for the sample and for the run."""

from __future__ import annotations

from northstar.errors import NorthstarError


class GaveUp(Exception):
    """The request failed in passing, every time it was sent. The sample stays open and is asked on the next run."""


class Refused(Exception):
    """The server will not answer this request, however often it is asked (400, 422, …): the sample's error."""


class OutOfContext(Refused):
    """The prompt, or prompt and answer, exceed the model's context."""


class ServerUnusable(NorthstarError):
    """No request can succeed: wrong key, unknown model, nobody there. Ends the run."""


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
    "`inputs` tokens",
)


def speaks_of_context(message: str) -> bool:
    """Whether an error says that the request exceeds the context, in the words of the servers people use."""
    lowered = message.lower()
    return any(mark in lowered for mark in _CONTEXT_MARKS)
