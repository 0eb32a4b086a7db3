"""What NeMo-Skills' prompts ask of our rows is what that tool asks: its words as `str.format` fills them, over the
fields that its `prepare.py` of each benchmark writes. The fields are written out here; the words stay in their files.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from northstar.benchmarks import hle
from northstar.benchmarks.choices import gpqa, mmlu_pro
from northstar.benchmarks.livecodebench.splits import to_row as contest_row
from northstar.benchmarks.mathematics import aime24, aime25, math_500
from northstar.benchmarks.registry import find_benchmark
from northstar.benchmarks.scicode.rows import to_row as scicode_row
from northstar.core.errors import NorthstarError
from northstar.prompts.library import libraries, library_named
from northstar.prompts.prompt import load_prompt

pytestmark = pytest.mark.shared_data
STATES = ("5e5a24f5", "0b012df8")
SENTENCES = "class C:\n    FORMATTING_MESSAGE_WITH_STARTER_CODE = 'Use:'\n    FORMATTING_WITHOUT_STARTER_CODE = 'Read:'"
Asked = Callable[[str, str, Mapping[str, Any]], str]


@pytest.fixture
def data_dir(shared_data: Path, tmp_path: Path) -> Path:
    """A data folder in which both states have been fetched."""
    for state in STATES:
        folder = tmp_path / "prompts/nemo-skills" / state
        shutil.copytree(shared_data / "nemo-skills-prompts" / state, folder)
        (folder / "sentences.py.txt").write_text(SENTENCES)
    return tmp_path


@pytest.fixture
def asked(data_dir: Path) -> Asked:
    """The user's message for a row."""
    return lambda state, name, row: load_prompt(f"nemo-skills@{state}/{name}", data_dir).messages(dict(row))[-1][
        "content"
    ]


@pytest.fixture
def words(shared_data: Path) -> Callable[[str, str], str]:
    """The user's text of a file."""

    def read(state: str, name: str) -> str:
        content = yaml.safe_load((shared_data / "nemo-skills-prompts" / state / f"{name}.yaml").read_bytes())
        return str(content["user"])

    return read


Words = Callable[[str, str], str]


def first_line(path: Path) -> dict[str, Any]:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return dict(json.loads(content.partition(b"\n")[0]))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["math-500", "aime24", "aime25"])
def test_mathematics_is_asked_by_its_problem(
    asked: Asked, words: Words, shared_data: Path, name: str, state: str
) -> None:
    line = first_line(shared_data / name / "test.jsonl")
    row = {"math-500": math_500, "aime24": aime24, "aime25": aime25}[name].to_row(line, 0)
    expected = words(state, "generic/math").format(problem=line["problem"], examples="")
    assert asked(state, "generic/math", row) == expected
    assert expected.endswith(f"\\boxed{{}}.\n\n{line['problem']}")


@pytest.mark.parametrize(
    ("state", "options"),
    [("5e5a24f5", "\nA. {}\nB. {}\nC. {}\n"), ("0b012df8", "\n\nA) {}\nB) {}\nC) {}\n")],
)
def test_mmlu_pro_is_asked_by_the_question_and_its_lettered_options(
    asked: Asked, words: Words, shared_data: Path, state: str, options: str
) -> None:
    line = first_line(shared_data / "mmlu-pro/test.jsonl.gz")
    problem = asked(state, "eval/aai/mcq-10choices", mmlu_pro.to_row(line, 0))
    first = line["question"].strip() + options.format(*(text.strip() for text in line["options"]))
    assert problem.startswith(words(state, "eval/aai/mcq-10choices").format(problem=first))


GPQA = {
    **{f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)},
    **{"Record ID": "r1", "Question": "Which?", "Correct Answer": "right"},
}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ("5e5a24f5", "Which?\nA. wrong 3\nB. wrong 2\nC. right\nD. wrong 1"),
        ("0b012df8", "Which?\n\nA) wrong 3\nB) wrong 2\nC) right\nD) wrong 1"),
    ],
)
def test_gpqa_is_asked_by_the_question_and_its_options_in_that_tools_order(
    asked: Asked, words: Words, state: str, problem: str
) -> None:
    row = gpqa.BENCHMARK.source("diamond-seed42").to_row(GPQA, 0)  # type: ignore[union-attr]
    name = library_named(f"nemo-skills@{state}").state.benchmarks["gpqa"]
    assert row is not None
    assert asked(state, name, row) == words(state, name).format(problem=problem)


