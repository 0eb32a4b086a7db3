"""The ways a request can fail, and what each means for the sample and for the run."""

from __future__ import annotations

from northstar.core.errors import NorthstarError
from northstar.models.reply.context_words import context_length_in


class GaveUp(Exception):
    """The request failed in passing, every time it was sent. The sample stays open and is asked on the next run."""


class Refused(Exception):
    """The server will not answer this request, however often it is asked (400, 422, …): the sample's error."""


class TemplateRefused(Refused):
    """The model's chat template takes no such messages: nothing was sent."""


class OutOfContext(Refused):
    """The prompt, or prompt and answer, exceed the model's context. context_length: its tokens, if the server said."""

    @property
    def context_length(self) -> int | None:
        return context_length_in(str(self))


class ServerUnusable(NorthstarError):
    """No request can succeed: wrong key, unknown model, nobody there. Ends the run."""
