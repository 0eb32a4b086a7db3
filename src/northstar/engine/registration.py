"""Checks a run against its output folder, and writes it into run.json: plan, servers, ending."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import Plan
from northstar.core.clock import utc_stamp, utc_text
from northstar.core.credentials import shown_address
from northstar.core.errors import NorthstarError
from northstar.engine.bookkeeping import surviving
from northstar.engine.counters import UNAFFECTED, RunCounters
from northstar.engine.shards import shards_of
from northstar.engine.superseding import SetAside, replaced_stems
from northstar.models.secrets import redacted
from northstar.provenance import provenance
from northstar.provenance.asked import asked_of
from northstar.provenance.differences import is_undecided
from northstar.provenance.earlier_plan import is_unfinished
from northstar.provenance.identified import Models
from northstar.provenance.identity import identity, judge_identities
from northstar.provenance.in_turn import InTurn
from northstar.provenance.invocation import this_run
from northstar.provenance.origins import Origins
from northstar.provenance.results_name import JUDGED_BY, kind_of, results_name
from northstar.results.layout import benchmark_folder
from northstar.results.state import has_generations, seeds_there, stems_there


@dataclass(frozen=True)
class Note:
    """Adds facts to this run's entry in run.json.

    Attributes:
        entry: the run's entry.
        aside: the files set aside for the run.
        names: the names of all its results.
        counters: report a failure to write and let the run go on; None: the failure is raised.
        undecided: those of them that only the server's kind makes neutral or not.
        in_turn: writes in a thread, so that the run does not wait for other processes that change run.json.
    """

    output_dir: Path
    entry: provenance.Entry
    aside: SetAside
    names: Sequence[str] = ()
    counters: RunCounters | None = None
    undecided: frozenset[str] = frozenset()
    in_turn: InTurn = field(default_factory=InTurn)

    def __call__(self, facts: Mapping[str, Any]) -> None:
        """Write facts now, after all that `soon` was given."""
        self.in_turn.wait()
        self._write(facts)

    def soon(self, facts: Mapping[str, Any]) -> None:
        """Write facts in the background; without `counters`, write them now."""
        if self.counters is None:
            self(facts)
            return
        self.in_turn.tell(self._write, facts)

    async def add_description(self, facts: Mapping[str, Any], judge: str | None = None) -> dict[str, Any]:
        """Check a server's description of its model against the stored one, and store it.

        Args:
            facts: the server's facts; "said" holds the description, "neutral" whether its kind takes neutral sampling.
            judge: the judge that asks this server; None for the model.

        Returns:
            The facts; "said_otherwise" lists what the description says differently.

        Raises:
            NorthstarError: the server has another model than the one that made the earlier results.
        """
        description = redacted(facts.get("said") or {})
        mine = [name for name in self.names if name.partition(JUDGED_BY)[2] == (judge or "")]
        if "neutral" in facts and (undecided := [name for name in mine if name in self.undecided]):
            await self.in_turn.run(provenance.settle_neutral, self.output_dir, undecided, facts["neutral"])
        add = partial(provenance.add_description, started_by_others="address" in facts)
        changes = await self.in_turn.run(add, self.output_dir, mine, description) if description else []
        return {**facts, "said_otherwise": changes} if changes else dict(facts)

    def server(self, facts: Mapping[str, Any], judge: str | None = None) -> None:
        """Write the facts of the model's server, or a judge's, in the background."""
        self.soon({"server" if judge is None else f"judge {judge}": dict(facts)})

    def origins(self, counters: RunCounters) -> Origins:
        """Make the Origins that note in run.json which models give the answers that `counters` counts."""
        key = f"judge {counters.judge} answered_by" if counters.judge else "answered_by"

        def first(results: str, origin: Mapping[str, str]) -> Mapping[str, Any]:
            with self._survived("run.json does not say which model answered first"):
                return provenance.note_first_answer(self.output_dir, results, redacted(origin))
            return origin

        return Origins(first, lambda origins: self.soon({key: origins}), self.in_turn.run)

    def forget(self) -> None:
        """Remove the settings that this run registered, and put back what it set aside; it produced no results."""
        self.in_turn.wait()
        forgotten = False
        with self._survived("run.json still has the settings of this run, which made no results", self._where_aside):
            provenance.forget(self.output_dir, self.entry)
            forgotten = True
        if forgotten:  # else run.json would give the old results the new settings
            what = "some outputs that this run set aside were not put back"
            with self._survived(what, lambda: self._where_aside("move them back by hand")):
                if self.aside.put_back():
                    self({"put_back": True})

    def _write(self, facts: Mapping[str, Any]) -> None:
        with self._survived("run.json lacks some facts of this run"):
            provenance.update_run(self.output_dir, self.entry.place, redacted(facts))

    def _where_aside(self, then: str = "none of them is lost") -> str:
        if not (folders := self.aside.folders):
            return UNAFFECTED
        return f"The earlier outputs lie in {' and '.join(map(str, folders))}; {then}."

    def _survived(self, what: str, then: Callable[[], str] = lambda: UNAFFECTED) -> AbstractContextManager[None]:
        return nullcontext() if self.counters is None else surviving(self.counters, what, then)


@dataclass(frozen=True)
class Registration:
    """A checked run, to be written into run.json.

    Attributes:
        identities: name of results → their identity.
        plan: the plan, as run.json stores it.
        superseded: the name under which earlier results are set aside; None sets none aside.
        models: what is known of the servers' models.
        asked: name of results → what they are asked.
    """

    output_dir: Path
    identities: Mapping[str, Mapping[str, Any]]
    plan: Mapping[str, Any]
    superseded: str | None
    models: Models
    asked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def enter(self, aside: SetAside, counters: RunCounters | None = None) -> Note:
        """Write the run into run.json; earlier results must be set aside before. Raises NorthstarError."""
        run = redacted(this_run(sys.argv, self.plan) | self.plan.get("follows", {}))
        if why_not := self.models.why_not:
            run["known_by_name_only"] = why_not
        anew = self.superseded is not None
        entry = provenance.register(self.output_dir, self.identities, run, anew, self.models, self.asked)
        aside.handed_over = True
        undecided = frozenset(name for name, mine in self.identities.items() if is_undecided(mine))
        return Note(self.output_dir, entry, aside, sorted(self.identities), counters, undecided)


def check_run(plan: Plan, loaded: Sequence[LoadedBenchmark], models: Models) -> Registration:
    """Check the plan against its output folder.

    Args:
        loaded: the benchmarks to ask.
        models: what is known of the models of the plan's servers.

    Raises:
        NorthstarError: the folder holds results of another model or other settings, and the plan does not replace all.
    """
    identities: dict[str, dict[str, Any]] = {}
    for part in loaded:
        assert plan.generate is not None
        seed, server = part.plan.seeds[0], plan.generate.server
        identities[results_name(part.name, seed)] = identity(part, seed, server, models.of[server])
    for judge in plan.judges:
        identities |= judge_identities(judge, models)
    for part in loaded:
        check_described(plan.output_dir, part.name, part.plan.seeds[0])
    decided = _decide_rerun(plan.output_dir, identities, _plan_for_run_json(plan), plan.rerun_done, models)
    registration = replace(decided, asked=redacted(asked_of(plan, loaded)))
    if registration.superseded is not None:
        changed = provenance.changed(plan.output_dir, identities, models)
        for part in loaded:
            if results_name(part.name, part.plan.seeds[0]) in changed:
                _check_all_replaced(plan, part)
    return registration


def _plan_for_run_json(plan: Plan) -> dict[str, Any]:
    """The plan as run.json stores it; for one of perhaps a thousand jobs its name, as the job's folder has the plan."""
    if plan.job is not None:
        return {"job": plan.job, "rerun_done": plan.rerun_done}
    stored: dict[str, Any] = redacted(plan.model_dump(mode="json", exclude={"limits"}))
    stages = [*([stored["generate"]] if stored["generate"] else []), *stored["judges"]]
    for server in (stage["server"] for stage in stages):
        server.pop("revision", None)  # run.json has it among the server's facts
        if server["address"] is not None:
            server["address"] = shown_address(server["address"])
    return stored


