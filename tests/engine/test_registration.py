"""Which runs bind the next: those that got an answer, also one of a sample that has more turns to come."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from northstar.config.plan import JudgedBenchmark, JudgePlan, JudgingPlan, ServerPlan
from northstar.config.settings import EvalSettings
from northstar.engine.identified import identify_models
from northstar.engine.provenance import Entry
from northstar.engine.registration import Note, Registration, check_judges, ending_noted
from northstar.engine.stats import RunStats
from northstar.engine.superseding import SetAside
from northstar.errors import NorthstarError
from northstar.servers.hosting import model_files

HEADER, TURN = '{"journal":"header"}\n', '{"row":0,"turn":{}}\n'


class Noting(Note):
    def __call__(self, facts: Any) -> None:
        del facts

    def forget(self) -> None:
        raise KeyError("forgotten")


def ended(folder: Path, journal: str) -> None:
    (folder / "output-rs0.jsonl.journal").write_text(journal)
    unit: Any = SimpleNamespace(folder=folder, unit=SimpleNamespace(seed=0))
    stats = RunStats(units=[unit])
    with pytest.raises(ValueError, match="a fault"), ending_noted(Noting(folder, Entry(0, {}), SetAside()), stats):
        raise ValueError("a fault")


def test_a_run_without_an_answer_is_forgotten(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="forgotten"):
        ended(tmp_path, HEADER)


def test_one_that_got_a_turn_is_not(tmp_path: Path) -> None:
    ended(tmp_path, HEADER + TURN)


def test_a_fact_that_run_json_cannot_take_is_noted_and_ends_nothing(tmp_path: Path) -> None:
    stats = RunStats()
    note = Note(tmp_path / "gone", Entry(0, {}), SetAside(), stats=stats)
    note({"server": {}})
    note({"ending": "done"})
    note.forget()
    assert [sentence.partition(": ")[0] for sentence in stats.lost] == [
        "run.json lacks a part of what it tells of this run",
        "what this run set aside, or noted in run.json, is not as it was before",
    ]
    assert "No such file or directory" in stats.lost[0]


class TestTheCommitOnTheHub:
    """It is what the server will load where it runs; who submits may be told another."""

    plan = JudgingPlan(
        output_dir=Path(),
        benchmarks=(
            JudgedBenchmark(
                name="hle",
                seeds=(0,),
                judge=JudgePlan(
                    server=ServerPlan(type="vllm", model="org/m", role="judge"), prompt="hle", settings=EvalSettings()
                ),
            ),
        ),
    )

    def check(self, folder: Path, commit: str, monkeypatch: pytest.MonkeyPatch, *, in_job: bool) -> Registration:
        (folder / "eval-logs").mkdir(exist_ok=True)
        monkeypatch.setattr(model_files, "commit_of", lambda *_: commit)
        plan = self.plan.model_copy(update={"output_dir": folder})
        return check_judges(plan, identify_models(plan.servers) if in_job else None)

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
