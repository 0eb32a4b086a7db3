"""How a command ends: what is printed to stderr, and the exit code."""

from __future__ import annotations

from tests.conftest import Ns


def test_a_command_of_other_tools_is_told_what_does_it_here(ns: Ns) -> None:
    done = ns("requeue", "out")
    assert done.returncode == 2
    assert done.stderr == (
        "error: there is no command requeue: the same ns eval command goes on with what is missing, and ns judge with "
        "what is not judged.\n"
    )
