"""Files of other tools, as tests write them, and where the real ones lie."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pyarrow import Codec

RECORDED = Path(__file__).parent / "recorded"
ROWS = [
    {"id": "sum-1", "problem": "What is 1 + 1?", "expected_answer": "2"},
    {"id": "sum-2", "problem": "What is 2 + 2?", "expected_answer": "4"},
    {"id": "sum-3", "problem": "What is 3 + 3?", "expected_answer": "6"},
]
BENCHMARK = """
from northstar.data.source import HubFile
from northstar.graders.{grader}
from northstar.metrics.answers import AnswerMetrics
from northstar.solvers.single_turn import SingleTurn
from northstar.task.benchmark import Benchmark, Splits

BENCHMARK = Benchmark(
    name="sums",
    about="sums",
    splits=Splits({{"test": HubFile("o/r", "f", revision="0" * 40, to_row=lambda line, place: line)}}),
    prompt="math",
    solver=SingleTurn(),
    grader=Grader(),
    metrics=AnswerMetrics("symbolic_correct"),
)
"""
MATH = "math.answer import MathAnswer as Grader"
CHOICE = "multiple_choice import MultipleChoice as Grader"


def sums(folder: Path, rows: Sequence[dict[str, Any]] = ROWS, grader: str = MATH) -> dict[str, Any]:
    """Prepare the benchmark `sums` with these rows; return the arguments that every import of it takes."""
    (folder / "sums.py").write_text(BENCHMARK.format(grader=grader))
    data = folder / "data"
    written(data / "sums" / "test.jsonl", rows)
    return {
        "benchmarks": "sums",
        "output_dir": folder / "out",
        "extra_benchmarks": [folder / "sums.py"],
        "data_dir": data,
        "overrides": ["++grading_workers=1"],
        "progress": False,
    }


def written(path: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """Write JSON lines, with their folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def answered(rows: Iterable[dict[str, Any]] = ROWS, answer: str | None = None) -> list[dict[str, Any]]:
    """Records of NeMo-Skills' form: each row with a generation, the right one unless told."""
    return [
        {**row, "generation": rf"\boxed{{{answer or row['expected_answer']}}}", "num_generated_tokens": 5}
        for row in rows
    ]


def inspect_log(path: Path, samples: dict[str, Any], **packed: Any) -> Path:
    """Write an .eval: a header, and an entry for each sample; a text or bytes is written as it is."""
    with zipfile.ZipFile(path, "w", **{"compression": zipfile.ZIP_DEFLATED, **packed}) as log:
        log.writestr("header.json", json.dumps({"eval": {"task": "sums", "model": "mock"}}))
        for name, sample in samples.items():
            log.writestr(name, sample if isinstance(sample, str | bytes) else json.dumps(sample))
    return path


def sample(row: dict[str, Any], epoch: int = 1, **changed: Any) -> dict[str, Any]:
    """A sample of Inspect that answers a row rightly."""
    message = {"role": "assistant", "content": rf"\boxed{{{row['expected_answer']}}}"}
    return {
        "id": row["id"],
        "epoch": epoch,
        "input": row["problem"],
        "target": row["expected_answer"],
        "output": {"choices": [{"message": message, "stop_reason": "stop"}]},
        **changed,
    }


def with_zstandard(path: Path, claims: int | None = None) -> Path:
    """Pack the entries of a zip anew as inspect-ai does. claims: the size that the list says of each entry."""
    with zipfile.ZipFile(path) as log:
        entries = [(info, log.read(info)) for info in log.infolist()]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as log:
        for info, data in entries:
            log.writestr(info.filename, bytes(Codec("zstd").compress(data, asbytes=True)))
    content = bytearray(out.getvalue())
    for info, data in entries:
        for mark, method, crc, size in ((b"PK\3\4", 8, 14, 22), (b"PK\1\2", 10, 16, 24)):
            at = _header(content, mark, info.filename.encode())
            content[at + method : at + method + 2] = (93).to_bytes(2, "little")
            content[at + crc : at + crc + 4] = info.CRC.to_bytes(4, "little")
            content[at + size : at + size + 4] = (claims or len(data)).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def _header(content: bytes | bytearray, mark: bytes, name: bytes) -> int:
    """Where the header of that kind and entry begins."""
    at, length = content.find(mark), 30 if mark == b"PK\3\4" else 46
    while content[at + length : at + length + len(name)] != name:
        at = content.find(mark, at + 1)
    return at
