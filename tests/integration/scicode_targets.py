"""Makes a test_data.h5 as SciCode's authors lay it out, from what reference solutions give where tests want a target.

python -m tests.integration.scicode_targets problems.jsonl test_data.h5
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from northstar.benchmarks.scicode.harness import MAKE, make_request
from northstar.benchmarks.scicode.split_tests import split_tests
from northstar.sandbox.environment import environment_argv, make_environment
from northstar.sandbox.program import Limits
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import choose

Problem = dict[str, Any]

WRITE = """
import sys, os, types, json
values = types.ModuleType("northstar_values")
exec(VALUES, values.__dict__)
import h5py, numpy as np
from scipy import sparse

def write(group, key, value):
    if isinstance(value, dict):
        below = group.create_group(key)
        for name, each in value.items():
            write(below, str(name), each)
    elif sparse.issparse(value):
        below = group.create_group(key).create_group("sparse_matrix")
        below["data"], below["shape"] = value.data, value.shape
        for name in (("row", "col") if value.format == "coo" else ("indices", "indptr")):
            below[name] = getattr(value, name)
        if value.format == "bsr":
            below["blocksize"] = value.blocksize
    elif isinstance(value, (list, tuple)):
        try:
            group[key] = np.array(value)
        except Exception:
            below = group.create_group(key).create_group("list")
            for place, each in enumerate(value):
                write(below, "var%d" % (place + 1), each)
    else:
        group[key] = value

with h5py.File(sys.argv[2], "w") as file:
    for name in sorted(os.listdir(sys.argv[1])):
        for place, made in enumerate(values.decode(open(os.path.join(sys.argv[1], name), "rb").read())):
            test = file.create_group("%s/test%d" % (name, place + 1))
            # A tuple that a function returns is several values; so are several places that ask for the target.
            several = made[0] if len(made) == 1 and isinstance(made[0], tuple) else made
            for number, value in enumerate(several):
                write(test, "var%d" % (number + 1), value)
"""


def write_h5(encoded: Path, path: Path) -> None:
    """From a folder with a file of encoded values for each step."""
    text = resources.files("northstar.benchmarks.scicode").joinpath("values.py").read_text()
    words = environment_argv(make_environment())
    subprocess.run([*words, "-c", f"VALUES = {text!r}\n{WRITE}", str(encoded), str(path)], check=True)


def make_targets(problems: Sequence[Problem], path: Path) -> None:
    """Run each step's reference solution on its tests and write what they make."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run_references(problems, Path(folder)))
        write_h5(Path(folder), path)


async def _run_references(problems: Sequence[Problem], folder: Path) -> None:
    tier = await choose("auto", make_environment())
    limits = Limits(cpu_seconds=600, wall_seconds=1800, memory_bytes=8 << 30, output_bytes=512 << 20)

    async def one(sandbox: Sandbox, problem: Problem, place: int) -> None:
        steps = problem["sub_steps"][: place + 1]
        code = "\n".join([problem["required_dependencies"], *(step["ground_truth_code"] for step in steps)])
        outcome = await sandbox.run(MAKE, make_request(code, split_tests(steps[-1]["test_cases"]).making), limits)
        assert outcome.status == "ok", (steps[-1]["step_number"], outcome.error)
        (folder / steps[-1]["step_number"]).write_bytes(outcome.output)

    async with Sandbox(tier.name, os.cpu_count() or 2, tier.interpreter) as sandbox, asyncio.TaskGroup() as group:
        for problem in problems:
            for place in range(len(problem["sub_steps"])):
                group.create_task(one(sandbox, problem, place))


if __name__ == "__main__":
    make_targets([json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()], Path(sys.argv[2]))
