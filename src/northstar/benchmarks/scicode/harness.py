"""The two sandboxed programs that grade a step, and their input.

`make` gets the model's code and no target; `compare` gets the targets and the values from `make`, and no code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from importlib import resources

from northstar.sandbox.program import Program, Setup

_OF_SCIPY = ("constants", "fft", "integrate", "interpolate", "linalg", "optimize", "signal", "sparse", "sparse.linalg")
_MODULES = ("numpy", "numpy.fft", "numpy.linalg", "scipy", *(f"scipy.{name}" for name in _OF_SCIPY))
_OTHERS = ("scipy.spatial", "scipy.spatial.distance", "scipy.special", "sympy", "cmath", "copy", "itertools", "random")

_PRELUDE = """
import json, os, struct, sys, types

def load(name, text):
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(text, name, "exec"), module.__dict__)
    return module

values = load("northstar_values", VALUES)
statements = load("northstar_statements", STATEMENTS)
for name in ("scicode", "scicode.compare"):
    load(name, "")
comparing = load("scicode.compare.cmp", COMPARING)

import scipy.integrate
for old, new in (("simps", "simpson"), ("trapz", "trapezoid"), ("cumtrapz", "cumulative_trapezoid")):
    if not hasattr(scipy.integrate, old):  # what newer versions of SciPy have under another name alone
        setattr(scipy.integrate, old, getattr(scipy.integrate, new))

def apart():
    "Return the real stdout; later prints are discarded."
    sys.stdout.flush()
    out = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return out

def new_names():
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return module.__dict__

def make():
    request = json.loads(sys.stdin.buffer.read())
    out, names, made = apart(), new_names(), []
    for number, text in enumerate(request["before"]):
        try:
            earlier = statements.statements(text, "before%d.py" % number)
        except Exception:  # it is not Python; steps that use it fail
            continue
        statements.run(earlier, names)
    error = statements.run(statements.statements(request["code"], "solution.py"), names)
    names["__values__"] = made
    try:
        for number, text in enumerate(request["tests"], start=1):
            exec(compile(text, "test%d.py" % number, "exec"), names)
    except NameError:
        if error is None:
            raise
        raise error from None  # why the name is missing
    with os.fdopen(out, "wb") as file:
        file.write(values.encode(made))

def compare():
    content = sys.stdin.buffer.read()
    lengths = struct.unpack_from("<3Q", content)
    parts, place = [], 24
    for length in lengths:
        parts.append(content[place : place + length])
        place += length
    request, made, targets = json.loads(parts[0]), values.decode(parts[1]), values.decode(parts[2])
    out, names = apart(), new_names()
    exec(compile(request["dependencies"], "dependencies.py", "exec"), names)
    if len(made) != len(request["tests"]):
        raise ValueError("it made values for %d tests of %d" % (len(made), len(request["tests"])))
    for number, text in enumerate(request["tests"], start=1):
        names["__values__"], names["target"] = made[number - 1], targets[number - 1]
        comparing.refuse_nothing(targets[number - 1])
        exec(compile(text, "test%d.py" % number, "exec"), names)
    os.write(out, b"passed")
"""


def _loaded(*modules: str) -> str:
    """Return definitions of the texts of modules, which the prelude loads."""
    files = resources.files(__package__)
    return "\n".join(f"{name.upper()} = {files.joinpath(f'{name}.py').read_text()!r}" for name in modules)


SETUP = Setup(
    modules=(*_MODULES, *_OTHERS),
    prelude=f"{_loaded('values', 'comparing', 'statements')}\n{_PRELUDE}",
)
MAKE = Program(code="make()", setup=SETUP)
COMPARE = Program(code="compare()", setup=SETUP)
PASSED = b"passed"


def make_request(code: str, tests: Sequence[str], before: Sequence[str] = ()) -> bytes:
    """Return the input of MAKE, which writes the tests' values, encoded.

    Args:
        code: The step's code.
        tests: The making halves of its tests.
        before: The problem's imports and the code of the steps before, to run first.
    """
    return json.dumps({"code": code, "tests": list(tests), "before": list(before)}).encode()


def compare_request(dependencies: str, tests: Sequence[str], values: bytes, targets: bytes) -> bytes:
    """Return the input of COMPARE, which writes PASSED if all tests pass.

    Args:
        dependencies: The problem's imports.
        tests: The comparing halves of the tests.
        values: MAKE's output.
        targets: The encoded list of targets.
    """
    request = json.dumps({"dependencies": dependencies, "tests": list(tests)}).encode()
    lengths = struct.pack("<3Q", len(request), len(values), len(targets))
    return b"".join([lengths, request, values, targets])
