"""The sandbox of a run: which walls there are is found out before anything is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.settings import RunSettings
from northstar.core.cores import cores
from northstar.core.errors import NorthstarError
from northstar.engine.preflight.preflight import Ready
from northstar.sandbox.environment import PACKAGES, found_environment, make_environment, missing_packages
from northstar.sandbox.launch import Interpreter
from northstar.sandbox.sandbox import Sandbox
from northstar.sandbox.tiers import Tier, choose

_UNGRADED = "Programs that import them will fail; their records say so in grading_error."


async def find_walls(ready: Ready, tell: Callable[[str], None], *, making: bool = True) -> Tier | None:
    """What keeps the run's programs in; None where it runs none.

    Args:
        ready: the run.
        tell: told what the user should know.
        making: whether the packages for programs may be installed; else they are only looked for.

    Raises:
        NorthstarError: nothing keeps them in.
    """
    mine = [part for part in ready.loaded if part.benchmark.programs != "none" and ready.to_ask(part.name)]
    if not mine:
        return None
    interpreter = await asyncio.to_thread(_interpreter, mine, tell, making=making)
    tier = await choose(ready.generate.sandbox, interpreter, PACKAGES)
    if tier.lacks and interpreter is not None:
        if any(part.benchmark.programs == "import" for part in mine):
            raise NorthstarError(missing_packages(tier.lacks))
        tell(f"note: {missing_packages(tier.lacks)} {_UNGRADED}")
    tell(f"programs run in {tier.description}")
    return tier


def sandbox_of(tier: Tier | None, settings: RunSettings) -> AbstractAsyncContextManager[Sandbox | None]:
    """The sandbox, open while its context is."""
    return (
        nullcontext() if tier is None else Sandbox(tier.name, programs_at_once(settings), tier.interpreter, tier.lacks)
    )


def programs_at_once(settings: RunSettings) -> int:
    """++sandbox.workers, else one less than the cores that this process may use."""
    return settings.sandbox.workers or max(1, cores() - 1)


def _interpreter(parts: Sequence[LoadedBenchmark], tell: Callable[[str], None], *, making: bool) -> Interpreter | None:
    """The Python with the packages that programs import; None is one without, where none of them must have them."""
    found = found_environment()
    if found is not None:
        return found
    if not making:
        tell("the packages that programs import are not there yet; the run installs them before it asks anything.")
        return None
    try:
        return make_environment(tell)
    except NorthstarError as error:
        if any(part.benchmark.programs == "import" for part in parts):
            raise
        tell(f"note: {error} {_UNGRADED}")
        return None
