"""The program's own process: waits for its code, then runs one test after the other and reports when each is done.

Its reports are not trusted, since a program can reach everything in this process. Outputs are read from pipes by the
supervisor, and compared by others who alone know the expected results.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import socket
import sys
import threading
import traceback
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

CONTROL, OUTPUT, ERRORS = 3, 4, 5
"""Descriptors: messages to and from the supervisor, and the two pipes that it reads."""

LONGEST_ERROR = 500
_STREAMS = ("stdin", "stdout", "stderr", "argv")


def serve(control: socket.socket, namespace: Mapping[str, Any], call: str | None) -> None:
    """Run tests until the supervisor closes the channel; `namespace` has the names that programs find defined."""
    recursion_limit = sys.getrecursionlimit()
    compiled: types.CodeType | BaseException | None = None
    test: Callable[[], None] | None = None
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            os._exit(0)
        if message == b"code":
            compiled = _compile(descriptors[0])
            continue
        _open_streams(descriptors[0], OUTPUT if call is None else ERRORS)
        sys.setrecursionlimit(recursion_limit)
        try:
            if isinstance(compiled, BaseException):
                raise compiled
            assert compiled is not None
            if call is None:
                _as_script(compiled, namespace)
            else:
                test = test or _function(compiled, namespace, call)
                test()
        except SystemExit:
            report = {"done": "ok"}
        except BaseException as error:
            report = {"done": "memory limit" if isinstance(error, MemoryError) else "error", "error": _last_line(error)}
        else:
            report = {"done": "ok"}
        _clean_up()
        control.send(json.dumps(report).encode())


def _compile(descriptor: int) -> types.CodeType | BaseException:
    with os.fdopen(descriptor, "rb") as file:
        code = file.read().decode()
    try:
        return compile(code, "main.py", "exec", dont_inherit=True)
    except BaseException as error:  # including RecursionError and MemoryError
        return error


def _open_streams(descriptor: int, output: int) -> None:
    """Open a real stdin with the test's input, and the pipes as stdout and stderr, whatever the last test did."""
    for source, place in ((descriptor, 0), (output, 1), (ERRORS, 2)):
        os.dup2(source, place)
    os.close(descriptor)
    names = ("__stdin__", "__stdout__", "__stderr__")
    for place, name in enumerate(names):
        mode, errors = ("r" if place == 0 else "w"), ("surrogateescape" if place < 2 else "backslashreplace")
        stream = open(place, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, name.strip("_"), stream)
    sys.argv = ["main.py"]
    gc.enable()


def _module(name: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Create a module, registered by its name, and return its namespace."""
    module = types.ModuleType(name)
    module.__dict__.update(namespace)
    module.__dict__.update({stream: getattr(sys, stream) for stream in _STREAMS if stream in namespace})
    module.__file__ = "main.py"
    sys.modules[name] = module
    return module.__dict__


def _as_script(compiled: types.CodeType, namespace: Mapping[str, Any]) -> None:
    names = _module("__main__", namespace)
    try:
        exec(compiled, names)
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()
    finally:
        atexit._run_exitfuncs()
        with suppress(Exception):
            sys.stdout.flush()
        with suppress(ValueError):  # the program closed it
            sys.__stdout__.flush()  # type: ignore[union-attr]
        names.clear()  # closes the files that the program left open, which flushes them


def _function(compiled: types.CodeType, namespace: Mapping[str, Any], name: str) -> Callable[[], None]:
    """Return a test that calls the program's function (of its class Solution, if any) with one JSON per line."""
    names = _module("solution", namespace)
    exec(compiled, names)
    # The benchmark's convention: a method of Solution if that class exists, else a function.
    function = getattr(names["Solution"](), name) if "Solution" in names else names[name]

    def test() -> None:
        arguments = [json.loads(line) for line in sys.stdin.read().split("\n")]
        answer = encoded(function(*arguments))
        view = memoryview(answer)
        while view:
            view = view[os.write(OUTPUT, view) :]

    return test


def encoded(value: Any) -> bytes:
    """Encode a result as JSON: tuples as lists, NumPy scalars as numbers; anything else becomes invalid JSON."""
    try:
        return json.dumps(_plain(value)).encode()
    except (TypeError, ValueError, RecursionError, AttributeError):
        return f"no result: {type(value).__name__}".encode()


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in (list, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _plain(each) for key, each in value.items()}
    if kind.__module__ == "numpy" and not getattr(value, "ndim", 1):
        return _plain(value.item())
    for base in (int, float, str):
        if isinstance(value, base):
            return base(value)
    raise TypeError


def _clean_up() -> None:
    """Undo what a test may leave behind, so that it does not affect the next."""
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        with suppress(Exception):
            stream.flush()  # type: ignore[union-attr]
    sys.modules.pop("__main__", None)
    gc.collect()
    for place in range(3):  # if the program closed one, the next input must not take its number
        os.dup2(ERRORS, place)


def _last_line(error: BaseException) -> str:
    try:
        line = traceback.format_exception_only(error)[-1].strip()
    except BaseException:
        line = type(error).__name__
    return line.encode("utf-8", "replace").decode()[:LONGEST_ERROR]
