"""Invented rows of benchmarks in the columns of their sources, for a local hub, and right answers to them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import pyarrow
from pyarrow import ipc, parquet

from northstar.benchmarks.choices import mmlu_redux, mmmlu

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Invented:
    """A benchmark's files on the hub.

    Attributes:
        repo: Owner and name of the dataset.
        files: Path in the repository → its records.
        rows: How many rows the default split has of them.
        row: Some fields of the first row.
        right: A text that answers a row rightly.
        shown: Columns of metrics.json of one generation a row, when every answer is right.
    """

    repo: str
    files: Mapping[str, Lines]
    rows: int
    row: Mapping[str, Any]
    right: Callable[[dict[str, Any]], str]
    shown: Mapping[str, float]


def file_of(path: str, lines: Lines) -> bytes:
    """Return the bytes of a file with these records, in the format of its ending."""
    if path.endswith(".parquet"):
        into = BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist(lines), into)
        return into.getvalue()
    if path.endswith(".arrow"):
        sink, table = BytesIO(), pyarrow.Table.from_pylist(lines)
        with ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        return sink.getvalue()
    if path.endswith(".csv"):
        text = StringIO(newline="")
        writer = csv.DictWriter(text, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
        return text.getvalue().encode()
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def boxed(row: dict[str, Any]) -> str:
    return rf"So it is \boxed{{{row['expected_answer']}}}."


def stated(row: dict[str, Any]) -> str:
    return f"So.\n\nAnswer: {row['expected_answer']}"


RIGHT = {"symbolic_correct": 100.0, "no_answer": 0.0}


def competition(name: str, **more: Any) -> Invented:
    """A dataset of MathArena."""
    lines = [
        {"problem_idx": 1, "problem": f"{name}: what is $1+1$?", "answer": "2", **more},
        {"problem_idx": 2, "problem": f"{name}: halve one.", "answer": r"\frac{1}{2}", **more},
    ]
    files = {"data/train-00000-of-00001.parquet": lines}
    first = {"id": "1", "expected_answer": "2", **more}
    return Invented(f"MathArena/{name}", files, 2, first, boxed, RIGHT)


def math_file(subject: str, kind: str) -> tuple[str, Lines]:
    solution = rf"{subject}: the box \boxed{{0}} is none, \boxed{{\frac{{1}}{{2}}}} is."
    line = {"problem": f"{subject}: halve one.", "level": "Level 1", "type": kind, "solution": solution}
    return f"{subject}/test-00000-of-00001.parquet", [line]


MATH = {
    "algebra": "Algebra",
    "counting_and_probability": "Counting & Probability",
    "geometry": "Geometry",
    "intermediate_algebra": "Intermediate Algebra",
    "number_theory": "Number Theory",
    "prealgebra": "Prealgebra",
    "precalculus": "Precalculus",
}

REDUX: Lines = [
    {
        "question": f"Which {n}?",
        "choices": ["x", "y", "z", "w"],
        "answer": 1,
        "error_type": kind,
        "source": None,
        "correct_answer": correction,
        "potential_reason": None,
    }
    for n, (kind, correction) in enumerate((("ok", None), ("wrong_groundtruth", "3"), ("no_correct_answer", None)))
]


def conversations(needles: int) -> Lines:
    """Rows of MRCR: of 4 thousand characters, 70 thousand, and 700 thousand, which the default split leaves out."""
    lines = []
    for place, length in enumerate((4_000, 70_000, 700_000)):
        asks = {"role": "user", "content": f"Prepend aYoo{place} to the 1st poem about {needles} tapirs."}
        poem = {"role": "assistant", "content": "Tapirs. " * (length // 8)}
        messages = [{"role": "user", "content": "write a poem about tapirs"}, poem, asks]
        lines.append(
            {
                "prompt": json.dumps(messages),
                "answer": f"aYoo{place}Tapirs. Tapirs. ",
                "random_string_to_prepend": f"aYoo{place}",
                "n_needles": needles,
                "desired_msg_index": 1,
                "total_messages": 3,
                "n_chars": length,
            }
        )
    return lines


INVENTED = {
    "aime26": competition("aime_2026"),
    "hmmt_feb25": competition("hmmt_feb_2025", problem_type=["Algebra"]),
    "hmmt_nov25": competition("hmmt_nov_2025", problem_type=["Geometry"]),
    "hmmt_feb26": competition("hmmt_feb_2026", problem_type=["Number Theory"]),
    "apex-shortlist": competition("apex-shortlist", source="Invented 2025 P1"),
    "beyond-aime": Invented(
        "ByteDance-Seed/BeyondAIME",
        {"data/test.parquet": [{"problem": "What is 600 + 33?", "answer": 633}]},
        1,
        {"id": "0", "problem": "What is 600 + 33?", "expected_answer": "633"},
        boxed,
        RIGHT,
    ),
    "gsm8k": Invented(
        "openai/gsm8k",
        {
            "main/test-00000-of-00001.parquet": [
                {"question": "Two farms of 500?", "answer": "There are <<2*500=1000>>1000 in all.\n#### 1,000"}
            ]
        },
        1,
        {"id": "0", "expected_answer": "1000", "reference_solution": "There are 1000 in all."},
        boxed,
        RIGHT,
    ),
    "mmlu": Invented(
        "cais/mmlu",
        {
            "all/test-00000-of-00001.parquet": [
                {"question": f"Of {subject}?", "subject": subject, "choices": ["x", "y", "z", "w"], "answer": n}
                for n, subject in enumerate(("anatomy", "virology"))
            ]
        },
        2,
        {"id": "0", "options": {"A": "x", "B": "y", "C": "z", "D": "w"}, "expected_answer": "A", "subject": "anatomy"},
        stated,
        RIGHT,
    ),
    "mmlu-redux": Invented(
        "edinburgh-dawg/mmlu-redux-2.0",
        {f"{subject}/data-00000-of-00001.arrow": REDUX for subject in mmlu_redux.SUBJECTS},
        2 * 57,
        {"id": "abstract_algebra/0", "expected_answer": "B", "subject": "abstract_algebra", "error_type": "ok"},
        stated,
        RIGHT,
    ),
    "supergpqa": Invented(
        "m-a-p/SuperGPQA",
        {
            "SuperGPQA-all.jsonl": [
                {
                    "uuid": f"u{n}",
                    "question": "Which?",
                    "options": [f"{n}{letter}" for letter in "abcdefghij"],
                    "answer": "0j",
                    "answer_letter": "J",
                    "discipline": discipline,
                    "field": "Invented Field",
                    "subfield": "Invented Subfield",
                    "difficulty": "hard",
                    "is_calculation": False,
                }
                for n, discipline in enumerate(("Law", "Law", "History"))
            ]
        },
        3,
        {"id": "u0", "expected_answer": "J", "discipline": "Law", "field": "Invented Field", "difficulty": "hard"},
        stated,
        RIGHT,
    ),
    "mmmlu": Invented(
        "openai/MMMLU",
        {
            f"test/mmlu_{locale}.csv": [
                {
                    "": "0",
                    "Question": f"{locale}?",
                    "A": "x",
                    "B": "y",
                    "C": "z",
                    "D": "w",
                    "Answer": "C",
                    "Subject": "law",
                }
            ]
            for locale in mmmlu.LANGUAGES
        },
        14,
        {"id": "AR-XY/0", "expected_answer": "C", "language": "Arabic", "subject": "law"},
        stated,
        RIGHT | {"mean_by_language": 100.0},
    ),
    "mrcr": Invented(
        "openai/mrcr",
        {f"{needles}needle.parquet": conversations(needles) for needles in (2, 4, 8)},
        6,
        {"id": "2needle/0", "prefix": "aYoo0", "needles": 2, "length": "8k", "bin": "2 needles, 8k"},
        lambda row: str(row["expected_answer"]),
        {"match_ratio": 100.0},
    ),
    "math": Invented(
        "EleutherAI/hendrycks_math",
        dict(math_file(subject, kind) for subject, kind in MATH.items()),
        7,
        {"id": "algebra/0", "expected_answer": r"\frac{1}{2}", "subject": "Algebra", "level": "Level 1"},
        boxed,
        RIGHT,
    ),
}
