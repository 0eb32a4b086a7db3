"""Many Python interpreters at once, of which the idle ones are put away and rebuilt by replaying their calls.

async with Interpreters(tier, at_once=4) as interpreters:
    notebook = interpreters.open(seed=0)
    (await notebook.run("x = 6 * 7\\nx")).text   # '42'
    notebook.close()
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import count
from types import TracebackType

from northstar.core.errors import NorthstarError
from northstar.core.records import ToolResult
from northstar.sandbox.frames import CannotStart, Lost
from northstar.sandbox.launch import Interpreter, this_interpreter
from northstar.sandbox.program import Limits, Setup
from northstar.sandbox.result_text import result_of
from northstar.sandbox.session import Session
from northstar.sandbox.worker import Worker

MODULES = (
    *("numpy", "scipy", "sympy", "pandas"),
    *("scipy.integrate", "scipy.linalg", "scipy.optimize", "scipy.special", "scipy.stats"),
)
"""Loaded once, before the first interpreter is forked."""
WARMING = """
def __warm():
    try:
        import sympy
    except ImportError:
        return
    x = sympy.Symbol("x")
    sympy.integrate(x * sympy.sin(x)), sympy.solve(x**2 - x - 1)
    sympy.factorint(90), sympy.Matrix([[1, 2], [3, 4]]).inv()
__warm()
"""
"""What it then calls, so that interpreters share the modules that SymPy loads late."""
MOST_ALIVE = 256
MOST_HELD = 768 << 20
"""Bytes that idle interpreters may have to themselves together."""
MOST_LOSSES = 3
"""How often to rebuild an interpreter whose process, or fork server, is killed from outside."""
DEFAULT_LIMITS = Limits(
    cpu_seconds=10, wall_seconds=20, memory_bytes=2 << 30, output_bytes=16 << 20, file_bytes=64 << 20
)

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


class Differs(Exception):
    """A call gave another result when it was replayed."""


class LostInterpreter(Exception):
    """An interpreter was killed from outside on every try, which proves nothing about its calls."""


class Interpreters:
    """Runs calls of many notebooks, at most `at_once` together; at most `most_alive` interpreters live.

    Leaving the `async with` ends them all and waits for them.
    """

    def __init__(
        self,
        tier: str,
        at_once: int,
        interpreter: Interpreter | None = None,
        *,
        most_alive: int = MOST_ALIVE,
        most_held: int = MOST_HELD,
        modules: Sequence[str] = MODULES,
    ) -> None:
        """Set up interpreters in a tier of the sandbox: 'bubblewrap', 'landlock' or 'unsafe'."""
        self.places = asyncio.Semaphore(at_once)
        self.rebuilt = 0
        """How often an interpreter was built anew by replay."""
        self._tier, self._interpreter = tier, interpreter or this_interpreter()
        self._most_alive, self._most_held = most_alive, most_held
        self._setup = Setup(modules=tuple(modules), prelude=WARMING, sessions=True)
        self._server: asyncio.Task[Worker] | None = None
        self._numbers = count()
        self._idle: dict[Notebook, Session] = {}
        """In the order of their last use."""
        self._busy: set[Session] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Interpreters:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (*self._idle.values(), *self._busy):
            session.close()
        self.forget_server()
        while self._ending:
            await asyncio.wait(self._ending)

    def open(self, seed: int = 0, limits: Limits = DEFAULT_LIMITS, characters: int = 20_000) -> Notebook:
        """Return a notebook, which costs nothing until its first call.

        Args:
            seed: What its random numbers begin with.
            limits: Of each call.
            characters: The longest result; longer ones lose their middle.
        """
        return Notebook(self, seed, limits, characters)

    @property
    def alive(self) -> int:
        return len(self._idle) + len(self._busy)

    async def take(self, notebook: Notebook) -> Session | None:
        """Return the notebook's live interpreter; None if it has none."""
        session = self._idle.pop(notebook, None)
        if session is not None:
            self._busy.add(session)
        return session

    async def begin(self, notebook: Notebook) -> Session:
        """Start an interpreter. Raises Lost, NorthstarError."""
        self._make_room()
        if self._server is None:
            started = Worker.start(self._tier, self._interpreter, self._setup, next(self._numbers))
            self._server = asyncio.ensure_future(started)
        try:
            server = await asyncio.shield(self._server)
            session = await Session.begin(server, notebook.limits, notebook.seed)
        except CannotStart as error:
            self._server = None
            raise self.failed(error) from None
        except Lost:
            self.forget_server()
            raise
        self._busy.add(session)
        return session

    def failed(self, error: CannotStart) -> NorthstarError:
        return NorthstarError(f"the sandbox ({self._tier}) did not start an interpreter: {error}.")

    def give_back(self, notebook: Notebook, session: Session) -> None:
        """Keep a session that is alive for the notebook's next call."""
        self._busy.discard(session)
        self._idle[notebook] = session
        if sum(idle.held for idle in self._idle.values()) > self._most_held:
            self._make_room()

    def end(self, session: Session) -> None:
        self._busy.discard(session)
        session.close()

    def put_away(self, notebook: Notebook) -> None:
        """End the notebook's interpreter, if it has one and runs nothing."""
        session = self._idle.pop(notebook, None)
        if session is not None:
            session.close()

    def _make_room(self) -> None:
        """Put the idle interpreters away that were not used for longest, until another one fits."""
        held = sum(session.held for session in self._idle.values())
        for notebook, session in list(self._idle.items()):
            if self.alive < self._most_alive and held <= self._most_held:
                return
            if not notebook.stays:
                held -= session.held
                self.put_away(notebook)

    def forget_server(self) -> None:
        """End the fork server, which may be gone; the next interpreter starts another one."""
        if self._server is not None:
            task = asyncio.ensure_future(_ended(self._server))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            self._server = None


