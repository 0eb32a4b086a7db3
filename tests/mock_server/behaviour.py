"""What the mock server answers, and how long it takes: pure functions of the last user message and the seed."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.mock_server.limits import RateLimit
from tests.mock_server.shapes import Fault

Seed = int | None
Delay = Callable[[str, Seed], float]
AnswerText = Callable[[str, Seed], str]
Reply = Callable[[list[dict[str, Any]], list[dict[str, Any]]], dict[str, Any]]
"""From the messages and the tools of a request to the message that answers it."""

_SUM = re.compile(r"(\d+) \+ (\d+)")
_FILLER = "so "
_REASONING = "Let me think about it. "


@dataclass(frozen=True)
class Behaviour:
    """How the server answers, and how it misbehaves.

    `first` holds the faults of the first requests, in the order of arrival (None: a good answer); then `always`, or
    else `shares` (of all requests, spread by their number) decide. A fault waits until `fault_at` requests are at work,
    its own included. A `key` is asked of everybody who wants an answer.
    `context` is the tokens of prompt and answer (a word is a token), said by /v1/models; `context_as` whose manners it
    has when they don't suffice: vLLM 0.32 refuses what no prompt would leave and shortens the rest, older ones refuse,
    llama.cpp shortens. `template`: whether it applies a chat template (None: it can't), as `template_as` does, but
    first fails with each of `template_first`; `opens`: what that writes for an answer to begin with, after a message of
    one of the roles `opens_after`.
    `listed`: what /v1/models says of each model besides; it does so after `models_delay` seconds, or as `models_fault`.
    After `switch_after` requests the last of `models` answers, with another system_fingerprint. What exceeds `limit` is
    refused. With `reasons` it refuses what OpenAI's reasoning models do; `strict` are fields that it refuses, in the
    words of `strict_as` (see STRICT). `metrics` are what /metrics says, one
    page after the other. `reply` answers conversations with tools, whether they come as messages or, by a
    template as llama.cpp applies it, as text with <tool_call>s.
    `streams_only` refuses what is not asked for as a stream, `cut_streams` breaks off so many first ones, the events
    of a stream come `token_seconds` apart; a gateway cuts what is silent for `gateway_seconds`.
    """

    delay: float | Delay = 0.0
    tokens: int = 200
    answer: AnswerText | None = None
    reply: Reply | None = None
    right: float = 0.7
    reasoning: Literal["", "text", "field"] = ""
    slots: int | None = None
    context: int | None = None
    context_as: Literal["vllm", "vllm_old", "silent"] = "vllm"
    template: bool | None = None
    template_as: Literal["vllm", "llamacpp"] = "vllm"
    template_first: tuple[Fault, ...] = ()
    opens: str = ""
    opens_after: tuple[str, ...] = ("system", "user")
    models: tuple[str, ...] = ("mock",)
    listed: Mapping[str, Any] = field(default_factory=dict)
    models_delay: float = 0.0
    models_fault: Fault | None = None
    switch_after: int | None = None
    key: str | None = None
    limit: RateLimit | None = None
    reasons: bool = False
    strict: tuple[str, ...] = ()
    strict_as: str = "pydantic"
    first: tuple[Fault | None, ...] = ()
    always: Fault | None = None
    fault_at: int = 0
    shares: Mapping[Fault, float] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    streams_only: bool = False
    cut_streams: int = 0
    token_seconds: float = 0.0
    gateway_seconds: float | None = None
    log: Path | None = None
    record: bool = True

    def seconds(self, message: str, seed: Seed) -> float:
        """How long the server works on a request."""
        return self.delay(message, seed) if callable(self.delay) else self.delay

    def opens_for(self, body: Mapping[str, Any]) -> str:
        """What the template writes for an answer to these messages to begin with."""
        wanted = body.get("add_generation_prompt", True) and body["messages"][-1]["role"] in self.opens_after
        return self.opens if wanted else ""

    def origin(self, number: int) -> dict[str, str]:
        """Who answers the `number`th request (from 0)."""
        if self.switch_after is None:
            return {"model": self.models[0]}
        before = number < self.switch_after
        return {"model": self.models[0 if before else -1], "system_fingerprint": "fp_before" if before else "fp_after"}

    def text(self, message: str, seed: Seed) -> str:
        """The answer, with as many words as there are tokens before it."""
        if self.answer is not None:
            return self.answer(message, seed)
        return _FILLER * max(0, self.tokens - 3) + boxed(message, seed, self.right)

    def fault(self, number: int) -> Fault | None:
        """What goes wrong with the request that arrived as the `number`th (from 0)."""
        if number < len(self.first):
            return self.first[number]
        if self.always is not None:
            return self.always
        if not self.shares:
            return None
        draw = chance(str(number), None, "fault")
        for fault, share in self.shares.items():
            if draw < share:
                return fault
            draw -= share
        return None


def boxed(message: str, seed: Seed, right: float = 0.7) -> str:
    r"""`\boxed{…}`: the right answer for a share `right` of all (message, seed), else one more."""
    answer = right_answer(message)
    return rf"\boxed{{{answer if chance(message, seed, 'right') < right else answer + 1}}}"


def chosen(message: str, seed: Seed) -> str:
    """The last line 'Answer: X' with one of the letters that the message offers; of ten answers one has none."""
    letters = re.findall(r"^([A-J])\) ", message, re.MULTILINE) or ["A"]
    draw = chance(message, seed, "letter")
    return "I can't tell." if draw < 0.1 else f"It must be so.\n\nAnswer: {letters[int(1000 * draw) % len(letters)]}"


def pair_judgement(unclear: float = 0.0) -> AnswerText:
    r"""A judge of two answers: one whose last \boxed{} holds the sum beats one without; else it is a tie.

    It says so in a strong verdict for A, in a weak one for B. `unclear` as of `judgement`.
    """

    def judge(message: str, seed: Seed) -> str:
        if chance(message, None, "unclear") < unclear and (seed is None or chance(message, None, "still") < 0.5):
            return "I would rather not say."
        right = []
        for name in "AB":
            answer = re.search(f"<answer_of_assistant_{name}>(.*?)</answer_of_assistant_{name}>", message, re.DOTALL)
            said = re.findall(r"\\boxed\{(\d+)\}", answer[1] if answer else "")
            right.append(bool(said) and int(said[-1]) == right_answer(message))
        verdict = "A=B" if right[0] == right[1] else "A>>B" if right[0] else "B>A"
        return f"I looked at both.\nMy final verdict is: [[{verdict}]]"

    return judge


def judgement(unclear: float = 0.0, says: Sequence[str] = ()) -> AnswerText:
    r"""A judge: right is a response whose last \boxed{} holds the sum that the prompt asks for.

    A share `unclear` of its first answers (greedy, without a seed) give no verdict; half of these give none when asked
    again. With `says`, it says the first of these labels alone if the response is right, else one of the others.
    """

    def judge(message: str, seed: Seed) -> str:
        if chance(message, None, "unclear") < unclear and (seed is None or chance(message, None, "still") < 0.5):
            return "I would rather not say."
        said = re.findall(r"\\boxed\{(\d+)\}", message)
        if says:
            right = bool(said) and int(said[-1]) == right_answer(message)
            return says[0] if right else says[1:][int(1000 * chance(message, None, "label")) % len(says[1:])]
        verdict = "Yes" if said and int(said[-1]) == right_answer(message) else "No"
        return f"The response says {said[-1] if said else 'nothing'}.\nJudgement: {verdict}"

    return judge


def right_answer(message: str) -> int:
    """The sum that the message asks for ('What is 3 + 4?'), or else a number below 1,000 made from its text."""
    match = _SUM.search(message)
    return int(match[1]) + int(match[2]) if match else zlib.crc32(message.encode("utf-8", "replace")) % 1000


def lognormal(median: float, sigma: float = 1.0, longest: float = 20.0) -> Delay:
    """Answer times spread as a reasoning model's: long rows are long in every seed; none over `longest` medians."""

    def seconds(message: str, seed: Seed) -> float:
        spread = 0.95 * _normal(message, None) + 0.3 * _normal(message, seed if seed is not None else -1)
        return median * min(longest, math.exp(sigma * spread))

    return seconds


def chance(message: str, seed: Seed, what: str) -> float:
    """A number in [0, 1) that depends on nothing but its arguments."""
    return zlib.crc32(f"{what}|{seed}|{message}".encode("utf-8", "replace")) * 2654435761 % 2**32 / 2**32


def thought(tokens: int) -> str:
    """Reasoning of about half of `tokens` words."""
    return _REASONING * max(1, tokens // 10)


def _normal(message: str, seed: Seed) -> float:
    one, two = chance(message, seed, "radius"), chance(message, seed, "angle")
    return math.sqrt(-2 * math.log(1 - one)) * math.cos(2 * math.pi * two)
