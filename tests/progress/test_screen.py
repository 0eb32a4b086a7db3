"""The live view on a terminal, as a person sees it: recorded frames, resizes, and what is said above it."""

from __future__ import annotations

import asyncio
import io
import os
import re
import sys
import time
from collections import deque
from contextlib import ExitStack, suppress

import pyte
import pytest
from rich.text import Text

from northstar.engine.benchmark_counters import BenchmarkCounters
from northstar.engine.counters import RunCounters, Stage
from northstar.engine.schedule import under_way
from northstar.engine.schedule.under_way import UnderWay
from northstar.models.counts import ClientCounts
from northstar.progress import screen as module
from northstar.progress.facts import facts_of
from northstar.progress.live import live_view
from northstar.progress.progress import watch
from northstar.progress.screen import Screen
from northstar.progress.waiting import waiting_for


class Terminal(io.StringIO):
    """A terminal of some size, that shows what is written to it, with what has scrolled off its upper end.

    breaks_anew: whether lines that are too long after a resize are broken anew, as most terminals do.
    """

    def __init__(self, columns: int = 100, lines: int = 24, *, breaks_anew: bool = True) -> None:
        super().__init__()
        self.columns, self.lines, self.breaks_anew = columns, lines, breaks_anew
        self._written: list[str] = []
        self._make()

    def _make(self) -> None:
        self._screen = pyte.HistoryScreen(self.columns, self.lines, history=1000)
        self._screen.set_mode(pyte.modes.LNM)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        self._stream.feed(text)
        return len(text)

    def isatty(self) -> bool:
        return True

    def resize(self, columns: int, lines: int) -> None:
        """Make it another size; the cursor stays behind the last text, as in xterm, VTE, kitty and tmux."""
        shown = self.text()
        self.columns, self.lines = columns, lines
        self._make()
        kept = shown if self.breaks_anew else [line[:columns] for line in shown]
        self._stream.feed("".join(f"{line}\n" for line in kept))

    def text(self) -> list[str]:
        """All lines, those that have scrolled off first."""
        above = ["".join(line[column].data for column in range(self.columns)) for line in self._screen.history.top]
        lines = [line.rstrip() for line in (*above, *self._screen.display)]
        while lines and not lines[-1]:
            lines.pop()
        return lines


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(Screen, "_size", lambda _: (made.columns, made.lines))
    return made


def running(*ages: float, silent: float = 0.0) -> tuple[RunCounters, ExitStack]:
    """A run of 48 samples, 20 of them answered, with one under way for each age; no answer for `silent` seconds."""
    now = time.monotonic()
    part = BenchmarkCounters(total=48, generated=20, score_name="symbolic_correct")
    for row in range(20):
        part.count_grade(row, {"symbolic_correct": row < 5})
    counters = RunCounters(benchmarks={"aime24": part}, stage=Stage.ASKING, started=now - 60)
    counters.asking_since, counters.new_generations, counters.new_tokens = now - 60, 20, 12_018
    counters.under_way = UnderWay(8, {"aime24": deque([3.0, 4.0, 5.0, 6.0] * 5)})
    counters.requests = ClientCounts(answered=20, heard=now - silent)
    stack = ExitStack()
    for row, age in enumerate(ages, 20):
        begun = pytest.MonkeyPatch()
        begun.setattr(under_way, "monotonic", lambda age=age: now - age)
        stack.enter_context(counters.under_way.asking("aime24", 0, row, f"a-{row}"))
        begun.undo()
        counters.requests.waiting[row] = now - age
    return counters, stack


def frame(counters: RunCounters, terminal: Terminal, silent: float = 0.0) -> list[str]:
    with Screen(terminal) as screen:
        screen.show(live_view(facts_of(counters), waiting_for(counters, silent) if silent else ""))
    return terminal.text()


def test_a_run_that_goes_well(terminal: Terminal) -> None:
    counters, stack = running(*[2.0] * 8)
    with stack:
        lines = frame(counters, terminal)
    assert lines[0].startswith("aime24  ━━━━")
    assert lines[0].endswith("20/48  25.0% symbolic_correct [9.9, 50.3] of 20 graded")
    assert lines[1].startswith("asking · 8 in flight · 20 waiting · ")
    assert lines[1].endswith(" left · 60 s so far")
    (speed,) = lines[2:]
    assert re.fullmatch(r"(200|19\d) tokens/s on average", speed)  # of 12,018 tokens in a little more than 60 s


def test_a_run_whose_server_is_dead(terminal: Terminal) -> None:
    counters, stack = running(*[70.0] * 8, silent=68.0)
    counters.requests.retries, counters.requests.last_failure = 16, "cannot connect: Connection refused"
    with stack:
        lines = frame(counters, terminal, 68.0)
    assert lines[1:] == [
        "asking · 8 in flight · 20 waiting · time left unknown · 60 s so far",
        "oldest: aime24 rs0 row 20 (id a-20) for 70 s, aime24 rs0 row 21 (id a-21) for 70 s, aime24 rs0 row…",
        "no answer for 68 s: 8 requests under way, the oldest for 70 s",
        "16 retries (cannot connect: Connection refused)",
    ]


