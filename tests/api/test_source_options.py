"""Settings that a benchmark's source takes: a file or folder of the user's, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar import prepare_data
from northstar.api.source_options import names_and_options, setting_meant
from northstar.core.errors import UsageError

GIVEN = ("13.6.txt", "62.1.txt", "76.3.txt")


def refused(tmp_path: Path, names: list[str], options: Any) -> str:
    with pytest.raises(UsageError) as error:
        prepare_data(names, data_dir=tmp_path, options=options)
    assert not list(tmp_path.glob("*/*.jsonl"))
    return str(error.value)


def test_words_of_a_command_are_names_and_settings() -> None:
    words = ["scicode", "++scicode.given=a=b", "aime24", "++scicode.targets=t.h5"]
    assert names_and_options(words) == (["scicode", "aime24"], {"scicode": {"given": "a=b", "targets": "t.h5"}})


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("scicode.given=x", "unexpected argument 'scicode.given=x'. Did you mean '++scicode.given=x'?"),
        ("++scicode.given", "'++scicode.given' has no value: write ++scicode.given=value."),
        ("++scicode.given=", "'++scicode.given=' has no value: write ++scicode.given=PATH."),
    ],
)
def test_a_word_of_another_form_is_refused(word: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        names_and_options([word])
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (
            ["scicode"],
            {"scicode": {"givn": "x"}},
            "unknown setting '++scicode.givn'. Did you mean ++scicode.given or ++scicode.targets?",
        ),
        (["scicode"], {"a": {"b": "x"}}, "unknown setting '++a.b'. There are ++scicode.given, ++scicode.targets."),
        (["aime24"], {"aime24": {"given": "x"}}, "unknown setting '++aime24.given'. There is none for aime24."),
        (
            ["aime24"],
            {"scicode": {"given": "x"}},
            "++scicode.given is for scicode, which is not among the benchmarks to prepare.",
        ),
        (["scicode"], {"scicode": {"given": "/no/x"}}, "++scicode.given: /no/x does not exist."),
        (["scicode"], {"scicode.given": "x"}, "options['scicode.given'] must be a dict of its settings, such as"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(tmp_path: Path, names: list[str], options: Any, message: str) -> None:
    assert refused(tmp_path, names, options).startswith(message)


def test_a_path_is_checked_by_its_source_before_anything_is_fetched(tmp_path: Path) -> None:
    for name in GIVEN[:2]:
        (tmp_path / name).write_text("x = 1\n")
    said = refused(tmp_path, ["scicode.dev"], {"scicode": {"given": tmp_path}})
    assert said == f"++scicode.given={tmp_path}: 76.3.txt cannot be read (No such file or directory)."


def test_the_setting_that_an_option_of_an_earlier_version_became_is_named() -> None:
    assert setting_meant("--scicode_given") == "++scicode.given"
    assert setting_meant("--scicode-targets") == "++scicode.targets"
    assert setting_meant("--scicode_other") == setting_meant("--splitt") == ""
