"""With NLTK's models in the environment, its splitter and tagger decide; here with invented ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from northstar.data.environment import environment_folder
from northstar.graders.instructions.verifiers import ENVIRONMENT
from tests.graders.instructions.asking import one


@pytest.fixture(scope="module")
def with_models(instructions_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The environment with a splitter that knows the abbreviation 'mr', and a tagger that knows three words."""
    folder = tmp_path_factory.mktemp("models") / "environment"
    shutil.copytree(environment_folder(ENVIRONMENT, instructions_data), folder, symlinks=True, copy_function=linked)
    splitter = folder / "nltk_data/tokenizers/punkt_tab/english"
    splitter.mkdir(parents=True)
    for name in ("collocations.tab", "ortho_context.tab", "sent_starters.txt"):
        (splitter / name).write_text("")
    (splitter / "abbrev_types.txt").write_text("mr\n")
    tagger = folder / "nltk_data/taggers/averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    for part, content in {
        "weights": {},
        "tagdict": {"Run": "VB", "The": "DT", "loads": "NN"},
        "classes": ["NN"],
    }.items():
        (tagger / f"averaged_perceptron_tagger_eng.{part}.json").write_text(json.dumps(content))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NORTHSTAR_INSTRUCTIONS_ENV", str(folder))
        yield instructions_data


def linked(source: str, target: str) -> None:
    """Share a file's bytes: the environment is large."""
    if Path(source).is_symlink():
        shutil.copy2(source, target, follow_symlinks=False)
    else:
        Path(target).hardlink_to(source)


@pytest.mark.parametrize(("answer", "verdict"), [("Run there.", True), ("The run.", False)])
def test_the_tagger_tells_verbs(with_models: Path, answer: str, verdict: bool) -> None:
    grade = one(with_models, "words:start_verb", answer)
    assert (grade["strict_instructions"], "ungraded" in grade) == ([verdict], False)


def test_the_splitter_tells_abbreviations_from_ends_of_sentences(with_models: Path) -> None:
    grade = one(with_models, "words:words_position", "Mr. kite flies. Nobody saw Mr. kite !", keyword="kite")
    assert grade["strict_instructions"] == [True]


@pytest.mark.parametrize(("answer", "verdict"), [("Mr. Kite flies. He is high.", True), ("One. Two. Three.", False)])
def test_sentences_are_counted_by_the_splitter(with_models: Path, answer: str, verdict: bool) -> None:
    arguments = {"relation": "less than", "num_sentences": 3}
    assert one(with_models, "length_constraints:number_sentences", answer, **arguments)["strict_instructions"] == [
        verdict
    ]
