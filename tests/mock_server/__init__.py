"""An OpenAI-compatible server whose answers depend on the question and the seed alone, and that can misbehave."""

from tests.mock_server.behaviour import Behaviour, boxed, lognormal, right_answer
from tests.mock_server.faults import FAULTS
from tests.mock_server.limits import RateLimit
from tests.mock_server.process import MockProcess, mock_process
from tests.mock_server.server import MockServer, serving
from tests.mock_server.shapes import (
    STRICT,
    Fault,
    completion,
    date_in,
    ended,
    error_in_200,
    failing,
    rate_limited,
    redirect,
    says,
)

__all__ = [
    "FAULTS",
    "STRICT",
    "Behaviour",
    "Fault",
    "MockProcess",
    "MockServer",
    "RateLimit",
    "boxed",
    "completion",
    "date_in",
    "ended",
    "error_in_200",
    "failing",
    "lognormal",
    "mock_process",
    "rate_limited",
    "redirect",
    "right_answer",
    "says",
    "serving",
]
