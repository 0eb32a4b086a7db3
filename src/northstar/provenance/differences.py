"""Compares two identities: lists what differs, so that results of different models or settings are not mixed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from northstar.core.benchmark_name import BenchmarkName, parsed_name
from northstar.models.identity.served import is_telling, number_in
from northstar.models.sampling_words import words_of_owner
from northstar.results.run_json import shortly
from northstar.servers.arguments.arguments import by_name, split_words
from northstar.servers.arguments.operational import OPERATIONAL

Flat = Mapping[str, Any]
Contents = Mapping[str, Mapping[str, str]]
"""The hash of a model's files → name of a file → its hash."""

MODEL, COMMIT, NAMED = "model_content", "model_commit", "server.files"
DESCRIPTION = "said."
"""The prefix of the keys of a server's description of its model."""
ARGS = "server.args"
NEUTRAL = "inference.neutral"
UNDECIDED = "undecided"
NEUTRAL_STORED = {True: True, False: None, None: UNDECIDED}
"""Whether requests carry neutral sampling → how an identity has it; those of earlier versions have nothing.
Undecided, since the server has not told its kind yet, agrees with both.
"""
IMPORTED = "imported"
"""The key of the tool that generated results that were imported."""
OF_SEED = "imported."
"""The prefix of the keys of the files that a seed was imported from."""
GRADER = "grader."
"""The prefix of the keys of a grader's identity."""
_VERSION = f"{GRADER}version"
_OF_GENERATE = ("ungraded", "extracted")
"""Names of graders of ns generate, whose outputs ns regrade does not take."""
_OF_ALL_GRADERS = (f"{GRADER}name", _VERSION)
"""What of it no setting changes."""
_FILES_SHOWN = 8
_BUT_PATHS = "_but_paths"


def but_paths(key: str) -> str:
    """The key of a server's text in which placeholders replace the paths."""
    return key + _BUT_PATHS


def differences(there: Flat, now: Flat, contents: Contents, written: Mapping[str, str] | None = None) -> list[str]:
    """List what differs between two identities, a line each, for a person.

    Models, and files that the server's arguments name, are compared by content where both contents are known, else by
    name.

    Args:
        there: the identity of the results in the folder.
        now: the identity of this run.
        contents: the files behind the hashes in the identities.
        written: other names of a model's path → the name in `now`.
    """
    # The server that made the results told its kind; one of another kind differs by what it says of the model.
    if is_undecided(now) and words_of_owner({"owned_by": there.get(f"{DESCRIPTION}owned_by")}) is not None:
        now = with_neutral(now, True)
    if (IMPORTED in there) != (IMPORTED in now):  # all else differs as well
        return [f"{IMPORTED}: {shortly(there.get(IMPORTED))} there, {shortly(now.get(IMPORTED))} now"]
    name = str(there.get("model"))
    there = {**there, "model": (written or {}).get(name, name)} if "model" in there else there
    skipped = _skipped_keys(there, now)
    lines: list[str] = []
    for key in [*there, *(key for key in now if key not in there)]:
        before, mine = there.get(key), now.get(key)
        if key in skipped or _agree(key, there, now):
            continue
        if key == MODEL and there.get("model") != now.get("model"):
            lines.append(f"model: {shortly(there.get('model'))} there, {shortly(now.get('model'))} now")
        if key.removesuffix(_BUT_PATHS) == ARGS:
            before, mine = _differing_arguments(before, mine)
        if key in (MODEL, NAMED):
            lines += _files(key, contents.get(str(before), {}), contents.get(str(mine), {}))
        else:
            lines.append(f"{_named(key)}: {shortly(before)} there, {shortly(mine)} now")
    return lines


def regrading_remedy(output_dir: Path, benchmark: str, there: Flat, now: Flat, lines: Sequence[str]) -> str | None:
    """What to do about results that only their grader tells apart; None if `lines` name others, or nothing regrades."""
    if not all(line.startswith(GRADER) for line in lines) or there.get(f"{GRADER}name") in _OF_GENERATE:
        return None
    settings = [
        f"++eval_config.{key.removeprefix(GRADER)}={'null' if (value := now.get(key)) is None else value}"
        for key in {**there, **now}
        if key.startswith(GRADER) and there.get(key) != now.get(key) and key not in _OF_ALL_GRADERS
    ]
    command = shlex.join(["ns", "regrade", str(output_dir), f"--benchmarks={benchmark}", *settings])
    return (
        f"Only the grader differs: {command} grades anew what is complete and asks nobody; its results stand beside "
        "these. Or choose another --output_dir, or --rerun_done to set these results aside and ask again."
    )


