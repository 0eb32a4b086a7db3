"""The process in which a ComputePool runs one function at a time: python -m northstar.compute.worker PARENT_PID.

Another interpreter, one without Northstar, can run it as a file to call the functions of FILE:
python worker.py FILE WALLS PARENT_PID. This module therefore imports only the standard library. WALLS is 'open',
'closed', or 'closed:64400' with the user id that root changes to. Once FILE and its imports are loaded, a closed
process gives up files, sockets, other processes and its rights by the sandbox's means (sandbox/inside), as far as the
system supports them. Late imports still work; if they don't, the process does not start.

Each request and each answer is a line of JSON on file descriptors that nothing else writes to: whatever a library
prints is discarded. Requests can only name functions of northstar.graders and northstar.benchmarks, or of FILE; nothing
is evaluated or unpickled. Python's own limits (recursion, digits of a number) stay unchanged, so that verdicts equal
those of the same call elsewhere.

The process ends with its parent: at the end of its stdin, and on Linux also in the middle of a computation.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import os
import resource
import signal
import sys
import types
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

ALLOWED = ("northstar.graders.", "northstar.benchmarks.")
MEMORY_BYTES = 4 * 2**30


def main() -> None:
    """Answer requests from stdin until it is closed."""
    *elsewhere, parent = sys.argv[1:]
    _die_with(int(parent))
    _limit_memory()
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    logging.disable(logging.CRITICAL)  # math-verify warns that its time limits are off; the pool has its own
    if elsewhere:
        file, walls = elsewhere
        _allow_only(Path(file))
        if walls != "open" and sys.platform == "linux":
            late = _not_loaded()
            _close_in(int(walls.partition(":")[2] or 0))
            _try_to_import(late)
            _die_with(int(parent))  # changing the user reset it
    answers.write(b'{"value": "ready"}\n')
    answers.flush()
    os.dup2(nowhere, 2)
    for line in requests:
        answers.write(_answer_line(line))
        answers.flush()


def _answer_line(request: bytes) -> bytes:
    """Answer one request; JSON may be nested too deeply to read or write."""
    try:
        answer = json.dumps(answer_to(*json.loads(request)))
    except RecursionError:
        answer = json.dumps(_TOO_DEEP)
    return answer.encode() + b"\n"


def answer_to(function: str, arguments: list[Any] | None) -> dict[str, Any]:
    """Return {"value": …}, or {"error": why} with what to do about the process.

    "fresh": the next call needs a new process. "again": repeat this call in a new process, because earlier calls may
    have used up this one's memory.

    Without arguments the function is only made ready: its module is imported and the module's `prepare` called.
    """
    try:
        module, call = _find(function)
        if arguments is None:
            if _file is None:
                getattr(module, "prepare", lambda: None)()
            return {"value": None}
        return {"value": call(*arguments)}
    except MemoryError:
        return {"error": f"needs more than {MEMORY_BYTES >> 30} GiB of memory", "again": True}
    except RecursionError:
        return _TOO_DEEP
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error)[:200]}"}


_TOO_DEEP = {"error": "is nested too deeply", "fresh": True}

_file: Path | None = None
"""The file whose functions are called, unless they are Northstar's own."""


def _allow_only(file: Path) -> None:
    """Load the file and its imports; from then on, only its functions can be called."""
    global _file
    _file = file
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[file.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, "prepare", lambda: None)()


def _close_in(user: int) -> None:
    """Give up rights, files and processes. Raises OSError where a supported mechanism fails."""
    inside = Path(__file__).parents[1] / "sandbox" / "inside"
    stubs = ("northstar", "northstar.sandbox", "northstar.sandbox.inside")
    for name in stubs:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(inside)]
    landlock, seccomp, system = (
        importlib.import_module(f"{stubs[-1]}.{name}") for name in ("landlock", "seccomp", "system")
    )
    version = landlock.version()
    if user:
        os.setgroups([])
        # Behind both other walls, root without capabilities can do no more than an ordinary user.
        if not (version > 0 and seccomp.is_supported()) or _can_import(user):
            os.setgid(user)
            os.setuid(user)
    system.drop_capabilities()
    if version > 0:
        landlock.restrict([sys.prefix, sys.base_prefix, *filter(None, sys.path), *_READABLE], [], version)
    if seccomp.is_supported():
        seccomp.install(seccomp.filter_code(os.uname().machine, may_fork=False, only_self=os.getpid()))
    for name in stubs:
        del sys.modules[name]


_READABLE = ("/usr", "/lib", "/lib64", "/etc/localtime", "/dev/null", "/dev/urandom")


def _can_import(user: int) -> bool:
    """Return whether that user can read this interpreter's modules, which may lie in a private home folder."""
    os.setegid(user)
    os.seteuid(user)
    try:
        for folder in (sys.prefix, sys.base_prefix):
            os.listdir(folder)  # noqa: PTH208
        Path(os.__file__).read_bytes()
    except OSError:
        return False
    finally:
        os.seteuid(0)
        os.setegid(0)
    return True


_RARELY_LOADED = ("_strptime", "colorsys", "netrc", "sched", "_csv", "_lsprof", "_zoneinfo")
"""Rarely used modules of the standard library, in Python and in C; some of each kind are never loaded yet."""


def _not_loaded() -> list[str]:
    return [name for name in _RARELY_LOADED if name not in sys.modules and importlib.util.find_spec(name)]


def _try_to_import(late: list[str]) -> None:
    """Exit with a message if late imports fail, which would otherwise look like a function's result."""
    try:
        importlib.invalidate_caches()  # which itself imports a module
        for name in late:
            importlib.import_module(name)
    except (ImportError, OSError) as error:
        sys.exit(
            f"the closed process can no longer read the modules of its Python in {sys.base_prefix} ({error}). Let "
            "others read that folder and enter those above it (chmod o+rx), use a Python in another place, or set "
            "--sandbox=unsafe."
        )


def _find(function: str) -> tuple[Any, Callable[..., Any]]:
    path, _, name = function.partition(":")
    module = _module(path)
    call = getattr(module, name, None)
    if name.startswith("_") or isinstance(call, type) or getattr(call, "__module__", None) != path:
        raise ValueError(f"not a public function of {_file or ' or '.join(ALLOWED)}")
    return module, cast(Callable[..., Any], call)


def _module(path: str) -> Any:
    if _file is None:
        return importlib.import_module(path) if path.startswith(ALLOWED) else None
    return sys.modules[path] if path == _file.stem else None


def _die_with(parent: int) -> None:
    """Have Linux kill this process when its parent ends, even during a computation."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before prctl
        os._exit(0)


def _limit_memory() -> None:
    """Limit the address space, disable core dumps, and volunteer as the first victim when memory runs out."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main()
