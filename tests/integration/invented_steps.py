"""Invented problems of SciCode, as its authors publish them, for a local hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Problem = dict[str, Any]


def put(hub: Path, name: str, problems: list[Problem]) -> None:
    folder = hub / "SciCode1/SciCode"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"problems_{name}.jsonl").write_text("".join(json.dumps(problem) + "\n" for problem in problems))


def small(number: int = 1, steps: int = 4) -> Problem:
    """An invented problem: each step calls the one before it."""
    return {
        "problem_id": str(number),
        "problem_name": "chain",
        "problem_description_main": f"Chain of problem {number}.",
        "required_dependencies": "import numpy as np",
        "sub_steps": [
            {
                "step_number": f"{number}.{step}",
                "step_description_prompt": f"Add {step}.",
                "step_background": "Addition.",
                "function_header": f"def f{step}(x):",
                "return_line": "    return y",
                "ground_truth_code": f"def f{step}(x):\n    return {f'f{step - 1}(x)' if step > 1 else 'x'} + {step}",
                "test_cases": [f"assert np.allclose(f{step}({start}), target)" for start in (0, 10)],
            }
            for step in range(1, steps + 1)
        ],
    }
