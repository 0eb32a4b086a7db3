"""Rows of prompts with instructions, as IFEval and IFBench publish them."""

from __future__ import annotations

from northstar.core.records import Row
from northstar.data.source import Line


def instructed(line: Line, place: int) -> Row:
    """Return a row; an instruction's arguments that are null are left out, as the official tools do.

    Raises ValueError for a row without instructions, or with other arguments than one set for each.
    """
    del place
    if not line["instruction_id_list"]:
        raise ValueError("it has no instruction")
    arguments = [{name: value for name, value in given.items() if value is not None} for given in line["kwargs"]]
    if len(arguments) != len(line["instruction_id_list"]):
        raise ValueError("as many kwargs as instructions are needed")
    return {
        "id": line["key"],
        "problem": line["prompt"],
        "instruction_id_list": line["instruction_id_list"],
        "kwargs": arguments,
    }