@pytest.mark.parametrize("state", STATES)
def test_hle_is_asked_by_its_question_with_the_form_as_it_is_written(
    data_dir: Path, shared_data: Path, state: str
) -> None:
    line = {
        "id": "h1",
        "question": "What?",
        "answer": "that",
        "answer_type": "exactMatch",
        "image": "",
        "category": "x",
    }
    row = hle.to_row(line, 0)
    assert row is not None
    file = yaml.safe_load((shared_data / "nemo-skills-prompts" / state / "generic/hle.yaml").read_bytes())
    messages = load_prompt(f"nemo-skills@{state}/generic/hle", data_dir).messages(row)
    assert messages == [{"role": "system", "content": file["system"]}, {"role": "user", "content": "What?"}]
    assert "{{your succinct, final answer}}" in messages[0]["content"]


@pytest.mark.parametrize("state", STATES)
def test_a_judge_of_hle_is_asked_by_problem_response_and_reference(asked: Asked, words: Words, state: str) -> None:
    record = {"id": "h1", "problem": "What?", "expected_answer": "that", "generation": "Answer: this"}
    expected = words(state, "judge/hle").format(problem="What?", expected_answer="that", generation="Answer: this")
    assert asked(state, "judge/hle", record) == expected


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("starter", "form"),
    [
        ("", "Read:\n\n```python\n# YOUR CODE HERE\n```\n\n"),
        ("class S:\n    def f(self):", "Use:\n```python\nclass S:\n\tdef f(self):\n```\n\n"),
    ],
)
def test_a_contest_is_asked_by_its_problem_and_the_form_of_a_program(
    asked: Asked, words: Words, shared_data: Path, state: str, starter: str, form: str
) -> None:
    line = first_line(shared_data / "livecodebench/problems_v6_public_tests.jsonl")
    month = line["contest_date"][2:4] + line["contest_date"][5:7]
    row = contest_row({**line, "starter_code": starter}, 0, months=(month, month), window=(month, month))
    question = f"{line['question_content']}\n\n".replace("    ", "\t") + form
    name = "eval/livecodebench/python_codegen"
    assert row is not None
    assert asked(state, name, row) == words(state, name).format(question=question)


@pytest.mark.parametrize("state", STATES)
def test_scicode_is_asked_by_the_steps_that_are_done_and_the_next_one(
    asked: Asked, words: Words, shared_data: Path, state: str
) -> None:
    line = first_line(shared_data / "scicode/problems_dev.jsonl")
    row = scicode_row(line, 0)
    one, two = line["sub_steps"][:2]
    first = f"{one['step_description_prompt']}\n{one.get('step_background') or ''}"
    second = f"{two['step_description_prompt']}\n{two.get('step_background') or ''}"
    code = f"{two['function_header']}\n\n{two['return_line']}"
    expected = words(state, "eval/scicode/default").format(
        problem_steps_str=f"{first}\n\ndef one(): pass",
        next_step_str=f"{second}\n\n{code}",
        dependencies=row["dependencies"],
    )
    now = {**row, "current": 1, "codes": ["def one(): pass"]}
    assert asked(state, "eval/scicode/default", now) == expected


@pytest.mark.parametrize("state", STATES)
def test_every_benchmark_but_the_conversations_has_a_prompt_there(data_dir: Path, state: str) -> None:
    chosen = libraries()["nemo-skills"].at(state).state
    assert {*chosen.benchmarks} == {
        *("gpqa", "mmlu-pro", "hle", "livecodebench", "scicode", "math-500", "aime24", "aime25", "ifbench", "ifeval")
    }
    for name, prompt in chosen.benchmarks.items():
        assert find_benchmark(name).name == name
        load_prompt(f"nemo-skills@{state}/{prompt}", data_dir)


def test_a_prompt_that_names_a_field_the_row_lacks_says_so(asked: Asked) -> None:
    with pytest.raises(
        NorthstarError, match=r"does not fit row 'r1': the row has no field 'problem_steps_str'; it has"
    ):
        asked("5e5a24f5", "eval/scicode/default", {"id": "r1", "problem": "p", "expected_answer": "1"})
