"""The ways a request can fail, and what each means for the sample and the run."""

from __future__ import annotations

from northstar.core.errors import NorthstarError
from northstar.models.reply.context_words import context_length_in


class GaveUp(Exception):
    """Every try failed for a passing reason. The sample stays open and is asked on the next run."""


class Refused(Exception):
    """The server will never answer this request (400, 422, …); this becomes the sample's error."""


class TemplateRefused(Refused):
    """The model's chat template does not accept these messages; nothing was sent."""


class OutOfContext(Refused):
    """The prompt, or prompt and answer, exceed the model's context, of `context_length` tokens if the server tells."""

    @property
    def context_length(self) -> int | None:
        return context_length_in(str(self))


class ServerUnusable(NorthstarError):
    """No request can succeed: wrong key, unknown model, no server. Ends the run."""