def as_graded_there(there: Flat, now: Flat) -> Flat:
    """Return `now` with the grader's version of what is there: what an older version graded may still be added to.

    The results stay known as the older version's until they are graded anew; the summary says so.
    """
    if there.get(f"{GRADER}name") != now.get(f"{GRADER}name"):
        return now
    others = {key: value for key, value in now.items() if key != _VERSION}
    return others | ({_VERSION: there[_VERSION]} if _VERSION in there else {})


def grows(there: Flat, now: Flat, lines: Sequence[str]) -> bool:
    """Whether `lines`, the differences, say only that more rows are asked now."""
    return _only_rows(there, now, lines) and there["rows"] < now["rows"]


def _only_rows(there: Flat, now: Flat, lines: Sequence[str]) -> bool:
    """Whether only the numbers of rows differ, and both are known."""
    return len(lines) == 1 and lines[0].startswith("rows: ") and None not in (there.get("rows"), now.get("rows"))


def ask_as_before(lines: Sequence[str], *, judged: bool) -> str:
    """Return how to go on without neutral sampling, where results of an earlier version differ in that."""
    if f"{NEUTRAL}: not set there, true now" not in lines:
        return ""
    setting = f"++{NEUTRAL}=False"
    option = f"--extra_judge_args='{setting}' (in ns judge: {setting})" if judged else setting
    return f"To go on asking as there, add {option}. "


def remedy(benchmark: str, there: Flat, now: Flat, lines: Sequence[str] = ()) -> str:
    """What to do about results that differ; those of a split that --split chose lie under the plain name, too."""
    if _only_rows(there, now, lines):
        return (
            f"The rows asked now are among those there: ++max_samples={there['rows']} goes on with them, and of what "
            f"is complete ns summarize_results --max_samples={now['rows']} shows the first {now['rows']} alone."
        )
    if IMPORTED in now:
        return "Choose another --output_dir."
    choose = "hoose another --output_dir, or --rerun_done to set those results aside and ask again."
    parsed = parsed_name(benchmark)
    if parsed is None or there.get("split") == now.get("split"):
        return f"C{choose}"
    choice = ".".join(filter(None, (str(there.get("split")), parsed.choice)))
    return (
        f"To go on with those results, name their split: --benchmarks={BenchmarkName(parsed.benchmark, choice)}. "
        f"For split {now.get('split')}, c{choose}"
    )


def changed_descriptions(there: Flat, now: Flat) -> list[str]:
    """List the changes of a server's description that do not mean another model, a line each."""
    keys = [key for key in there if key.startswith(DESCRIPTION) and key in now and not is_telling(key)]
    return [
        f"{key.removeprefix(DESCRIPTION)}: {shortly(there[key])} there, {shortly(now[key])} now"
        for key in keys
        if not _agree(key, there, now)
    ]


def merge_descriptions(there: Flat, now: Flat) -> dict[str, Any]:
    """Merge two descriptions of one model: all values of the keys that identify a model, the newest of the others."""
    found = {key: value for key, value in {**there, **now}.items() if key.startswith(DESCRIPTION)}
    for key in filter(is_telling, found):
        values = [*_values(there, key), *_values(now, key)]
        once = [value for number, value in enumerate(values) if value not in values[:number]]
        found[key] = once[0] if len(once) == 1 else sorted(once, key=str)
    return found


def merge_identities(there: Flat, now: Flat) -> dict[str, Any]:
    """Add to `now` what `there` knows of the model and this run could not see."""
    merged = {key: value for key, value in there.items() if _adds_up(key)} | dict(now)
    return with_neutral(merged, there.get(NEUTRAL)) if there and now.get(NEUTRAL) == UNDECIDED else merged


def is_undecided(identity: Flat) -> bool:
    """Whether only the server can tell if the requests carry neutral sampling."""
    return identity.get(NEUTRAL) == UNDECIDED


