r"""What each grader says of a table of generations; `python -m tests.graders.verdicts` records it anew.

A grader's version has to grow when a verdict may change (task/grader.py): the record is refused while it has not. Add
samples where a change of a grader shows in none of these.
"""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from northstar.benchmarks.bfcl_v3.grader import OfficialCheck
from northstar.benchmarks.livecodebench.code_tests import CodeTests
from northstar.benchmarks.questions.omniscience import GRADES
from northstar.benchmarks.scicode.grader import SciCodeSteps
from northstar.benchmarks.scicode.harness import PASSED
from northstar.core.records import Generation, Row, Turn
from northstar.data.attachments import Attachments
from northstar.graders.functions.grader import FunctionTests
from northstar.graders.instructions.grader import FollowsInstructions
from northstar.graders.judgement import JudgedAlone, Judgement
from northstar.graders.matching_text import MatchingText
from northstar.graders.math.answer import MathAnswer
from northstar.graders.multiple_choice import MultipleChoice
from northstar.graders.pairs.judgement import ANSWER_FIRST, BASELINE_FIRST, PairJudgement
from northstar.graders.short_answer import ShortAnswer
from northstar.sandbox.program import Outcome, Program, Runner
from northstar.task.grader import Compute, Grader, SolverContext

RECORD = Path(__file__).with_name("recorded_verdicts.json")
Sample = tuple[Row, Generation]
PAIR_GAMES = (BASELINE_FIRST, ANSWER_FIRST)


def said(text: str, **fields: Any) -> Generation:
    return Generation(generation=text, **fields)


class Here:
    """Computes in this process."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        del timeout
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(*arguments)


class Strict:
    """Stands for the official checkers of tool calls: right is what equals the reference."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        del function, timeout
        right = arguments[-2] == arguments[-1]
        return {"valid": right, "error_type": "" if right else "wrong", "error": "" if right else "another call"}


class Echo:
    """Stands for the sandbox: a program prints its own code, and one that says 'raise' fails."""

    lacks: Sequence[str] = ()

    async def run(self, program: Program, stdin: bytes = b"", limits: Any = None) -> Outcome:
        del program, limits
        failed = b"raise" in stdin
        return Outcome(status="error" if failed else "ok", output=PASSED, error="ValueError: 1" if failed else "")

    async def run_tests(
        self, program: Program, inputs: Iterable[bytes], limits: Any = None, passes: Any = None
    ) -> list[Outcome]:
        del limits
        found: list[Outcome] = []
        for number, _ in enumerate(inputs):
            failed = "raise" in program.code
            found.append(Outcome(status="error" if failed else "ok", output=program.code.encode()))
            if failed or not await passes(number, found[-1]):
                break
        return found


class Kept:
    """Stands for the attachments: a row's tests lie in the row."""

    def lines(self, reference: Any) -> Iterable[bytes]:
        return (json.dumps(test).encode() for test in reference)

    def read(self, reference: Any) -> bytes:
        return json.dumps(reference).encode()