class Notebook:
    """The interpreter of one sample, and the calls that made its state.

    Attributes:
        stays: It is never put away, since its calls cannot be replayed.
    """

    def __init__(self, interpreters: Interpreters, seed: int, limits: Limits, characters: int) -> None:
        self.seed, self.limits = seed, limits
        self.stays = False
        self._interpreters, self._characters = interpreters, characters
        self._history: list[tuple[str, str]] = []

    def recall(self, code: str, result: ToolResult) -> None:
        """Enter a call that an earlier run made; it is replayed before the next one."""
        if result.ended:
            self._history.clear()
        else:
            self._history.append((code, result.text))

    async def run(self, code: str) -> ToolResult:
        """Run a call after all earlier ones.

        Raises:
            Differs: A replayed call gave another result; nothing was run.
            LostInterpreter: It was killed from outside again and again.
            NorthstarError: The sandbox does not start.
        """
        for _ in range(MOST_LOSSES):
            try:
                async with self._interpreters.places:
                    result = await self._run(code)
            except Lost:
                continue
            self.recall(code, result)
            return result
        raise LostInterpreter("its interpreter was killed from outside")

    def begin_again(self) -> None:
        """Forget all calls, and stay alive from now on."""
        self.close()
        self._history.clear()
        self.stays = True

    def close(self) -> None:
        self._interpreters.put_away(self)

    async def _run(self, code: str) -> ToolResult:
        session = await self._interpreters.take(self)
        kept, begun = False, session is None
        try:
            if session is None:
                session = await self._interpreters.begin(self)
                await self._replay(session)
            cell = await session.run(code)
            kept = cell.alive
        except Lost:
            if begun:
                self._interpreters.forget_server()
            raise
        except CannotStart as error:
            raise self._interpreters.failed(error) from None
        finally:
            if session is not None:
                self._interpreters.give_back(self, session) if kept else self._interpreters.end(session)
        return result_of(cell, self._characters)

    async def _replay(self, session: Session) -> None:
        if self._history:
            self._interpreters.rebuilt += 1
        for code, text in self._history:
            cell = await session.run(code)
            if not cell.alive or comparable(result_of(cell, self._characters).text) != comparable(text):
                raise Differs


def comparable(text: str) -> str:
    """Return a result without addresses of objects, which differ from process to process.

    >>> comparable("<__main__.A object at 0x7f2b8c0d5e50>")
    '<__main__.A object at 0x…>'
    """
    return _ADDRESS.sub("0x…", text)


async def _ended(starting: asyncio.Task[Worker]) -> None:
    try:
        worker = await starting
    except (CannotStart, asyncio.CancelledError):
        return
    await worker.end()