def with_neutral(identity: Flat, stored: Any) -> dict[str, Any]:
    """Return the identity with another entry for neutral sampling, as in NEUTRAL_STORED."""
    others = {key: value for key, value in identity.items() if key != NEUTRAL}
    return others if stored is None else others | {NEUTRAL: stored}


def is_known_by_content(identity: Flat) -> bool:
    """Whether the model's files or its commit are known, not only its server's description."""
    return MODEL in identity or COMMIT in identity


def _tells_the_model(key: str) -> bool:
    return key in (MODEL, COMMIT) or key.startswith(DESCRIPTION)


def _adds_up(key: str) -> bool:
    """Whether results keep the key where another run lacks it."""
    return _tells_the_model(key) or key.startswith(OF_SEED)


def _skipped_keys(there: Flat, now: Flat) -> set[str]:
    """The keys not to compare: those that only one identity has, and the weaker of two ways to know the same thing."""

    def both(key: str) -> bool:
        return key in there and key in now

    skipped = {"model", "server.model_bytes"} if both(MODEL) else {MODEL}
    skipped |= set() if both(COMMIT) else {COMMIT}
    skipped |= set() if both(NAMED) else {NAMED}
    for key in (*there, *now):
        if key.startswith(OF_SEED) and not both(key):
            skipped.add(key)
        if key.endswith(_BUT_PATHS):
            skipped.add(key.removesuffix(_BUT_PATHS) if both(key) else key)
    return skipped | {
        key for key in (*there, *now) if key.startswith(DESCRIPTION) and not (both(key) and is_telling(key))
    }


def _agree(key: str, there: Flat, now: Flat) -> bool:
    """Whether both agree on a key. Of several descriptions (servers behind a router) one in common is enough."""
    if key.startswith(DESCRIPTION):
        return any(value in _values(now, key) for value in _values(there, key))
    if key.removesuffix(_BUT_PATHS) == ARGS:
        return _differing_arguments(there.get(key), now.get(key)) == (None, None)
    if key == NEUTRAL and UNDECIDED in (there.get(key), now.get(key)):
        return True
    return bool(there.get(key) == now.get(key))


def _differing_arguments(before: Any, mine: Any) -> tuple[str | None, str | None]:
    """Reduce two texts of arguments to those that differ.

    Operational arguments that only `before` has are left out: earlier versions stored them too.
    """
    there, now = _arguments(before), _arguments(mine)
    extra = {name for name in there if name in OPERATIONAL and name not in now}
    names = [name for name in {**there, **now} if name not in extra and there.get(name) != now.get(name)]

    def shown(arguments: Mapping[str, Sequence[tuple[str, ...]]]) -> str | None:
        argv = [word for name in names for values in arguments.get(name, ()) for word in (name, *values) if word]
        return shlex.join(argv) if argv else None

    return shown(there), shown(now)


def _arguments(text: Any) -> dict[str, list[tuple[str, ...]]]:
    return by_name(split_words(str(text or ""), ARGS))


def _values(description: Flat, key: str) -> list[Any]:
    """All values of a key, which may be None; empty without the key."""
    if key not in description:
        return []
    values = description[key] if isinstance(description[key], list) else [description[key]]
    return [number_in(value) for value in values]


def _files(key: str, before: Mapping[str, str], mine: Mapping[str, str]) -> list[str]:
    whose = "the model's" if key == MODEL else "the server's"
    names = [*before, *(name for name in mine if name not in before)]
    lines = [f"{whose} {name}: {_how(name, before, mine)}" for name in names if before.get(name) != mine.get(name)]
    if len(lines) > _FILES_SHOWN:
        lines[_FILES_SHOWN - 1 :] = [f"{whose} other files: {len(lines) - _FILES_SHOWN + 1} more differ"]
    return lines or [f"{whose} files: changed"]


def _how(name: str, before: Mapping[str, str], mine: Mapping[str, str]) -> str:
    return "changed" if name in before and name in mine else "gone" if name in before else "new"


def _named(key: str) -> str:
    if key.startswith(DESCRIPTION):
        return f"what the server says of the model, {key.removeprefix(DESCRIPTION)}"
    return "the model's commit" if key == COMMIT else key.removesuffix(_BUT_PATHS)
