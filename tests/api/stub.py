"""The stub of the package, `northstar/__init__.pyi`: what editors and type checkers see of the functions of options.

`make stub` writes it: `python -m tests.api.stub`.
"""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import northstar

FILE = Path(northstar.__file__).with_name("__init__.pyi")
FUNCTIONS = (
    *(northstar.evaluate, northstar.generate, northstar.import_generations, northstar.judge, northstar.regrade),
    northstar.submit,
)
HEADING = '''"""What `import northstar` offers, as editors and type checkers see it. Written by `make stub`."""

from collections.abc import Mapping, Sequence
from typing import Any

from northstar.api.bundling.packing import bundle as bundle
from northstar.api.bundling.verifying import verify as verify
from northstar.api.prepare import prepare_data as prepare_data
from northstar.api.regrading import Regrading
from northstar.api.running import Evaluation
from northstar.api.watching import status as status
from northstar.comparison.compare import compare as compare
from northstar.core.errors import NorthstarError as NorthstarError
from northstar.core.errors import UsageError as UsageError
from northstar.core.paths import AnyPath
from northstar.exporting.export import export as export
from northstar.jobs.executor import Submitted
from northstar.pages.report.report import report as report
from northstar.reports.summarize import summarize_results as summarize_results
from northstar.version import __version__ as __version__

'''


def stub() -> str:
    """The stub, as this code would have it."""
    functions = "\n".join(_function(each) for each in FUNCTIONS)
    return _formatted(f"{HEADING}__all__ = {northstar.__all__!r}\n\n{functions}")


def _function(function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    text = _short(f"def {function.__name__}{signature}:")
    doc = textwrap.indent(inspect.getdoc(function) or "", "    ").strip()
    return f'{text}\n    """{doc}\n    """\n'


def _short(text: str) -> str:
    """Types by the names under which the stub imports them."""
    text = text.replace("str | os.PathLike[str]", "AnyPath")
    return re.sub(r"\b(?:collections\.abc|typing|northstar(?:\.\w+)+)\.(\w+)", r"\1", text)


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(FILE), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    FILE.write_text(stub())
