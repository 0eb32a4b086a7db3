"""What a check says, and how all of them run at once, each within a few seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal

from northstar.core.clock import monotonic
from northstar.core.errors import NorthstarError
from northstar.models.secrets import redacted, without_secrets

State = Literal["ok", "warn", "fail"]

SECONDS = 2.0
"""How long a check may take."""
_SHARE = 0.85
"""Of this time for what a check starts, so that it can still say that there was no answer."""


@dataclass(frozen=True)
class Check:
    """What was found of one thing.

    Attributes:
        name: The thing: 'gpus'.
        state: 'ok'; 'warn': some runs will miss it; 'fail': runs will stop at it.
        text: What was found.
        todo: What to do about it; '' if nothing.
        details: The same as values, for programs.
    """

    name: str
    state: State
    text: str
    todo: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.name,
            "state": self.state,
            "text": without_secrets(self.text),
            "todo": without_secrets(self.todo),
            "details": redacted(self.details),
        }


@dataclass(frozen=True)
class Look:
    """One look at the machine. look: gets the seconds that it may take; returns what it found."""

    name: str
    look: Callable[[float], Sequence[Check]]


def examined(looks: Sequence[Look], seconds: float) -> Iterator[Check]:
    """Take all looks at once and yield what they found, in order.

    A look that takes longer is left alone and becomes a warning: it may hang in a disk or a name server that never
    answers. All together take little more than `seconds`.
    """
    begun = monotonic()
    answers = [_begun(look, seconds * _SHARE) for look in looks]
    for look, answer in zip(looks, answers, strict=True):
        try:
            yield from answer.get(timeout=max(0.0, begun + seconds - monotonic()))
        except Empty:
            todo = f"Look what keeps it, or give it longer: ns doctor --timeout={3 * seconds:g}"
            yield Check(look.name, "warn", f"no answer within {seconds:g} s", todo)


def _begun(look: Look, seconds: float) -> SimpleQueue[Sequence[Check]]:
    """Take a look in a thread of its own, which keeps no process from ending."""
    answer: SimpleQueue[Sequence[Check]] = SimpleQueue()
    Thread(target=lambda: answer.put(_taken(look, seconds)), daemon=True).start()
    return answer


def _taken(look: Look, seconds: float) -> Sequence[Check]:
    try:
        return look.look(seconds)
    except NorthstarError as error:
        return [Check(look.name, "fail", str(error))]
    except Exception as error:  # the other looks are of use all the same
        return [Check(look.name, "warn", f"cannot be looked at: {type(error).__name__}: {error}")]
