"""The interpreter's own process: runs one cell after the other in one namespace, as a notebook does.

The value of a cell's last expression is printed; an exception's traceback, too, and the interpreter goes on.
"""

from __future__ import annotations

import ast
import builtins
import gc
import json
import linecache
import os
import random
import socket
import sys
import traceback
import types
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from northstar.sandbox.inside.program import LONGEST_ERROR, OUTPUT

LONGEST_TRACEBACK = 20_000
_MOST_FRAMES = 20
_FILE = "<call "


def serve(control: socket.socket, namespace: Mapping[str, Any], seed: int, token: str) -> None:
    """Run cells until the supervisor closes the channel.

    Args:
        control: Cells arrive here, and are reported here as done.
        namespace: The names that the first cell finds defined.
        seed: What random numbers begin with.
        token: Marks our own reports.
    """
    _seed(seed)
    names = _main_module(namespace)
    number = 0
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            os._exit(0)
        with os.fdopen(descriptors[0], "rb") as file:
            code = file.read().decode("utf-8", "replace")
        number += 1
        _open_streams()
        error = _run(code, f"{_FILE}{number}>", names)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        control.send(json.dumps({"token": token, "error": error}).encode())


def _seed(seed: int) -> None:
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed)


def _main_module(namespace: Mapping[str, Any]) -> dict[str, Any]:
    module = types.ModuleType("__main__")
    module.__dict__.update(namespace, __builtins__=builtins)
    sys.modules["__main__"] = module
    gc.enable()
    return module.__dict__


def _open_streams() -> None:
    """Point stdout and stderr at the supervisor's pipe, and stdin at nothing, whatever the last cell did."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, place in ((nothing, 0), (OUTPUT, 1), (OUTPUT, 2)):
        os.dup2(source, place)
    os.close(nothing)
    for place, name in enumerate(("stdin", "stdout", "stderr")):
        mode = "r" if place == 0 else "w"
        stream = open(place, mode, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, f"__{name}__", stream)
        setattr(sys, name, stream)


def _run(code: str, name: str, names: dict[str, Any]) -> str:
    """Run a cell; return the last line of its exception, '' if there was none."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)  # for lines in tracebacks
    try:
        for part in _compiled(code, name):
            exec(part, names)
    except SystemExit as leaving:
        return f"SystemExit: {leaving}" if leaving.code else ""
    except BaseException as error:
        return _report(error)
    return ""


def _compiled(code: str, name: str) -> list[types.CodeType]:
    """Compile a cell: all but its last expression, and that one, whose value is printed."""
    tree = ast.parse(code, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    parts = [compile(tree, name, "exec", dont_inherit=True)] if tree.body else []
    if last is not None:
        parts.append(compile(ast.Interactive([last]), name, "single", dont_inherit=True))
    return parts


def _report(error: BaseException) -> str:
    """Print the traceback, without our own frames, and return its last line."""
    frames = error.__traceback__
    while frames is not None and not frames.tb_frame.f_code.co_filename.startswith(_FILE):
        frames = frames.tb_next
    try:
        # A program's own exception class may fail to be printed, or print megabytes.
        lines = traceback.format_exception(type(error), error, frames, limit=-_MOST_FRAMES)
        text = "".join(lines).encode("utf-8", "replace").decode()
    except BaseException:
        text = f"{type(error).__name__}\n"
    with suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.write(text[-LONGEST_TRACEBACK:])
    last = text.strip().rpartition("\n")[2]
    return last[:LONGEST_ERROR] or type(error).__name__
