"""MMLU-Redux 2.0: 100 questions of each of MMLU's 57 subjects, checked by hand (Gema et al. 2024, arXiv 2406.04127)."""

from __future__ import annotations

from functools import partial

from northstar.core.records import Row
from northstar.data.source import UNPINNED, HubFile, HubFiles, Line
from northstar.graders.multiple_choice import MultipleChoice
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

SUBJECTS = (
    "abstract_algebra",
    "anatomy",
    "astronomy",
    "business_ethics",
    "clinical_knowledge",
    "college_biology",
    "college_chemistry",
    "college_computer_science",
    "college_mathematics",
    "college_medicine",
    "college_physics",
    "computer_security",
    "conceptual_physics",
    "econometrics",
    "electrical_engineering",
    "elementary_mathematics",
    "formal_logic",
    "global_facts",
    "high_school_biology",
    "high_school_chemistry",
    "high_school_computer_science",
    "high_school_european_history",
    "high_school_geography",
    "high_school_government_and_politics",
    "high_school_macroeconomics",
    "high_school_mathematics",
    "high_school_microeconomics",
    "high_school_physics",
    "high_school_psychology",
    "high_school_statistics",
    "high_school_us_history",
    "high_school_world_history",
    "human_aging",
    "human_sexuality",
    "international_law",
    "jurisprudence",
    "logical_fallacies",
    "machine_learning",
    "management",
    "marketing",
    "medical_genetics",
    "miscellaneous",
    "moral_disputes",
    "moral_scenarios",
    "nutrition",
    "philosophy",
    "prehistory",
    "professional_accounting",
    "professional_law",
    "professional_medicine",
    "professional_psychology",
    "public_relations",
    "security_studies",
    "sociology",
    "us_foreign_policy",
    "virology",
    "world_religions",
)
GOOD, WRONG_KEY = "ok", "wrong_groundtruth"


def to_row(line: Line, place: int, *, subject: str, split: str) -> Row | None:
    """Convert a record of mmlu-redux-2.0: question, choices, answer, error_type, correct_answer, source, ….

    Args:
        line: The record.
        place: Its position.
        subject: The subject that its file is of.
        split: 'all' keeps every question and MMLU's answers. 'ok' keeps those without an error. 'test' keeps also those
            with a wrong answer that the annotators corrected to one of the options, with that answer.
    """
    kind, choices = line["error_type"], line["choices"]
    kept = {"all": (kind,), "ok": (GOOD,), "test": (GOOD, WRONG_KEY)}[split]
    corrects = split == "test" and kind == WRONG_KEY
    answer = corrected(line.get("correct_answer"), choices) if corrects else int(line["answer"])
    if kind not in kept or answer is None:
        return None
    return {
        "id": f"{subject}/{place}",
        "problem": line["question"],
        "options": dict(zip("ABCD", choices, strict=True)),
        "expected_answer": "ABCD"[answer],
        "subject": subject,
        "error_type": kind,
    }


def corrected(said: object, choices: list[str]) -> int | None:
    """Return the position of the option that the annotators name by position, letter or text; None if not exactly one.

    >>> corrected("2", ["x", "y", "z", "w"]), corrected("Y", ["x", "y", "z", "w"]), corrected("2", ["1", "2", "3", "4"])
    (2, 1, None)
    """
    text = "" if said is None else str(said).strip().casefold()
    positions = {"0123".find(text), "abcd".find(text)} if len(text) == 1 else set()
    positions |= {place for place, choice in enumerate(choices) if str(choice).strip().casefold() == text != ""}
    positions.discard(-1)
    return positions.pop() if len(positions) == 1 else None


def _split(split: str) -> HubFiles:
    return HubFiles(
        tuple(
            HubFile(
                "edinburgh-dawg/mmlu-redux-2.0",
                f"{subject}/data-00000-of-00001.arrow",
                revision=UNPINNED,
                to_row=partial(to_row, subject=subject, split=split),
            )
            for subject in SUBJECTS
        )
    )


BENCHMARK = Benchmark(
    name="mmlu-redux",
    about="MMLU's questions that experts found good, or whose answer they corrected (ok: without the corrected ones; "
    "all: 5,700)",
    family="choices",
    licence="CC-BY-4.0",
    citation="Gema et al. 2024, Are We Done with MMLU?, arXiv 2406.04127",
    splits=Splits({split: _split(split) for split in ("test", "ok", "all")}, rows={"all": 5700}),
    prompt="multiple-choice",
    needs=("problem", "options", "expected_answer"),
    solver=SingleTurn(),
    grader=MultipleChoice(),
    metrics=AnswerMetrics("symbolic_correct", subset="subject"),
)
