"""The process in which a ComputePool runs one function at a time: python -m northstar.engine.compute_worker.

Each request and answer is a line of JSON, on file descriptors that nothing else writes to: what a library prints goes
to stderr. Only functions of northstar.graders can be named. It ends when its parent does.
"""

from __future__ import annotations

import importlib
import os
import resource
import sys
from contextlib import suppress
from typing import Any

import msgspec

ALLOWED = "northstar.graders."
MEMORY_BYTES = 4 * 2**30
RECURSION = 3000


def main() -> None:
    """Answer requests from stdin until it is closed."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _die_with_parent()
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.setrecursionlimit(RECURSION)
    sys.set_int_max_str_digits(0)  # sympy prints long numbers; the time limit bounds it
    _quiet()
    for line in requests:
        function, arguments = msgspec.json.decode(line)
        answers.write(msgspec.json.encode(_answer(function, arguments)) + b"\n")
        answers.flush()


def _answer(function: str, arguments: list[Any]) -> dict[str, Any]:
    """The function's value, or what went wrong; without arguments its module is only made ready."""
    try:
        module, call = _find(function)
        if arguments:
            return {"value": call(*arguments)}
        getattr(module, "prepare", lambda: None)()
        return {"value": None}
    except MemoryError:
        return {"error": "took too much memory"}
    except RecursionError:
        return {"error": "nested too deeply"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error)[:200]}"}


def _find(function: str) -> tuple[Any, Any]:
    path, _, name = function.partition(":")
    if not path.startswith(ALLOWED):
        raise ValueError(f"{function} is none of {ALLOWED}*")
    module = importlib.import_module(path)
    return module, getattr(module, name)


def _quiet() -> None:
    """math-verify warns that its own time limits are off; the pool's hold."""
    import logging

    logging.disable(logging.CRITICAL)


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends, also while it computes and reads no stdin."""
    parent = os.getppid()
    if sys.platform == "linux":
        import ctypes
        import signal

        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent or parent == 1:
        with suppress(SystemExit):
            sys.exit(0)


if __name__ == "__main__":
    main()
