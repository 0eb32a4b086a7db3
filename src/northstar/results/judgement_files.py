"""Merges the judgements of a judge into the records they judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from northstar.core.atomic import whole_file
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.core.regular import check_regular, is_there
from northstar.results.layout import join_lock, judged_folder, whole_path
from northstar.results.record_lines import parsed_record

FIELDS = ("judgement", "judge_correct", "judge_label", "judge_unparsed", "judge")
"""The fields that a record takes from its judgement."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


def merge_judgements(results: Path, judge: str, seed: int | None) -> bool:
    """Write a seed's judgements into its records once both are complete; return whether that happened now.

    Records keep the judgements of the first judge; those of others stay in their own files. This is safe to repeat, and
    to run beside another job that does the same.
    """
    records, judgements = whole_path(results, seed), whole_path(judged_folder(results, judge), seed)
    with locked(join_lock(results, seed), str(records), wait=True):
        if not is_there(records) or not is_there(judgements) or not _wants(records, judgements, judge):
            return False
        with records.open("rb") as before, judgements.open("rb") as judged, whole_file(records) as after:
            try:
                for number, (line, verdict) in enumerate(zip(before, judged, strict=True), start=1):
                    record = parsed_record(records, number, line, _decode)
                    after.write(_encode(_merged(record, parsed_record(judgements, number, verdict, _decode))) + b"\n")
            except ValueError as error:
                raise NorthstarError(
                    f"{judgements} does not match {records} ({error}). Move it away, and judge again."
                ) from None
    return True


def judge_of(file: Path) -> str | None:
    """Return the judge named in an output's records, or in a file of judgements, if any. Raises NorthstarError."""
    check_regular(file)
    with file.open("rb") as lines:
        first = lines.readline()
    return parsed_record(file, 1, first, _judge).judge if first else None


def is_of_pairs(file: Path) -> bool:
    """Whether a file of judgements compares answers with others. Raises NorthstarError."""
    check_regular(file)
    with file.open("rb") as lines:
        first = lines.readline()
    return bool(first) and parsed_record(file, 1, first, _styled).judge_style is not None


class _Styled(msgspec.Struct):
    judge_style: list[float] | None = None


_styled = msgspec.json.Decoder(_Styled).decode


class _Judge(msgspec.Struct):
    judge: str | None = None


class _Verdict(_Judge):
    """The FIELDS of a record; decoding only these skips its long texts."""

    judgement: str | None = None
    judge_correct: bool | float | None = None
    judge_label: str | None = None
    judge_unparsed: bool | float | None = None


_judge = msgspec.json.Decoder(_Judge).decode
_verdict = msgspec.json.Decoder(_Verdict).decode


def _wants(records: Path, judgements: Path, judge: str) -> bool:
    """Return whether the records lack this judge's current verdicts. Compares content, since clocks may differ."""
    by = judge_of(records)
    return by is None or (by == judge and not _same_verdicts(records, judgements))


def _same_verdicts(records: Path, judgements: Path) -> bool:
    with records.open("rb") as present, judgements.open("rb") as judged:
        try:
            return all(_verdict(old) == _verdict(new) for old, new in zip(present, judged, strict=True))
        except (ValueError, msgspec.DecodeError):
            return False  # merging them reports the error


def _merged(record: dict[str, Any], judgement: dict[str, Any]) -> dict[str, Any]:
    if record.get("id") != judgement.get("id"):
        raise ValueError(f"a judgement is of row {judgement.get('id')!r}, its record of {record.get('id')!r}")
    unjudged = {key: value for key, value in record.items() if key not in FIELDS}
    return unjudged | {key: judgement[key] for key in FIELDS if key in judgement}
