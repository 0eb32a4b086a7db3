"""What the end of a server's log says."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.servers import llamacpp, sglang, trtllm, vllm
from northstar.servers.hosting.server_log import (
    PYTHON_SERVERS,
    KnownFailure,
    failure_screen,
    likely_cause,
    log_tail,
    new_log,
)


def tail_of(tmp_path: Path, content: bytes) -> list[str]:
    (tmp_path / "log").write_bytes(content)
    return log_tail(tmp_path / "log")


def test_the_last_lines_come_without_empty_ones(tmp_path: Path) -> None:
    assert tail_of(tmp_path, b"one\n\n two\n") == ["one", " two"]


def test_a_progress_bar_is_shown_as_it_is_now(tmp_path: Path) -> None:
    assert tail_of(tmp_path, b"Loading: 10%\rLoading: 60%\rLoading: 90%\r") == ["Loading: 90%"]


def test_nothing_in_it_steers_a_terminal(tmp_path: Path) -> None:
    assert tail_of(tmp_path, b"\x1b[31mred\x1b[0m \x1b]0;title\x07\x07\xff") == ["red  \ufffd"]


def test_each_start_has_a_log_of_its_own(tmp_path: Path) -> None:
    assert [new_log(tmp_path / "vllm-server.log").name for _ in range(3)] == [
        "vllm-server.log",
        "vllm-server.2.log",
        "vllm-server.3.log",
    ]


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert log_tail(tmp_path / "none") == []


SAID = [
    ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB.", "the GPU's memory is too small"),
    ("RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried", "too little memory"),
    ("terminate called after throwing an instance of 'std::bad_alloc'", "too little memory"),
    ("huggingface_hub.errors.GatedRepoError: 401 Client Error.", "the model is gated"),
    ("OSError: acme/none is not a local folder and is not a valid model identifier", "there is no such model"),
    ("api_server.py: error: unrecognized arguments: --max-modle-len 5", "no argument --max-modle-len 5; check"),
    ("api_server.py: error: argument --dtype: invalid choice: 'bf'", "argument --dtype: invalid choice: 'bf'; check"),
    ("OSError: [Errno 98] Address already in use", "its port is taken"),
    ("RuntimeError: No CUDA GPUs are available", "--server_gpus=0 runs it on the CPU"),
    ("ModuleNotFoundError: No module named 'vllm'", "lacks the package vllm; check --server_python"),
]


@pytest.mark.parametrize(("line", "cause"), SAID)
def test_what_servers_written_in_python_say_is_known(line: str, cause: str) -> None:
    assert cause in (likely_cause(["INFO loading", line, "INFO ending"], PYTHON_SERVERS) or "")


@pytest.mark.parametrize(
    ("known", "line", "cause"),
    [
        (vllm.KNOWN_FAILURES, "ValueError: 5.00 GiB KV cache is needed, which is larger than the available", "--max-m"),
        (vllm.KNOWN_FAILURES, "on kv cache allocation is less than requested memory for kv (9.00 GiB)", "too little"),
        (vllm.KNOWN_FAILURES, "Failed to load module 'plugin' from /x/plugin.py.", "the plugin plugin can't be loaded"),
        (
            vllm.KNOWN_FAILURES,
            "Total number of attention heads (9) must be divisible by tensor parallel size (8).",
            "(9) must be divisible by tensor parallel size (8); choose another --server_gpus",
        ),
        (
            sglang.KNOWN_FAILURES,
            "RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.",
            "GPU",
        ),
        (trtllm.KNOWN_FAILURES, "Error: No such option: --tp-sice", "the server has no argument --tp-sice"),
        (llamacpp.KNOWN_FAILURES, "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer", "memory"),
    ],
)
def test_what_each_server_says_in_its_own_words_is_known(
    known: tuple[KnownFailure, ...], line: str, cause: str
) -> None:
    assert cause in (likely_cause([line], known) or "")


def test_a_failure_fits_on_one_screen(tmp_path: Path) -> None:
    screen = failure_screen("It ended.", tmp_path / "log", ["x" * 500] * 100, PYTHON_SERVERS)
    assert len(screen.splitlines()) <= 14
    assert max(map(len, screen.splitlines()[2:])) <= 202


def test_without_a_known_failure_the_last_exception_is_told() -> None:
    lines = ["(EngineCore) ERROR [core.py:7] ValueError: no such dtype.", "RuntimeError: failed. See root cause above."]
    assert "Likely cause: ValueError: no such dtype.\n" in failure_screen("It ended.", Path("log"), lines, ())


def test_a_kill_without_a_word_is_told_from_memory() -> None:
    assert "for want of memory" in failure_screen("vLLM's server was ended by SIGKILL.", Path("log"), ["INFO"], ())
