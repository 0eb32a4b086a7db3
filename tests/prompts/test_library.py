"""Prompts of libraries: fetched once, checked whenever they are read, found by short names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.prompts.fetching import library_file
from northstar.prompts.library import Library, LibraryAt, libraries, library_from, library_named
from northstar.prompts.names import OfLibrary, whole_name
from northstar.prompts.prompt import load_prompt
from tests.file_server import FileServer, serving_files

ASK = b'user: "Solve: {problem}"\n'
COMMIT = "5e5a24f5"
PATH = f"/NVIDIA-NeMo/Skills/{COMMIT}/nemo_skills/prompt/config/mine/ask.yaml"
NAME = f"nemo-skills@{COMMIT}/mine/ask"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """Stands in for raw.githubusercontent.com, with one prompt that has no known checksum."""
    with serving_files() as files:
        monkeypatch.setenv("NORTHSTAR_PROMPTS_ENDPOINT", files.address)
        files.files[PATH] = ASK
        yield files


def at(address: str, **checksums: str) -> LibraryAt:
    states = {"0123456789": {"sha256": checksums}}
    content = {"about": "", "address": address + "/{commit}/{name}.yaml", "commit": "0123456789", "commits": states}
    return library_from("own", content).at()


def test_a_prompt_is_fetched_once_and_then_read_from_the_data_folder(server: FileServer, tmp_path: Path) -> None:
    for _ in range(3):
        assert load_prompt(NAME, tmp_path).messages({"problem": "2 + 2"})[0]["content"] == "Solve: 2 + 2"
    assert server.asked == [PATH]


def test_what_was_fetched_is_used_where_the_library_cannot_be_reached(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_prompt(NAME, tmp_path)
    monkeypatch.setenv("NORTHSTAR_PROMPTS_ENDPOINT", "http://127.0.0.1:9")
    assert load_prompt(NAME, tmp_path).name == NAME


def test_where_nothing_was_fetched_one_sentence_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTHSTAR_PROMPTS_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NorthstarError) as error:
        load_prompt(NAME, tmp_path)
    assert str(error.value) == (
        f"cannot fetch {NAME} from http://127.0.0.1:9{PATH} ([Errno 111] Connection refused). Check the network (or "
        f"HTTPS_PROXY, NORTHSTAR_PROMPTS_ENDPOINT), or copy {tmp_path}/prompts/nemo-skills/{COMMIT}/mine from a "
        "machine that has it."
    )


def test_a_file_with_another_checksum_than_the_pinned_one_is_refused_and_not_kept(
    server: FileServer, tmp_path: Path
) -> None:
    pinned = hashlib.sha256(ASK).hexdigest()
    prompt = OfLibrary(at(server.address, ask=pinned), "ask")
    server.files["/0123456789/ask.yaml"] = ASK.replace(b"Solve", b"solve")
    with pytest.raises(NorthstarError, match=rf"sent another file than the pinned own@0123456789/ask: .*not {pinned}"):
        library_file(prompt, tmp_path)
    server.files["/0123456789/ask.yaml"] = ASK
    assert library_file(prompt, tmp_path) == ASK


@pytest.mark.parametrize("pinned", [True, False])
def test_a_byte_that_changed_in_the_data_folder_is_found(server: FileServer, tmp_path: Path, pinned: bool) -> None:
    checksums = {"ask": hashlib.sha256(ASK).hexdigest()} if pinned else {}
    prompt = OfLibrary(at(server.address, **checksums), "ask")
    server.files["/0123456789/ask.yaml"] = ASK
    library_file(prompt, tmp_path)
    file = tmp_path / "prompts/own/0123456789/ask.yaml"
    file.write_bytes(ASK.replace(b"Solve", b"solve"))
    with pytest.raises(NorthstarError, match=rf"^{file} has changed since it was fetched: .* Delete it"):
        library_file(prompt, tmp_path)


def test_a_prompt_that_is_not_there_is_named_with_the_nearest_one(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"no prompt 'generic/mth' in nemo-skills@5e5a24f5\. Did you mean generic/math"
    ):
        load_prompt(f"nemo-skills@{COMMIT}/generic/mth", tmp_path)


def test_a_server_that_fails_is_named(server: FileServer, tmp_path: Path) -> None:
    server.files[PATH] = 503
    with pytest.raises(NorthstarError, match=rf"{server.address}.* answered HTTP 503 for {NAME}; try again"):
        load_prompt(NAME, tmp_path)


def test_the_judges_prompt_of_hle_is_a_text_in_a_script_that_is_not_run(server: FileServer, tmp_path: Path) -> None:
    library = library_named("hle")
    path = library.address("judge").removeprefix("https://raw.githubusercontent.com")
    server.files[path] = b'raise SystemExit\nJUDGE_PROMPT = """{question}|{response}|{correct_answer}"""\n'
    row = {"id": 1, "problem": "2 + 2", "expected_answer": "4", "generation": "Answer: 5"}
    asked = load_prompt(f"{library}/judge", tmp_path).messages(row)
    assert asked == [{"role": "user", "content": "2 + 2|Answer: 5|4"}]


def test_the_script_of_hle_without_its_prompt_is_refused(server: FileServer, tmp_path: Path) -> None:
    library = library_named("hle")
    server.files[library.address("judge").removeprefix("https://raw.githubusercontent.com")] = b"x = 1\n"
    with pytest.raises(NorthstarError, match="gives JUDGE_PROMPT no text"):
        load_prompt(f"{library}/judge", tmp_path)


def test_the_templates_of_scicode_are_texts(server: FileServer, tmp_path: Path) -> None:
    library = library_named("scicode")
    step = {
        "step": "1.1",
        "description": "Add.",
        "background": "Old.",
        "header": "def a():",
        "return_line": "    return 1",
    }
    row = {"id": "1", "problem": "p", "dependencies": "import numpy", "sub_steps": [step]}
    for name, described in (("multistep_template", "Add.\nOld."), ("background_comment_template", "Add.")):
        path = library.address(name).removeprefix("https://raw.githubusercontent.com")
        server.files[path] = b"{problem_steps_str}<{next_step_str}>{dependencies}"
        asked = load_prompt(f"{library}/{name}", tmp_path).messages(row)[0]["content"]
        assert asked == f"<{described}\n\ndef a():\n\n    return 1>import numpy"


@pytest.mark.parametrize(
    ("text", "chosen", "expected"),
    [
        ("math", None, "math"),
        ("generic/math", None, "nemo-skills@5e5a24f5/generic/math"),
        ("generic/math", "nemo-skills@0b012df8", "nemo-skills@0b012df8/generic/math"),
        ("nemo-skills/generic/math", "nemo-skills@0b012df8", "nemo-skills@5e5a24f5/generic/math"),
        ("nemo-skills@0b012df8/generic/math", None, "nemo-skills@0b012df8/generic/math"),
        ("bare", "nemo-skills", "bare"),
        ("judge", "hle", "hle@7b6be5aad6f9b43af3857de7867f3b52f6e4acb3/judge"),
        ("eval/new/one", "nemo-skills", "nemo-skills@5e5a24f5/eval/new/one"),
        ("my/prompt.yaml", "nemo-skills", "my/prompt.yaml"),
    ],
)
def test_a_plan_holds_a_prompt_by_its_whole_name(text: str, chosen: str | None, expected: str) -> None:
    assert whole_name(text, None if chosen is None else library_named(chosen)) == expected


def test_a_name_that_several_libraries_have_is_refused_with_both() -> None:
    one = libraries()["nemo-skills"]
    known: dict[str, Library] = {"nemo-skills": one, "other": replace(one, name="other")}
    with pytest.raises(UsageError, match=r"nemo-skills and other have a prompt .* write nemo-skills/generic/math, or"):
        whole_name("generic/math", None, known)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nemo", r"no prompt library 'nemo'\. There are hle, nemo-skills, scicode"),
        ("nemo-skils", r"Did you mean nemo-skills\?"),
        ("nemo-skills@main", r"pinned by a commit, 7 to 40 hex digits; known are 5e5a24f5 \(2025-08-15\), 0b012df8"),
    ],
)
def test_a_library_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        library_named(text)


def test_the_full_id_of_a_known_commit_has_its_checksums() -> None:
    assert "generic/math" in library_named("nemo-skills@5e5a24f5" + "0" * 32).names


def test_of_an_unknown_commit_the_newest_defaults_are_taken_and_no_checksum() -> None:
    unknown = library_named("nemo-skills@abcdef0")
    assert (unknown.state.benchmarks["gpqa"], unknown.names) == ("eval/aai/mcq-4choices", frozenset())


@pytest.mark.shared_data
@pytest.mark.parametrize("commit", ["5e5a24f5", "0b012df8"])
def test_the_checksums_are_those_of_the_real_files(shared_data: Path, commit: str) -> None:
    folder = shared_data / "nemo-skills-prompts" / commit
    files = {
        str(file.relative_to(folder))[:-5]: file for file in folder.rglob("*.yaml") if "swe-bench" not in str(file)
    }
    checksums = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    assert dict(libraries()["nemo-skills"].states[commit].sha256) == checksums


def test_a_download_that_ends_early_is_not_kept(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.shortened_by = 3
    with pytest.raises(NorthstarError, match=rf"it ended after {len(ASK) - 3} of {len(ASK)} bytes"):
        load_prompt(NAME, tmp_path)
    assert not (tmp_path / "prompts").exists()


def test_a_file_in_the_working_folder_does_not_take_the_place_of_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "math").write_text("user: '{{ problem }}'")
    assert load_prompt("math").messages({"problem": "p"})[0]["content"].startswith("Solve the problem")


@pytest.mark.parametrize("text", ["x/" * 3000, "a/b", "nowhere"])
def test_a_name_that_nobody_has_is_unknown(text: str, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"unknown prompt .*Known prompts: bare, .*libraries hle, nemo-skills, scicode"
    ):
        load_prompt(whole_name(text), tmp_path)


@pytest.mark.parametrize("text", ["nemo-skills/../../x", "nemo-skills/a/../x"])
def test_a_name_cannot_leave_the_librarys_folder(text: str) -> None:
    with pytest.raises(UsageError, match=r"'\.\.' is not part of a prompt's name"):
        whole_name(text)


def test_the_sentences_of_contests_are_fetched_only_for_a_prompt_that_asks_for_them(
    server: FileServer, tmp_path: Path
) -> None:
    row = {"id": 1, "problem": "p", "starter_code": ""}
    assert load_prompt(NAME, tmp_path).messages(row)[0]["content"] == "Solve: p"
    sentences = f"/NVIDIA-NeMo/Skills/{COMMIT}/nemo_skills/dataset/livecodebench/prepare.py"
    server.files[PATH.replace("ask", "question")] = b"user: '{question}'"
    with pytest.raises(NorthstarError, match=f"there is nothing at https://raw.githubusercontent.com{sentences}"):
        load_prompt(NAME.replace("ask", "question"), tmp_path).messages(row)
    server.files[sentences] = b"FORMATTING_WITHOUT_STARTER_CODE = 'Read:'"
    with pytest.raises(NorthstarError, match="gives FORMATTING_MESSAGE_WITH_STARTER_CODE no text"):
        load_prompt(NAME.replace("ask", "question"), tmp_path).messages(row)
    assert server.asked == [PATH, PATH.replace("ask", "question"), sentences, sentences]
