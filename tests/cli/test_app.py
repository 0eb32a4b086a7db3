"""How a command ends: what is printed to stderr, and the exit code."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.cli.app import _run, app
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.streams import OutputLost
from tests.conftest import Ns


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let every command end with this."""

    def fail(error: BaseException) -> None:
        def main(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("typer.main.get_command", lambda _: type("Command", (), {"main": staticmethod(main)}))

    return fail


Failing = Callable[[BaseException], None]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (NorthstarError("the disk is full."), 1, "error: the disk is full.\n"),
        (UsageError("--seed=x is no number."), 2, "error: --seed=x is no number.\n"),
        (KeyboardInterrupt(), 130, "stopped.\n"),
        (PermissionError(13, "Permission denied", "/x"), 1, "error: cannot use /x: Permission denied.\n"),
        (
            ZeroDivisionError("division by zero"),
            1,
            "error: ZeroDivisionError: division by zero. This is a bug in Northstar; the same command with --debug "
            "shows where.\n",
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, BaseException) else "",
)
def test_every_end_is_one_sentence_and_a_code(
    error: BaseException, code: int, said: str, failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert _run(["eval"], debug=False) == code
    assert capsys.readouterr().err == said


def test_with_debug_the_traceback_comes_before_the_sentence(
    failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(NorthstarError("the disk is full."))
    assert _run(["eval"], debug=True) == 1
    said = capsys.readouterr().err
    assert said.startswith("Traceback (most recent call last):\n")
    assert said.endswith("error: the disk is full.\n")


def test_who_closes_the_pipe_that_the_output_goes_into_is_told_nothing(
    failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(OutputLost("write the table", BrokenPipeError(errno.EPIPE, "Broken pipe")))
    assert _run(["status"], debug=False) == 141
    assert capsys.readouterr().err == ""


def test_an_error_holds_no_key_of_the_environment(
    failing: Failing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0123456789abcdef")
    failing(NorthstarError("HTTP 401: the key sk-0123456789abcdef is wrong."))
    _run(["eval"], debug=False)
    assert "0123456789abcdef" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evl"], "error: no such command 'evl'"),
        (["eval", "--benchmark_s=smoke"], "error: no such option"),
        (["status"], ""),
        (["eval", "--dry_run=perhaps"], "error: option '--dry_run' does not take a value"),
    ],
)
def test_words_that_are_not_understood_end_with_2_and_name_the_help(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(words, debug=False) == 2
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert ("All options: ns" in err) == bool(said)


def test_a_mistyped_option_is_told_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    _run(["eval", "--benchmark_s=smoke"], debug=False)
    assert "--benchmarks" in capsys.readouterr().err


def test_every_command_says_what_it_is_for() -> None:
    assert [each.name for each in app.registered_commands if not (each.callback and each.callback.__doc__)] == []


def test_hyphens_and_underscores_are_the_same_option(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--output-dir=/no/such", "--output_dir=/no/such"):
        assert _run(["eval", "--benchmarks=no-such-benchmark", option], debug=False) == 2
        assert "no-such-benchmark" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("--model=", "error: --model= has no value; is a variable of the shell not set?\n"),
        ("--model=\udcff", "error: '--model=\\udcff' is not UTF-8; arguments must be.\n"),
    ],
)
def test_words_that_a_shell_spoilt_are_refused(word: str, said: str) -> None:
    code = "import sys; from northstar.cli.app import main; main(['eval', sys.argv[1]])"
    done = subprocess.run([sys.executable, "-c", code, word], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, said)


def test_a_command_of_other_tools_is_told_what_does_it_here(ns: Ns) -> None:
    done = ns("requeue", "out")
    assert done.returncode == 2
    assert done.stderr == (
        "error: there is no command requeue: the same ns eval command goes on with what is missing, and ns judge with "
        "what is not judged.\n"
    )


def test_an_option_that_is_a_setting_now_is_told_how_it_is_written(ns: Ns) -> None:
    done = ns("prepare_data", "scicode", "--scicode_given=x")
    said = "error: there is no option --scicode_given: write ++scicode.given=PATH.\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("/workspace/given", "++scicode.given: {host}/given does not exist."),
        ("/elsewhere", "++scicode.given=/elsewhere lies under no mount. The mounts of cluster box: {host}:/workspace."),
    ],
)
def test_mounts_move_the_path_of_a_benchmarks_setting(ns: Ns, tmp_path: Path, typed: str, message: str) -> None:
    (tmp_path / "box.yaml").write_text(f"executor: local\nmounts: ['{tmp_path}:/workspace']\n")
    box = ("--cluster=box", f"--config_dir={tmp_path}")
    done = ns("prepare_data", "scicode", f"++scicode.given={typed}", *box)
    assert done.stderr == f"error: {message.format(host=tmp_path)}\n"


@pytest.mark.parametrize(
    ("option", "setting"), [("--max_samples", "++max_samples"), ("--temperature", "++inference.temperature")]
)
def test_a_setting_that_is_typed_as_an_option_is_told_apart(
    option: str, setting: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["eval", "--benchmarks=smoke", "--output_dir=out", f"{option}=2"], debug=False) == 2
    assert f"there is no option {option}: it is a setting, {setting}=…" in capsys.readouterr().err
