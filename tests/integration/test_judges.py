"""Judges that choose from several labels, with the prompts of their library, and several of them beside each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Ns
from tests.file_server import FileServer, serving_files

ROWS = 30
PROMPT = "nemo_skills/prompt/config/judge/simpleqa.yaml"

pytestmark = pytest.mark.shared_data


@pytest.fixture
def library() -> Iterator[FileServer]:
    with serving_files() as server:
        yield server


@pytest.fixture
def asked(
    data_dir: Path,
    start_mock: Callable[..., str],
    tmp_path: Path,
    shared_data: Path,
    library: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """An `ns eval` of invented rows of simpleqa-verified against a mock model that is right in 7 of 10 cases."""
    rows = [
        {
            "id": f"q{n}",
            "problem": f"What is {n} + {n * n}?",
            "expected_answer": str(n + n * n),
            "topic": ["Art", "Law"][n % 2],
        }
        for n in range(ROWS)
    ]
    (data_dir / "simpleqa-verified").mkdir(parents=True)
    (data_dir / "simpleqa-verified/eval.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    content = (shared_data / "nemo-skills-prompts/0b012df8/judge/simpleqa.yaml").read_bytes()
    library.files[f"/NVIDIA-NeMo/Skills/0b012df8/{PROMPT}"] = content
    monkeypatch.setenv("NORTHSTAR_PROMPTS_ENDPOINT", library.address)
    words = ["eval", "--benchmarks=simpleqa-verified:2", f"--output_dir={tmp_path}/out", "--model=mock"]
    return [*words, f"--server_address={start_mock()}"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out/eval-results/simpleqa-verified"


def records(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line) for seed in (0, 1) for line in (folder / f"output-rs{seed}.jsonl").read_text().splitlines()
    ]


def test_a_judge_of_three_labels_gives_f1_and_the_shares(
    ns: Ns, asked: list[str], start_mock: Callable[..., str], folder: Path
) -> None:
    judge = f"--judge_server_address={start_mock('--judge=0', '--says=A,B,C', '--models=gpt-4.1-20250414')}"
    done = ns(*asked, judge)
    assert done.returncode == 0, done.stderr
    labels = [row["judge_label"] for row in records(folder)]
    correct, wrong = labels.count("correct") / 60, labels.count("incorrect") / 60
    assert labels.count("not_attempted") > 3 < labels.count("incorrect")
    mode = json.loads((folder / "metrics.json").read_text())["simpleqa-verified"]["pass@1[avg-of-2]"]
    attempted = correct / (correct + wrong)
    assert mode["f1"] == pytest.approx(100 * 2 * attempted * correct / (attempted + correct))
    assert mode["incorrect"] == pytest.approx(100 * wrong)
    assert [name.strip() for name in done.stdout.splitlines()[1].split("|")][4:] == [
        *("judge_correct", "f1", "accuracy_given_attempted", "incorrect", "not_attempted"),
    ]
    judged = json.loads((folder.parents[1] / "run.json").read_text())["asked"]
    [prompt] = [each["prompt"] for name, each in judged.items() if "judge" in name or "gpt" in name]
    assert prompt["name"] == "nemo-skills@0b012df8/judge/simpleqa"


def test_a_label_that_the_judge_invents_is_no_verdict(
    ns: Ns, asked: list[str], start_mock: Callable[..., str], folder: Path
) -> None:
    judge = f"--judge_server_address={start_mock('--judge=0', '--says=A,MOSTLY_CORRECT', '--models=gpt-4.1-20250414')}"
    done = ns(*asked, judge)
    assert done.returncode == 0, done.stderr
    invented = [row for row in records(folder) if row["judgement"] == "MOSTLY_CORRECT"]
    assert len(invented) > 5
    assert all(row["judge_correct"] is None and "judge_label" not in row for row in invented)
    assert "judge_unparsed" in done.stdout.splitlines()[1]


def test_two_judges_in_one_command_stand_side_by_side(
    ns: Ns, asked: list[str], start_mock: Callable[..., str], folder: Path
) -> None:
    address = start_mock("--judge=0", "--says=A,B,C", "--models=first,second")
    done = ns(*asked, f"--judge_server_address={address}", "--judge_model=first,second")
    assert done.returncode == 0, done.stderr
    titles = [line.strip("- ") for line in done.stdout.splitlines() if line.startswith("-") and line.endswith("-")]
    name = "simpleqa-verified"
    assert titles == [
        *(f"{name} (judge first)", f"{name} (judge second)"),
        *(f"{name} (majority of 2 judges)", f"{name} (agreement of judges)"),
    ]
    assert {row["judge"] for row in records(folder)} == {"first"}
    found = json.loads((folder / "metrics.json").read_text())[name]
    assert found["agreement"]["first / second"]["agreement"] == 100  # the mock's words depend on the question alone
    assert found["panel"]["pass@1[avg-of-2]"]["f1"] == found["pass@1[avg-of-2]"]["f1"]


def test_three_benchmarks_with_two_judges_in_one_command(
    ns: Ns, asked: list[str], library: FileServer, start_mock: Callable[..., str], data_dir: Path, folder: Path
) -> None:
    row = {
        "id": "q",
        "problem": "What is 1 + 1?",
        "expected_answer": "2",
        "domain": "Law",
        "topic": "Tax",
        "category": "A",
    }
    for name, split in (("omniscience", "text"), ("imo-answerbench", "test")):
        (data_dir / name).mkdir()
        (data_dir / name / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    for commit, name in (
        ("4843d712c022fbf7b2ac079eff1afc3514f1273c", "aa-omni-judge"),
        ("a9a7f786b5ce8681448f139a6651f60d73be7203", "imo_answerbench"),
    ):  # in words of our own: theirs are not known here by a checksum
        path = f"/NVIDIA-NeMo/Skills/{commit}/nemo_skills/prompt/config/judge/{name}.yaml"
        library.files[path] = b"user: 'Is it {expected_answer}? {problem} {generation}'"
    address = start_mock("--judge=0", "--says=CORRECT,INCORRECT", "--models=first,second")
    benchmarks = "--benchmarks=simpleqa-verified:2,omniscience:2,imo-answerbench:2"
    words = [word for word in asked if not word.startswith("--benchmarks")]
    done = ns(*words, benchmarks, f"--judge_server_address={address}", "--judge_model=first,second")
    assert done.returncode == 0, done.stderr
    found = json.loads((folder.parent / "metrics.json").read_text())
    assert set(found) == {"simpleqa-verified", "omniscience", "imo-answerbench"}
    assert all(list(numbers["judges"]) == ["first", "second"] for numbers in found.values())
    assert {"f1"} <= found["simpleqa-verified"]["panel"]["pass@1[avg-of-2]"].keys()
    assert {"index", "hallucination_rate"} <= found["omniscience"]["panel"]["pass@1[avg-of-2]"].keys()
    assert found["imo-answerbench"]["agreement"]["first / second"]["num_verdicts"] == 2
    run = json.loads((folder.parents[1] / "run.json").read_text())["runs"][-1]
    assert sum(counts["generated"] for counts in run["judges"].values()) == 2 * 2 * (ROWS + 2)


@pytest.mark.real_model
def test_a_real_small_model_judges_in_the_official_words(ns: Ns, asked: list[str], folder: Path) -> None:
    words = [word for word in asked if not word.startswith(("--model", "--server_address"))]
    done = ns(
        *words, "--model=smollm2", "++max_samples=1", "++inference.tokens_to_generate=16",
        "--judge_server_type=llamacpp", "--judge_model=smollm2", "--extra_judge_args=++inference.tokens_to_generate=8",
        timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = records(folder)
    assert len(rows) == 2
    labels = {"correct", "incorrect", "not_attempted"}
    assert all(row.get("judge_label") in labels or row["judge_unparsed"] is True for row in rows)
    assert all(isinstance(row["judgement"], str) for row in rows)
