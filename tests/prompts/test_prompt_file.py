"""The two forms of prompt files are told apart, and a file of neither is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.prompts.prompt import Message, load_prompt

ROW = {"id": "a1", "problem": "What is 2 + 2?", "options": {"A": "3", "B": "4"}, "expected_answer": "B"}


def render(folder: Path, text: str, system_message: str | None = None) -> list[Message]:
    (folder / "my.yaml").write_text(text)
    return load_prompt(str(folder / "my.yaml")).messages(ROW, system_message)


def test_single_braces_are_fields_and_doubled_ones_literal(tmp_path: Path) -> None:
    assert render(tmp_path, r"user: 'Put {expected_answer} in \boxed{{}}: {question}'") == [
        {"role": "user", "content": "Put B in \\boxed{}: What is 2 + 2?\nA. 3\nB. 4"}
    ]


def test_examples_are_empty(tmp_path: Path) -> None:
    text = "few_shot_examples: {prefix: a, template: '{x}', suffix: c}\nuser: '{examples}{problem}'"
    assert render(tmp_path, text)[0]["content"].startswith("What is 2 + 2?")


@pytest.mark.parametrize("system", ["system: ''\n", ""])
def test_an_empty_system_text_of_that_form_is_none(tmp_path: Path, system: str) -> None:
    assert [message["role"] for message in render(tmp_path, f"{system}user: '{{problem}}'")] == ["user"]


def test_a_system_text_of_that_form_is_sent_as_it_is(tmp_path: Path) -> None:
    messages = render(tmp_path, "system: 'Answer: {{your answer}}'\nuser: '{problem}'")
    assert messages[0] == {"role": "system", "content": "Answer: {{your answer}}"}


def test_the_end_of_a_text_of_that_form_is_kept(tmp_path: Path) -> None:
    assert render(tmp_path, 'user: "{problem}\\n\\nSolution:\\n"')[0]["content"].endswith("\n\nSolution:\n")


@pytest.mark.parametrize(
    ("user", "form"),
    [
        ("{{ problem }}", "northstar"),
        (r"\frac{1}{2} {{ problem }}", "northstar"),
        (r"\boxed{x} {{ problem }}", "northstar"),
        ("{% if problem %}{problem}{{ problem }}{% endif %}", "northstar"),
        ("{problem}", "nemo-skills"),
        (r"(e.g. \boxed{{A}}) {problem}", "nemo-skills"),
        (r"Say {{yes}} or {{no}}: {generation}", "nemo-skills"),
    ],
)
def test_the_form_is_told_from_the_fields(tmp_path: Path, user: str, form: str) -> None:
    (tmp_path / "my.yaml").write_text(f"user: |-\n  {user}\n")
    assert load_prompt(str(tmp_path / "my.yaml")).texts.form == form


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# mine\nsystem: x\nuser: 5", r"my\.yaml \(line 3\) needs a text under 'user'"),
        (
            "user: '{{ problem }}'\nassistant: y",
            r"my\.yaml \(line 2\) has an unknown key 'assistant'; it may have user",
        ),
        ("user: '{topic} {{ subject }}'", r"\(line 1\) has fields in single braces, \{topic\}, and in double braces"),
        ("user: '{problem} {'\nfew_shot_examples: {}", r"not a valid template: .*literal braces are doubled"),
        ("user: '{problem.x}'\nfew_shot_examples: {}", r"\{problem\.x\} is not the plain name of a field"),
        ("user: '{problem:>99999999999}'\nfew_shot_examples: {}", r"\{problem:>99999999999\} is not the plain name"),
        ("user: '{problem!r}'\nfew_shot_examples: {}", r"\{problem!r\} is not the plain name"),
        ("user: 'Solve.'\nfew_shot_examples: {}", "asks every row the same"),
        (
            "user: '{problem}'\nfew_shot_examples: {examples_type: gsm}",
            r"\(line 2\) asks for few-shot examples \('gsm'\)",
        ),
        ("user: '{problem}'\nimage_field: image", r"\(line 2\) has an unknown key 'image_field'"),
    ],
)
def test_a_file_of_neither_form_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        render(tmp_path, text)


def test_a_field_that_the_row_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    with pytest.raises(
        NorthstarError, match=r"my\.yaml' does not fit row 'a1': the row has no field 'solution'; it has A, B, "
    ):
        render(tmp_path, "user: '{problem} {solution}'")


def test_no_system_message_is_sent_for_none(tmp_path: Path) -> None:
    assert [each["role"] for each in render(tmp_path, "system: own\nuser: '{{ problem }}'", "none")] == ["user"]


def test_bare_is_the_problem_alone() -> None:
    assert load_prompt("bare").messages(ROW) == [{"role": "user", "content": "What is 2 + 2?"}]
