"""What the reference can't generate is held equal to the code."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from docs.site.reference import environment, exit_codes, fields
from docs.site.reference.docstrings import sections

from northstar.core.records import Generation

SOURCE = Path(__file__).parents[2] / "src" / "northstar"
INNER = {
    *("NORTHSTAR_TYPED_CONFIG_DIR", "SLURM_JOB_ID", "SLURM_PROCID", "TERM", "DISPLAY", "WAYLAND_DISPLAY", "TMUX"),
    *("LD_LIBRARY_PATH", "AZURE_CLIENT_SECRET", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "NGC_API_KEY"),
    "VLLM_API_KEY",
    *("PATH", "HOME", "SHELL", "COLUMNS", "TRANSFORMERS_OFFLINE", "HUGGING_FACE_HUB_TOKEN"),
}
"""What the system, Slurm or Northstar itself sets, or what is only passed on."""


def test_the_page_has_each_variable_that_the_code_reads() -> None:
    reads = re.compile(
        r"(?:environ(?:\.get|\.pop)?[\[(]\s*|getenv\(\s*)\"([A-Z][A-Z_0-9]+)\"|\"(NORTHSTAR_[A-Z_]+|[A-Z_]+_API_KEY)\""
    )
    files = [file for file in SOURCE.rglob("*.py") if "inside" not in file.parts]
    found = {name for file in files for pair in reads.findall(file.read_text()) for name in pair if name}
    told = {*environment.KEYS, *environment.PLACES, *environment.OTHERS}
    assert found - told - INNER - {"NORTHSTAR_CONFIG"} == set()


def test_northstars_own_variables_on_the_page_are_in_the_code() -> None:
    text = "".join(file.read_text() for file in SOURCE.rglob("*.py"))
    made = {f"NORTHSTAR_{name}_ENV" for name in ("INSTRUCTIONS", "BFCL_V3")}  # by data/environment.py
    assert [name for name in environment.PLACES if name not in text and name not in made] == []


def test_the_page_has_each_exit_code() -> None:
    found: set[int] = set()
    for file in [
        *(SOURCE / "cli").rglob("*.py"),
        *(SOURCE / "core").rglob("*.py"),
        SOURCE / "executors/local/local.py",
    ]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Assign) and any("exit_code" in ast.unparse(each) for each in node.targets):
                found |= {
                    each.value
                    for each in ast.walk(node.value)
                    if isinstance(each, ast.Constant) and type(each.value) is int
                }
    assert found <= set(exit_codes.CODES)
    assert {1, 2, 130, 141} <= found


def test_each_field_of_a_record_is_explained() -> None:
    """By docs/records.md, else by the docstring of Generation."""
    said = sections(inspect.getdoc(Generation) or "").attributes
    assert set(fields.written()) - set(fields.explained()) - set(said) == set()


def test_no_type_of_a_field_is_left_open() -> None:
    assert "| any |" not in fields.page()