MATH = [
    (r"so \boxed{\frac{1}{2}}", "0.5"),
    (r"\boxed{1} or rather \boxed{2}", "1"),
    (r"\boxed{\boxed{7}}", "7"),
    (r"\boxed 5", "5"),
    ("the answer is 7", "7"),
    (r"\boxed{}", ""),
    (r"\boxed{1,234}", "1234"),
    (r"\boxed{50\%}", "0.5"),
    (r"\boxed{50\%}", "50"),
    (r"\boxed{x=3}", "3"),
    (r"\boxed{(1, 2)}", r"\left(1,2\right)"),
    (r"\boxed{[1,2]}", "(1,2)"),
    (r"\boxed{\{1,2\}}", r"\{2,1\}"),
    (r"\boxed{\sqrt{12}}", r"2\sqrt{3}"),
    (r"\boxed{x^2+2x+1}", "(x+1)^2"),
    (r"\boxed{\text{Monday}}", "Monday"),
    (r"\boxed{3 \text{ cm}}", "3"),
    (r"\boxed{30^\circ}", "30"),
    (r"\boxed{\pi}", "3.14159"),
    (r"\boxed{\frac{14}{3}}", "4.6667"),
    (r"\boxed{-\infty}", r"\infty"),
    (r"\boxed{A}", "a"),
    (r"\boxed{012}", "12"),
    (r"\boxed{\$5}", "5"),
    (r"\boxed{2^{10}}", "1024"),
    (r"\boxed{1 \times 10^3}", "1000"),
    (r"\boxed{\pm 2}", "2"),
    (r"\boxed{2, -2}", "-2, 2"),
    (r"\boxed{0.333}", r"\frac{1}{3}"),
    (r"\boxed{i}", "-i"),
    (r"\boxed{\begin{pmatrix}1\\2\end{pmatrix}}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
    ("\\boxed{\ud800}", "1"),
]
CHOICES = [
    "Answer: B",
    "The answer is (c).",
    r"\boxed{A}",
    r"\boxed{\text{D}}",
    "Answer: E",
    "A or B",
    "B",
    "**Answer:** $C$",
    "I can't say.",
    "Answer: A\nNo, wait.\nAnswer: D",
    "Answer: B, since A is wrong",
    "Answer: A and C",
    "It is not A. The answer isn't C either, so B.",
    "答案：B",
    "উত্তরঃ ব",
    "### Answer\nD",
]
MATCHED = {"expected_answer": "aYoA poem about tapirs", "prefix": "aYo"}
MATCHING = ["aYoA poem about tapirs", "A poem about tapirs", "aYoA poem about frogs", "aYo", " aYoA poem", ""]
SHORT = [
    ("Answer: a whale", "A Whale.", "exactMatch"),
    ("Answer: $1/2$", "0.5", "exactMatch"),
    ("Explanation: …\nAnswer: C\nConfidence: 60%", "C", "multipleChoice"),
    ("Answer: (c) a whale", "C", "multipleChoice"),
    ("উত্তরঃ ড", "C", "multipleChoice"),
    ("**Answer**: the third one", "third", "exactMatch"),
    ("nothing", "x", "exactMatch"),
    ("Final answer: 12 apples", "12", "exactMatch"),
    ("Answer:\n\\[x = 2\\]", "2", "exactMatch"),
    ("### Answer\n12", "12", "exactMatch"),
    ("So the answer is 12. Confidence: 3%", "12", "exactMatch"),
]
JUDGEMENTS = [
    "Judgement: Yes",
    "They differ.\n**Judgement: No**",
    "yes.",
    "Perhaps.",
    "Judgement: No\nJudgement: Yes",
    r"Judgement: \text{Yes}",
    "### Judgement\nNo",
    "Judgement：Yes",
    "Judgement: Yes\nJudgement: unsure",
]
LABELS = [
    *("A", "**B**", "C: PARTIAL_ANSWER", "not attempted", "E", "A\nB", "Grade: A good answer", "Grade: A/B", "正确"),
    *('{"verdict": "INCORRECT"}', "\\boxed{Correct}", "Grade: A\nNo.\nGrade: B", "The year differs.\n\nB"),
]
CODE = [
    ("```python\n3\n```", "3\n"),
    ("```\n3.0\n```", "3"),
    ("```python\n3  \n\n```", "3"),
    ("```python\n1\n```\nor\n```python\n2\n```", "2"),
    ("```python\nraise\n```", "3"),
    ("3", "3"),
    ("```python\n3", "3"),
    ("```python\nYES\n```", "yes"),
]
CALLS = [
    ("simple", [{"name": "f", "arguments": '{"a": 1}'}]),
    ("simple", [{"name": "f", "arguments": '{"a": 2}'}]),
    ("simple", [{"name": "f", "arguments": "no json"}]),
    ("simple", None),
    ("irrelevance", None),
    ("irrelevance", [{"name": "f", "arguments": "{}"}]),
    ("live_relevance", [{"name": "f", "arguments": "{}"}]),
    ("live_relevance", None),
]


def _pairs() -> list[Sample]:
    row = {"answer_a": "# Long\n1. **one**\n2. two", "answer_b": "short"}
    games = [("[[B>>A]]", "[[A>>B]]"), ("[[A>B]]", "[[A>B]]"), ("[[B<A]]", "[[A=B]]"), ("[[C]]", "[[A>B]]")]
    return [
        (
            row,
            said(
                f"{one} {two}",
                turns=[Turn(name=name, generation=text) for name, text in zip(PAIR_GAMES, (one, two), strict=True)],
            ),
        )
        for one, two in games
    ]


def _math() -> list[Sample]:
    cut = said(r"\boxed{1}", reasoning_unfinished=True)
    samples = [({"expected_answer": expected}, said(text)) for text, expected in MATH]
    return [*samples, ({"expected_answer": "1"}, cut), ({"expected_answer": "1"}, said(r"\boxed{1}", error="refused"))]


def _choices() -> list[Sample]:
    row = {"options": dict(zip("ABCD", ("a", "b", "c", "d"), strict=True)), "expected_answer": "B"}
    return [(row, said(text)) for text in CHOICES]


def _short() -> list[Sample]:
    return [({"expected_answer": expected, "answer_type": kind}, said(text)) for text, expected, kind in SHORT]


def _code() -> list[Sample]:
    tests = [({"input": "", "output": expected}, text) for text, expected in CODE]
    return [({"id": "a", "function": None, "tests": [test]}, said(text, finish_reason="stop")) for test, text in tests]


def _steps() -> list[Sample]:
    steps = [{"step": "1", "tests": ["assert f() == target"], "targets": "1"}, {"step": "2", "given": "x = 1"}]
    row = {"id": "a", "dependencies": "", "sub_steps": steps}
    texts = ("```python\ndef f(): return 1\n```", "```python\nraise\n```", "no code")
    turns = [Turn(name="1", generation=text, finish_reason="stop") for text in texts]
    return [(row, said("", turns=[turn])) for turn in turns] + [(row, said(""))]


def _calls() -> list[Sample]:
    row = {"function": [], "ground_truth": [["f", {"a": 1}]]}
    return [({**row, "category": category}, said("", tool_calls=calls)) for category, calls in CALLS]


class Says:
    """Stands for the verifiers of instructions: an answer says which verdicts to give."""

    async def call(self, function: str, *arguments: Any, timeout: float) -> Any:
        del function, timeout
        found: Any = json.loads(arguments[-1])
        return found


def _instructions() -> list[Sample]:
    row = {"problem": "", "instruction_id_list": ["a", "b"], "kwargs": [{}, {}]}
    verdicts = [([True, False], [True, True], []), ([None, True], [None, True], ["x"]), ([False] * 2, [False] * 2, [])]
    texts = [json.dumps({"strict": strict, "loose": loose, "lacks": lacks}) for strict, loose, lacks in verdicts]
    return [(row, said(text)) for text in texts] + [(row, said("", error="out of context"))]


class Tested:
    """Stands for the sandbox: a function's code says which of its runs fail."""

    lacks: Sequence[str] = ()

    async def run(self, program: Program, stdin: bytes = b"", limits: Any = None) -> Outcome:
        del limits
        if b"fails in make" in stdin:
            return Outcome(status="error", error="ValueError: 1")
        return Outcome(status="ok", output=b"[]" if program.call == "make" else b"passed")

    async def run_tests(
        self, program: Program, inputs: Iterable[bytes], limits: Any = None, passes: Any = None
    ) -> list[Outcome]:
        del limits, passes
        if "fails in test" in program.code:
            return [Outcome(status="error", error="ValueError: 1")]
        *_, last = map(json.loads, inputs)
        return [Outcome(status="ok", output=json.dumps(last["token"]).encode())]


FUNCTIONS = [
    "```python\ndef f(x):\n    return x\n```",
    "```python\n    return x\n```",
    "Use f:\n```python\nprint(f(1))\n```\nwith\n```python\ndef f(x):\n    return 1\n```\nas above",
    "```python\ndef f(x): 'fails in test'\n```",
    "```python\ndef f(x): 'fails in make'\n```",
    "no code",
]


def _functions() -> list[Sample]:
    plus = {"inputs": [], "shape": "", "reference": "", "set": "humaneval", "tolerance": 0}
    row = {"id": 1, "function": "f", "given": "def f(x):\n", "tests": "", "plus": plus}
    return [(row, said(text)) for text in FUNCTIONS]


GRADERS: dict[str, tuple[Grader, Callable[[], list[Sample]]]] = {
    "math_answer": (MathAnswer(), _math),
    "math_answer by regex": (MathAnswer(extract_regex=r"answer is (\d+)"), lambda: _math()[:6]),
    "multiple_choice": (MultipleChoice(), _choices),
    "short_answer": (ShortAnswer(), _short),
    "matching_text": (MatchingText(), lambda: [(MATCHED, said(text)) for text in MATCHING]),
    "judgement": (Judgement(), lambda: [({}, said(text)) for text in JUDGEMENTS]),
    "pair_judgement": (PairJudgement(), _pairs),
    "judgement by labels": (Judgement(GRADES), lambda: [({}, said(text)) for text in LABELS]),
    "judged_alone": (JudgedAlone(), lambda: [({}, said("a text")), ({}, said("", error="refused"))]),
    "code_tests": (CodeTests(), _code),
    "function_tests": (FunctionTests(), _functions),
    "scicode_steps": (SciCodeSteps(), _steps),
    "bfcl_v3": (OfficialCheck(), _calls),
    "follows_instructions": (FollowsInstructions("ifbench"), _instructions),
}


def verdicts_of(name: str) -> list[dict[str, Any]]:
    """Return the grades of a grader's samples, as JSON holds them."""
    grader, samples = GRADERS[name]
    parts = SolverContext(
        compute=Here(),
        helper=cast(Compute, Strict() if isinstance(grader, OfficialCheck) else Says()),
        sandbox=cast(Runner, Tested() if isinstance(grader, FunctionTests) else Echo()),
        attachments=cast(Attachments, Kept()),
    )

    async def grades() -> list[Any]:
        return [dict(await grader(row, generation, parts)) for row, generation in samples()]

    found: list[dict[str, Any]] = json.loads(json.dumps(asyncio.run(grades())))
    return found


def recorded() -> dict[str, Any]:
    return json.loads(RECORD.read_text()) if RECORD.exists() else {}


def samples_of(name: str) -> list[Any]:
    """Return what identifies the samples: a change of verdicts on other samples is none of the grader."""
    return [[str(row), generation.generation] for row, generation in GRADERS[name][1]()]


def main() -> None:
    """Record the verdicts. Exits with a sentence for a grader whose verdicts changed under the same version."""
    before, now = recorded(), {}
    for name, (grader, _) in GRADERS.items():
        now[name] = {"version": grader.version, "samples": samples_of(name), "verdicts": verdicts_of(name)}
        there = before.get(name, now[name])
        same_samples = there["samples"] == now[name]["samples"]
        if same_samples and there["verdicts"] != now[name]["verdicts"] and there["version"] >= grader.version:
            raise SystemExit(f"{name}: verdicts changed; raise its version above {there['version']} first.")
    RECORD.write_text(json.dumps(now, indent=1) + "\n")


if __name__ == "__main__":
    main()