def _decide_rerun(
    output_dir: Path, identities: Mapping[str, Mapping[str, Any]], plan: Mapping[str, Any], rerun: bool, models: Models
) -> Registration:
    """Decide whether to set results aside: with --rerun_done, unless an unfinished run of the same plan already has."""
    anew = rerun and not is_unfinished(output_dir, plan)
    if not anew:
        provenance.check(output_dir, identities, models)
    when = utc_stamp()
    return Registration(output_dir, identities, plan, when if anew else None, models)


def check_described(output_dir: Path, benchmark: str, asked: int | None) -> None:
    """Refuse to add to results, of the kind of the seed `asked`, whose settings run.json does not have."""
    folder, kind = benchmark_folder(output_dir, benchmark), kind_of(asked)
    if provenance.knows(output_dir, results_name(benchmark, asked)):
        return
    for seed in seeds_there(folder):
        if kind_of(seed) == kind and has_generations(folder, seed):
            raise NorthstarError(
                f"{folder} holds results, but {output_dir / 'run.json'} does not say how they were made; restore that "
                "file, or choose another --output_dir."
            )


def _check_all_replaced(plan: Plan, part: LoadedBenchmark) -> None:
    """Refuse a --rerun_done with other settings that leaves some seeds or chunks: a table would mix the two."""
    assert plan.generate is not None
    folder = benchmark_folder(plan.output_dir, part.name)
    replaced = replaced_stems(folder, shards_of(plan.generate, part))
    kind = kind_of(part.plan.seeds[0])
    left = [
        stem
        for seed in seeds_there(folder)
        if kind_of(seed) == kind
        for stem in sorted(stems_there(folder, seed) - replaced)
    ]
    if left:
        raise NorthstarError(
            f"{folder} also holds {', '.join(left[:4])}, made with other settings, which this --rerun_done would leave "
            "beside the new results; ask for all seeds and chunks again, or choose another --output_dir."
        )


