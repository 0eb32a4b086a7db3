"""MRCR: which of several like answers in a long conversation is asked for (OpenAI 2025, after arXiv 2409.12640)."""

from __future__ import annotations

import hashlib
import json
import re
from functools import partial

from northstar.core.errors import UsageError, did_you_mean
from northstar.core.records import Row
from northstar.data.attachments import Attachment
from northstar.data.source import HubFile, HubFiles, Line
from northstar.graders.matching_text import SCORE, MatchingText
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.row_messages import RowMessages
from northstar.task.benchmark import Benchmark, Splits

NEEDLES = (2, 4, 8)
BINS = {
    "8k": 37_500,
    "16k": 77_500,
    "32k": 158_000,
    "64k": 317_500,
    "128k": 631_000,
    "256k": 1_270_000,
    "512k": 2_535_000,
    "1m": 1 << 62,
}
"""Length, the most tokens of a bin → the most characters of its rows. Officially a bin is of tokens (o200k_base); rows
of neighbouring bins overlap by a few per cent of their characters, and these limits are in the middle."""
_LENGTH = "|".join(BINS)
_NAME = re.compile(rf"(?P<needles>[248])needle(?:-(?P<longest>{_LENGTH}))?|(?P<of_all>{_LENGTH})")


def to_row(line: Line, place: int, *, longest: str) -> Row | None:
    """Convert a record of openai/mrcr: prompt (messages, as JSON), answer, random_string_to_prepend, n_needles, ….

    The messages become an attachment. None for a row longer than the bin `longest`.
    """
    if line["n_chars"] > BINS[longest]:
        return None
    prompt: str = line["prompt"]
    messages, needles = json.loads(prompt), int(line["n_needles"])
    length = next(name for name, most in BINS.items() if line["n_chars"] <= most)
    digest = hashlib.sha256(prompt.encode()).hexdigest()[:16]
    return {
        "id": f"{needles}needle/{place}",
        "problem": messages[-1]["content"],
        "messages": Attachment(f"messages/{needles}needle-{place}-{digest}.json", prompt.encode),
        "expected_answer": line["answer"],
        "prefix": line["random_string_to_prepend"],
        "needles": needles,
        "length": length,
        "bin": f"{needles} needles, {length}",
        "n_chars": line["n_chars"],
    }


def split_of(name: str) -> HubFiles:
    """Return the source of a split by its name: 8needle, 128k, 8needle-128k. Raises UsageError for another name."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"--split: mrcr has no split '{name}'.{did_you_mean(name, NAMED)} It has {', '.join(NAMED)}: the rows of "
            "so many needles, up to such a length, or of both (8needle-64k)."
        )
    longest = match["longest"] or match["of_all"] or "1m"
    return HubFiles(
        tuple(
            HubFile(
                "openai/mrcr",
                f"{needles}needle.parquet",
                revision="204b0d4e8d9ca5c0a90bf942fdb2a5969094adc0",
                to_row=partial(to_row, longest=longest),
                facts={"longest": longest},
            )
            for needles in NEEDLES
            if match["needles"] in (None, str(needles))
        )
    )


NAMED = (*BINS, *(f"{needles}needle" for needles in NEEDLES))

BENCHMARK = Benchmark(
    name="mrcr",
    about="conversations of up to 128k tokens with 2, 4 or 8 like requests (all lengths: mrcr.1m, or mrcr.8needle)",
    family="long context",
    licence="MIT",
    citation="OpenAI 2025, OpenAI MRCR, https://huggingface.co/datasets/openai/mrcr, after Vodrahalli et al. 2024, "
    "Michelangelo, arXiv 2409.12640",
    splits=Splits(
        {name: split_of(name) for name in NAMED},
        default="128k",
        by_rule=split_of,
        rows={"1m": 2400, "2needle": 800, "4needle": 800, "8needle": 800},
    ),
    prompt="bare",
    needs=("problem", "messages", "expected_answer", "prefix", "bin"),
    solver=RowMessages(),
    grader=MatchingText(),
    metrics=AnswerMetrics(SCORE, answer=None, subset="bin"),
    long_prompts=True,
)
