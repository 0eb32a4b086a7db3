"""Which runs bind the next: those that got an answer, also one of a sample that has more turns to come."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from northstar.config.plan import JudgedBenchmark, JudgeStage, Plan, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.core.lock import locked
from northstar.engine.counters import RunCounters
from northstar.engine.registration import Note, Registration, check_run, ending_noted
from northstar.engine.superseding import SetAside
from northstar.models.reply.response import UNSAID, Origin
from northstar.provenance import provenance
from northstar.provenance.identified import identify_before_jobs, identify_models
from northstar.provenance.provenance import Entry
from northstar.results.layout import logs_folder
from northstar.results.run_json import read_run_json
from northstar.servers.arguments import model_files

HEADER, TURN = '{"journal":"header"}\n', '{"row":0,"turn":{}}\n'


class Noting(Note):
    def __call__(self, facts: Any) -> None:
        del facts

    def forget(self) -> None:
        raise KeyError("forgotten")


def ended(folder: Path, journal: str) -> None:
    (folder / "output-rs0.jsonl.journal").write_text(journal)
    shard: Any = SimpleNamespace(folder=folder, shard=SimpleNamespace(seed=0))
    counters = RunCounters(shards=[shard])
    with pytest.raises(ValueError, match="a fault"), ending_noted(Noting(folder, Entry(0, {}), SetAside()), counters):
        raise ValueError("a fault")


def test_a_run_without_an_answer_is_forgotten(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="forgotten"):
        ended(tmp_path, HEADER)


def test_one_that_got_a_turn_is_not(tmp_path: Path) -> None:
    ended(tmp_path, HEADER + TURN)


def test_a_fact_that_run_json_cannot_take_is_noted_and_ends_nothing(tmp_path: Path) -> None:
    counters = RunCounters()
    note = Note(tmp_path / "gone", Entry(0, {}), SetAside(), counters=counters)
    note({"server": {}})
    note({"ending": "done"})
    note.forget()
    assert [sentence.partition(": ")[0] for sentence in counters.lost] == [
        "run.json lacks some facts of this run",
        "run.json still has the settings of this run, which made no results",
    ]
    assert "No such file or directory" in counters.lost[0]


RS0, RS1 = "eval-results/aime24/output-rs0.jsonl", "eval-results/aime24/output-rs1.jsonl"


def noted_rerun(folder: Path, counters: RunCounters | None = None) -> Note:
    """A run that set the results of two seeds aside, which are made by temperature 0.5, and noted 0.7."""
    provenance.register(folder, {"aime24.seeds": {"temperature": 0.5}}, {}, rerun=False)
    provenance.update_run(folder, 0, {"ending": "done"})
    (folder / RS0).parent.mkdir(parents=True)
    for name in (RS0, RS1):
        (folder / name).write_text("{}\n")
    aside = SetAside()
    aside.move((folder / RS0).parent, ["output-rs0", "output-rs1"], "20260101T000000.000000Z")
    entry = provenance.register(folder, {"aime24.seeds": {"temperature": 0.7}}, {}, rerun=True)
    return Note(folder, entry, aside, ["aime24.seeds"], counters)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "eval-logs").mkdir()
    return tmp_path


def test_a_rerun_without_an_answer_leaves_outputs_and_settings_as_they_were(out: Path) -> None:
    noted_rerun(out).forget()
    assert (out / RS0).exists()
    assert provenance.described(out, "aime24.seeds") == {"temperature": 0.5}


def test_where_run_json_cannot_be_put_right_the_old_outputs_stay_aside_and_their_folder_is_named(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = noted_rerun(out, counters := RunCounters())
    monkeypatch.setattr(provenance, "forget", lambda *_: (out / "gone").read_bytes())
    note.forget()
    aside = out / "eval-results/aime24/superseded/20260101T000000.000000Z"
    assert not (out / RS0).exists()  # it would count as made with the new settings
    assert counters.lost == [
        "run.json still has the settings of this run, which made no results: "
        f"{out}/gone: No such file or directory. The earlier outputs lie in {aside}; none of them is lost."
    ]


def test_where_an_output_cannot_be_put_back_the_folder_is_named_and_it_can_be_tried_again(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def full(file: Path, target: Path) -> Path:
        if target.name == "output-rs1.jsonl":
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        return rename(file, target)

    note = noted_rerun(out, counters := RunCounters())
    with monkeypatch.context() as now:
        now.setattr(Path, "rename", full)
        note.forget()
    aside = out / "eval-results/aime24/superseded/20260101T000000.000000Z"
    assert ((out / RS0).exists(), (out / RS1).exists()) == (True, False)
    assert counters.lost == [
        f"some outputs that this run set aside were not put back: cannot write {out}/{RS1}: Disk quota exceeded. "
        f"The earlier outputs lie in {aside}; move them back by hand."
    ]
    note.forget()
    assert (out / RS1).exists()


class TestTheCommitOnTheHub:
    """It is what the server will load where it runs; who submits may be told another."""

    plan = Plan(
        output_dir=Path(),
        judges=(
            JudgeStage(
                server=ServerPlan(type="vllm", model="org/m", role="judge"),
                prompt="hle",
                settings=EvalSettings(),
                benchmarks=(JudgedBenchmark(name="hle", seeds=(0,)),),
            ),
        ),
    )

    def check(self, folder: Path, commit: str, monkeypatch: pytest.MonkeyPatch, *, in_job: bool) -> Registration:
        (folder / "eval-logs").mkdir(exist_ok=True)
        monkeypatch.setattr(model_files, "commit_of", lambda *_: commit)
        plan = self.plan.model_copy(update={"output_dir": folder})
        return check_run(plan, [], (identify_models if in_job else identify_before_jobs)(plan.servers))

    def test_another_where_it_is_submitted_refuses_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.check(tmp_path, "1" * 40, monkeypatch, in_job=True).enter(SetAside())
        submitted = self.check(tmp_path, "2" * 40, monkeypatch, in_job=False)
        assert [each.commit for each in submitted.models.of.values()] == [None]

    def test_another_in_the_job_does(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.check(tmp_path, "1" * 40, monkeypatch, in_job=True).enter(SetAside())
        with pytest.raises(NorthstarError, match="the model's commit"):
            self.check(tmp_path, "2" * 40, monkeypatch, in_job=True)


NAME = "smoke.seeds"


def registered(folder: Path) -> Note:
    """The note of a run that has just begun."""
    logs_folder(folder).mkdir()
    entry = provenance.register(folder, {NAME: {"model": "m"}}, {}, rerun=False)
    return Note(folder, entry, SetAside(), (NAME,), RunCounters())


@contextmanager
def another_changes_run_json(folder: Path) -> Iterator[None]:
    with locked(logs_folder(folder) / ".run.lock", "run.json", wait=True):
        yield


def run_of(folder: Path) -> dict[str, Any]:
    run: dict[str, Any] = read_run_json(folder / "run.json")["runs"][0]
    return run


def test_the_run_goes_on_while_another_changes_run_json(tmp_path: Path) -> None:
    note = registered(tmp_path)

    async def run() -> None:
        origins = note.origins(RunCounters())
        with another_changes_run_json(tmp_path):
            note.soon({"sandbox": "none"})
            note.server({"address": "there"})
            hearing = asyncio.create_task(note.add_description({"said": {"root": "/m"}}))
            first = asyncio.create_task(origins.compared(NAME, Origin("big")))
            for _ in range(10):
                await asyncio.sleep(0.01)
            assert not hearing.done()
            assert not first.done()
            assert "sandbox" not in run_of(tmp_path)
        await hearing
        assert await first == UNSAID
        note({"ending": "done"})

    asyncio.run(run())
    noted = run_of(tmp_path)
    assert (noted["sandbox"], noted["server"], noted["ending"]) == ("none", {"address": "there"}, "done")
    assert noted["answered_by"][0]["model"] == "big"
    assert provenance.first_answered_by(tmp_path, NAME) == {"model": "big"}


def test_what_a_run_tells_while_it_waits_is_written_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note, update = registered(tmp_path), provenance.update_run
    written: list[Any] = []

    def listed(*told: Any) -> None:
        written.append(told[-1])
        update(*told)

    monkeypatch.setattr(provenance, "update_run", listed)
    with another_changes_run_json(tmp_path):
        for number in range(50):
            note.soon({"server": number, f"fact {number}": True})
    note({"ending": "done"})
    assert len(written) <= 3  # what came first, all the rest, the ending
    assert run_of(tmp_path)["server"] == 49
    assert all(run_of(tmp_path)[f"fact {number}"] for number in range(50))


def test_nothing_is_told_after_a_run_was_forgotten(tmp_path: Path) -> None:
    """Also of what was waited for when it was cancelled."""
    note = registered(tmp_path)

    async def run() -> None:
        with another_changes_run_json(tmp_path):
            first = asyncio.create_task(note.origins(RunCounters()).compared(NAME, Origin("big")))
            await asyncio.sleep(0.05)
            first.cancel()
            await asyncio.wait([first])
        note.forget()

    asyncio.run(run())
    held = read_run_json(tmp_path / "run.json")
    assert NAME not in held["results"]
    assert NAME not in held.get("answered_by", {})


def test_another_model_is_refused_before_it_is_asked(tmp_path: Path) -> None:
    note = registered(tmp_path)
    asyncio.run(note.add_description({"said": {"root": "/m"}}))
    with pytest.raises(NorthstarError, match="made differently"):
        asyncio.run(note.add_description({"said": {"root": "/other"}}))


def test_a_length_that_others_changed_is_refused_where_the_files_are_known_too(tmp_path: Path) -> None:
    logs_folder(tmp_path).mkdir()
    entry = provenance.register(tmp_path, {NAME: {"model": "/m", "model_content": "x"}}, {}, rerun=False)
    note = Note(tmp_path, entry, SetAside(), (NAME,), RunCounters())
    asyncio.run(note.add_description({"address": "there", "said": {"max_model_len": 32768}}))
    asyncio.run(note.add_description({"addresses": ["of ours"], "said": {"max_model_len": 4096}}))
    with pytest.raises(NorthstarError, match="max_model_len: 32768 there, 4096 now"):
        asyncio.run(note.add_description({"address": "there", "said": {"max_model_len": 4096}}))


def test_what_cannot_be_written_soon_is_noted_and_ends_nothing(tmp_path: Path) -> None:
    counters = RunCounters()
    note = Note(tmp_path / "gone", Entry(0, {}), SetAside(), counters=counters)
    note.soon({"server": {}})
    note({"ending": "done"})
    assert [sentence.partition(": ")[0] for sentence in counters.lost] == ["run.json lacks some facts of this run"]