@contextmanager
def ending_noted(note: Note, counters: RunCounters) -> Iterator[None]:
    """Write into run.json how the block ended: done, stopped, failed, or with samples left open."""
    try:
        yield
    except BaseException as error:
        ending = "stopped" if isinstance(error, asyncio.CancelledError) else "failed"
        _note_unfinished(note, ending, counters)
        raise
    if counters.left_open or counters.limited:
        _note_unfinished(note, "limit reached" if counters.limited else "samples left open", counters)
    else:
        note(_ending("done", counters))


def _note_unfinished(note: Note, ending: str, counters: RunCounters) -> None:
    if not any(_got_answers(each) for each in (counters, *counters.judging)):
        note.forget()
    note(_ending(ending, counters))


def _got_answers(counters: RunCounters) -> bool:
    """Whether there is any answer, be it only a turn of an unfinished sample."""
    return counters.generated > 0 or any(has_generations(one.folder, one.shard.seed) for one in counters.shards or ())


def _ending(ending: str, counters: RunCounters) -> dict[str, Any]:
    facts = {"ended": utc_text(), "ending": ending, **_counts(counters), **counters.spending.as_json()}
    for by in counters.judging:
        judges = facts.setdefault("judges", {})  # one that judges by two prompts is there twice
        judges[f"{by.judge} of {', '.join(by.benchmarks)}" if by.judge in judges else str(by.judge)] = _counts(by)
    return facts


def _counts(counters: RunCounters) -> dict[str, Any]:
    benchmarks = counters.benchmarks.values()
    return {
        "samples": counters.total,
        "resumed": counters.resumed,
        "generated": counters.new_generations,
        "errors": sum(counts.errors for counts in benchmarks),
        "left_open": counters.open + counters.tools_lost + counters.grades_lost,
        "out_of_context": sum(counts.out_of_context for counts in benchmarks),
        "reduced": sum(counts.reduced for counts in benchmarks),
        "retries": counters.retries,
        "asked_again": counters.asked_again,
        "server_restarts": [restart._asdict() for restart in counters.server.restarts],
        **({"server_changes": [each._asdict() for each in changes]} if (changes := counters.server.changes) else {}),
        **({} if counters.holding is None else counters.holding.facts(counters.requests.busy_seconds)),
        "rate_limited": counters.rate_limited,
        "answered_by": counters.origins.as_json(),
    }
