"""An OpenAI-compatible server whose answers depend on the question and the seed alone, and that can misbehave."""

from tests.mock_server.behaviour import Behaviour, boxed, lognormal, right_answer
from tests.mock_server.faults import FAULTS, Fault, completion, date_in, failing, rate_limited, redirect, says
from tests.mock_server.limits import RateLimit
from tests.mock_server.process import MockProcess, mock_process
from tests.mock_server.server import MockServer, serving

__all__ = [
    "FAULTS",
    "Behaviour",
    "Fault",
    "MockProcess",
    "MockServer",
    "RateLimit",
    "boxed",
    "completion",
    "date_in",
    "failing",
    "lognormal",
    "mock_process",
    "rate_limited",
    "redirect",
    "right_answer",
    "says",
    "serving",
]
