"""Looks at what keeps in the programs that a model writes: each tier of the sandbox is tried."""

from __future__ import annotations

import asyncio

from northstar.doctor.check import Check
from northstar.sandbox.environment import NAMES, environment_folder, found_environment
from northstar.sandbox.launch import this_interpreter
from northstar.sandbox.tiers import DESCRIPTIONS, TIERS, why_not

TOO_LONG = "no answer in time"


def sandbox(seconds: float) -> list[Check]:
    """Run a program that tries to escape in each tier; return what came of it."""
    return asyncio.run(_tried(seconds))


async def _tried(seconds: float) -> list[Check]:
    interpreter = found_environment() or this_interpreter()

    async def tried(tier: str) -> str | None:
        try:
            return await asyncio.wait_for(why_not(tier, interpreter), seconds)
        except TimeoutError:
            return TOO_LONG

    reasons = await asyncio.gather(*map(tried, TIERS))
    return tier_checks(dict(zip(TIERS, reasons, strict=True)))


def tier_checks(reasons: dict[str, str | None]) -> list[Check]:
    """Return a check of each tier: one that fails is a warning where another works. reasons: tier → why not, or None"""
    any_works = None in reasons.values()
    found: list[Check] = []
    for tier, reason in reasons.items():
        details = {"tier": tier, "works": reason is None}
        if reason is None:
            found.append(Check("sandbox", "ok", f"works: {DESCRIPTIONS[tier]}", "", details))
        elif reason == TOO_LONG:
            found.append(Check("sandbox", "warn", f"{tier}: {reason}", "Try again: ns doctor --timeout=10", details))
        elif any_works:
            found.append(Check("sandbox", "warn", f"{tier}: {reason}", _LEFT, details))
        else:
            found.append(Check("sandbox", "fail", f"{tier}: {reason}", _NONE, details))
    return found


_LEFT = "Nothing must be done: the other tier is used."
_NONE = "Mend it, or benchmarks that run programs need --sandbox=unsafe, with your own rights."


def programs(_: float) -> list[Check]:
    """Return whether the packages that programs import are there."""
    folder, there = environment_folder(), found_environment() is not None
    details = {"folder": str(folder), "there": there}
    if there:
        return [Check("packages", "ok", f"{NAMES} for programs in {folder}", "", details)]
    text = f"{NAMES} for programs are not installed yet; the first run that needs them does it"
    return [Check("packages", "ok", text, "", details)]