def test_a_run_with_a_stuck_sample(terminal: Terminal) -> None:
    counters, stack = running(300.0, 2.0)
    counters.benchmarks["aime24"].generated = 46
    with stack:
        lines = frame(counters, terminal)
    assert lines[1:] == [
        "asking · 2 in flight · time left unknown · 60 s so far",
        lines[2],
        "oldest: aime24 rs0 row 20 (id a-20) for 5 min",
    ]


@pytest.mark.parametrize(
    ("width", "first"),
    [
        (100, "aime24  ━━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━  20/48  25.0% symbolic_correct [9.9, 50.3] of 20 graded"),
        (90, "aime24  ━━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━  20/48  25.0% [9.9, 50.3] of 20 graded"),
        (60, "aime24  20/48  25.0% [9.9, 50.3] of 20 graded"),
        (30, "aime24  20/48  25.0% [9.9, 5…"),
    ],
)
def test_a_narrow_terminal_leaves_out_what_matters_less_and_breaks_no_line(
    terminal: Terminal, width: int, first: str
) -> None:
    terminal.resize(width, 24)
    counters, stack = running(*[2.0] * 8)
    with stack, Screen(terminal) as screen:
        screen.show(live_view(facts_of(counters), width=width))
    assert terminal.text()[0] == first
    assert len(terminal.text()) == 3


def picture(word: str, width: int = 90) -> Text:
    return Text("\n".join(f"{word} {number} ".ljust(width, ".") for number in range(4)), no_wrap=True, overflow="crop")


@pytest.mark.parametrize("breaks_anew", [True, False])
def test_no_line_of_an_old_picture_is_left_after_any_resize(
    terminal: Terminal, breaks_anew: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.breaks_anew = breaks_anew
    monkeypatch.setenv("TERM", "xterm" if breaks_anew else "linux")
    terminal.write("$ ns eval\n")
    with Screen(terminal) as screen:
        for number, (columns, lines) in enumerate([(100, 24), (40, 24), (25, 24), (120, 24), (60, 10), (100, 24)]):
            terminal.resize(columns, lines)
            screen.show(picture(f"frame{number}"))
            shown = terminal.text()
            assert shown[0] == "$ ns eval"
            assert [line.split()[0] for line in shown[1:]] == [f"frame{number}"] * 4, shown


def test_a_picture_higher_than_the_terminal_is_cut(terminal: Terminal) -> None:
    terminal.resize(80, 5)
    with Screen(terminal) as screen:
        for _ in range(3):
            screen.show(Text("\n".join(f"line {number}" for number in range(9))))
            terminal.write("")
    assert terminal.text() == ["line 0", "line 1", "line 2", "line 3"]


def test_what_is_said_stands_above_the_picture(terminal: Terminal) -> None:
    with Screen(terminal) as screen:
        screen.show(picture("old", 20))
        screen.show(picture("new", 20), ["a note", "another"])
        print("a warning", file=sys.stderr)
        print("in ", end="", file=sys.stderr)
        print("parts", file=sys.stderr)
    lines = terminal.text()
    assert lines[:4] == ["a note", "another", "a warning", "in parts"]
    assert [line.split()[0] for line in lines[4:]] == ["new"] * 4


def test_a_line_without_its_end_is_not_lost(terminal: Terminal) -> None:
    with Screen(terminal) as screen:
        screen.show(picture("x", 20))
        print("unended", end="", file=sys.stderr)
    assert terminal.text()[0] == "unended"


def test_the_cursor_is_hidden_while_it_is_shown_and_back_at_the_end(terminal: Terminal) -> None:
    with Screen(terminal) as screen:
        screen.show(picture("x"))
        assert terminal._screen.cursor.hidden
    assert not terminal._screen.cursor.hidden


def test_a_run_is_watched_with_its_notices_above(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    counters, stack = running(2.0)
    counters.notices.append("programs run in \x1b[2Jbubblewrap")

    async def main() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(watch(counters), 0.7)

    with stack:
        asyncio.run(main())
    lines = terminal.text()
    assert lines[0] == "programs run in \ufffd[2Jbubblewrap"
    assert [line.split()[0] for line in lines[1:3]] == ["aime24", "asking"]
    assert len(lines) == 4


def test_a_terminal_that_breaks_lines_anew_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    for name, breaks in (("xterm-256color", True), ("linux", False), ("screen-256color", False), ("tmux", True)):
        monkeypatch.setenv("TERM", name)
        assert module._breaks_anew() == breaks
    monkeypatch.setenv("TERM", "screen-256color")
    monkeypatch.setenv("TMUX", os.devnull)
    assert module._breaks_anew()
