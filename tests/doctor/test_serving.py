"""GPUs, and the servers that can be started here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from northstar.doctor import serving

SMI = """#!/bin/sh
echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1)'
echo 'GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-2)'
"""


def program(folder: Path, name: str, script: str) -> Path:
    """A command of that name, alone on the PATH but for the shell's own."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(script)
    file.chmod(0o755)
    return file


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(serving, "gpu_devices", lambda: (0, "tried: all"))
    for variable in ("CUDA_VISIBLE_DEVICES", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def test_gpus_are_counted_by_name(commands: Path) -> None:
    program(commands, "nvidia-smi", SMI)
    (check,) = serving.gpus(5)
    assert (check.state, check.text) == ("ok", "2 × NVIDIA H100 80GB HBM3")


def test_what_hides_gpus_is_shown(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(commands, "nvidia-smi", SMI)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert serving.gpus(5)[0].text.endswith("; CUDA_VISIBLE_DEVICES=0")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\nexec sleep 60\n", "nvidia-smi does not answer"),
        ("#!/bin/sh\necho 'Driver/library version mismatch'; exit 18\n", "nvidia-smi lists none"),
    ],
    ids=["hangs", "driver broken"],
)
def test_a_driver_that_does_not_work_is_a_warning(script: str, said: str, commands: Path) -> None:
    program(commands, "nvidia-smi", script)
    (check,) = serving.gpus(0.3)
    assert (check.state, check.text) == ("warn", said)


def test_no_gpu_is_nothing_wrong(commands: Path) -> None:
    assert serving.gpus(5)[0].state == "ok"


def test_a_server_is_found_in_the_interpreter_beside_its_command(commands: Path, tmp_path: Path) -> None:
    there = tmp_path / "venv"
    program(there, "python", '#!/bin/sh\necho \'{"vllm": "0.32.0"}\'\n')
    program(there, "vllm", "#!/bin/sh\n")
    commands.mkdir()
    (commands / "vllm").symlink_to(there / "vllm")
    (vllm,) = [check for check in serving.server_packages(20, {}) if check.details.get("type") == "vllm"]
    assert vllm.text == f"vLLM 0.32.0 in {there}/python: --server_type=vllm --server_python={there}/python"


def test_the_interpreters_of_the_cluster_config_are_looked_in(tmp_path: Path) -> None:
    other = program(tmp_path, "python", "#!/bin/sh\n")
    software = serving.startable()
    assert str(other) in serving.candidates(software, {"sglang": str(other), "northstar": "/no/such"})
    assert "/no/such" not in serving.candidates(software, {"sglang": "/no/such"})


def test_an_interpreter_that_hangs_keeps_no_other(commands: Path, tmp_path: Path) -> None:
    hangs = program(tmp_path, "python", "#!/bin/sh\nexec sleep 60\n")
    found = serving.server_packages(1, {"vllm": str(hangs)})
    assert {check.details.get("interpreter") for check in found} <= {None, sys.executable}
