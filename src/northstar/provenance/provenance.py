"""Stores in run.json what made the results of an output folder, and refuses a run that would mix in others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.core.errors import NorthstarError
from northstar.provenance import differences
from northstar.provenance.identified import Models
from northstar.provenance.results_name import JUDGED_BY, REGRADED_AS
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import open_for_change, read_run_json


@dataclass(frozen=True)
class Entry:
    """A run's entry in run.json, with what `forget` needs to undo it.

    Attributes:
        place: the index in the list of runs.
        before: name of results → the identity that the run replaced, or None.
        answered_by: name of results → their first answer, where the run set them aside or changed their identity.
        asked: name of results → what they had been asked, or None.
    """

    place: int
    before: Mapping[str, Mapping[str, Any] | None]
    answered_by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asked: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)


def register(
    output_dir: Path,
    identities: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, Any],
    rerun: bool,
    models: Models | None = None,
    asked: Mapping[str, Mapping[str, Any]] | None = None,
) -> Entry:
    """Add a run to run.json.

    Args:
        output_dir: holds run.json.
        identities: {'aime24.seeds': identity, …}.
        run: the facts of the run.
        rerun: the run replaces earlier results of these names.
        models: what is known of the models beyond their names.
        asked: name of results → what they are asked.

    Raises:
        NorthstarError: without `rerun`, the folder holds results of the same name with another identity.
    """
    with open_for_change(output_dir) as stored:
        results: dict[str, Any] = stored.setdefault("results", {})
        if not rerun:
            identities = {name: _as_graded_there(name, results, mine) for name, mine in identities.items()}
        before = {name: results.get(name) for name, mine in identities.items() if results.get(name) != mine}
        known = stored.get("answered_by", {})
        answered_by = {name: dict(known[name]) for name in identities if name in known and (rerun or name in before)}
        for name, mine in identities.items():
            there = results.get(name, {}) if not rerun else {}
            if there:
                _check_same(output_dir, name, there, mine, stored, models)
                if there.get("model") != mine.get(
                    "model"
                ):  # the same files at another path, which the answers give as their model
                    known.get(name, {}).pop("model", None)
            elif rerun:
                known.pop(name, None)
            results[name] = differences.merge_identities(there, mine)
        asked_before = {name: stored.get("asked", {}).get(name) for name in asked or {}}
        stored.setdefault("asked", {}).update(asked or {})
        stored["models"] = _contents(stored, models)
        _forget_contents(stored, but=[each for each in before.values() if each])
        stored.setdefault("runs", []).append({**run, "results": sorted(identities)})
        return Entry(len(stored["runs"]) - 1, before, answered_by, asked_before)


def forget(output_dir: Path, entry: Entry) -> None:
    """Undo `register` for a run that made no result, except for names with results of other runs."""
    with open_for_change(output_dir) as stored:
        runs = list(enumerate(stored["runs"]))
        for name, before in entry.before.items():
            first = 0 if before is None else entry.place  # the results of earlier runs were set aside
            others = (run for number, run in runs[first:] if number != entry.place)
            if any(_holds_results(run) and name in run.get("results", ()) for run in others):
                continue
            stored.get("answered_by", {}).pop(name, None)
            _put_back(stored["results"], name, before)
            _put_back(stored.setdefault("asked", {}), name, entry.asked.get(name))
        for name, first_origin in entry.answered_by.items():
            stored.setdefault("answered_by", {}).setdefault(name, first_origin)
        _forget_contents(stored)


def _put_back(stored: dict[str, Any], name: str, before: Any) -> None:
    """Restore a value; None removes it."""
    if before is None:
        stored.pop(name, None)
    else:
        stored[name] = before


def _has_paths(value: Any) -> bool:
    return any(str(each).startswith("/") for each in (value if isinstance(value, list) else [value]))


def add_description(
    output_dir: Path, names: Iterable[str], description: Mapping[str, Any], *, started_by_others: bool = False
) -> list[str]:
    """Check a server's description of its model against the stored one, and store it; called before anything is asked.

    A description is not used where the model's files are known and this run started the server. Where others did,
    perhaps with another quantization or length, all of it but paths is used.

    Args:
        output_dir: holds run.json.
        names: the names of the results that the server's model makes.
        description: what the server says of its model.
        started_by_others: whether the server runs at an address.

    Returns:
        The changes that do not mean another model, a line each.

    Raises:
        NorthstarError: the description is of another model.
    """
    described = {f"{differences.DESCRIPTION}{key}": value for key, value in description.items()}
    beside_files = {key: value for key, value in described.items() if not _has_paths(value)}
    changes: list[str] = []
    if not described:
        return changes
    with open_for_change(output_dir) as stored:
        for name in names:
            there = stored.get("results", {}).get(name)
            if there is None:
                continue
            by_content = differences.is_known_by_content(there)
            if started_by_others or not by_content:
                counted = beside_files if by_content else described
                mine = {
                    key: value for key, value in there.items() if not key.startswith(differences.DESCRIPTION)
                } | counted
                _check_same(output_dir, name, there, mine, stored, None)
                changes += differences.changed_descriptions(there, mine)
                stored["results"][name] = there | differences.merge_descriptions(there, counted)
    return list(dict.fromkeys(changes))


def settle_neutral(output_dir: Path, names: Iterable[str], neutral: bool) -> None:
    """Store for results whether their requests carry neutral sampling, once the server has told its kind.

    Raises:
        NorthstarError: earlier answers were asked for in the other way.
    """
    with open_for_change(output_dir) as stored:
        for name in names:
            there = stored.get("results", {}).get(name)
            if there is None:
                continue
            mine = differences.with_neutral(there, differences.NEUTRAL_STORED[neutral])
            _check_same(output_dir, name, there, mine, stored, None)
            stored["results"][name] = mine


def _holds_results(run: Mapping[str, Any]) -> bool:
    """Whether a run made results, or may still make some."""
    counts = (run, *run.get("judges", {}).values())
    return run.get("ending") in (None, "done") or any(each.get("generated") for each in counts)


def knows(output_dir: Path, name: str) -> bool:
    """Whether run.json has the identity of results of this name."""
    return name in read_run_json(output_dir / RUN_JSON).get("results", {})


def described(output_dir: Path | None, name: str) -> Mapping[str, Any]:
    """The stored `identity` of results; empty if run.json has none or there is no output folder."""
    return _stored(output_dir, "results", name)


def rows_asked(output_dir: Path | None, name: str) -> int | None:
    """How many rows complete results have; None if run.json does not say."""
    rows = described(output_dir, name).get("rows")
    return rows if isinstance(rows, int) else None


def first_answered_by(output_dir: Path | None, name: str) -> Mapping[str, Any]:
    """The `model` and `system_fingerprint` of the first answer of these results; empty if it had none."""
    return _stored(output_dir, "answered_by", name)


def _stored(output_dir: Path | None, of: str, name: str) -> Mapping[str, Any]:
    by_name: Mapping[str, Any] = {} if output_dir is None else read_run_json(output_dir / RUN_JSON).get(of, {})
    stored: Mapping[str, Any] = by_name.get(name, {})
    return stored


def note_first_answer(output_dir: Path, name: str, origin: Mapping[str, str]) -> Mapping[str, Any]:
    """Store the origin of these results' first answer, where no earlier one is stored; returns the stored origin."""
    with open_for_change(output_dir) as stored:
        known = stored.setdefault("answered_by", {}).setdefault(name, {})
        for field, value in origin.items():
            known.setdefault(field, value)
        return dict(known)


def check(output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None) -> None:
    """Raise NorthstarError where `register` would, without `rerun`."""
    stored = read_run_json(output_dir / RUN_JSON)
    for name, there, mine in _both(stored, identities):
        _check_same(output_dir, name, there, mine, stored, models)


def changed(output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None) -> set[str]:
    """The names of results whose stored identity differs."""
    return set(differing(output_dir, identities, models))


def differing(
    output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None
) -> dict[str, list[str]]:
    """The names of results whose stored identity differs, each with its differences, a line each."""
    stored = read_run_json(output_dir / RUN_JSON)
    found = {name: _differences(there, mine, stored, models) for name, there, mine in _both(stored, identities)}
    return {name: lines for name, lines in found.items() if lines}


def grown(
    output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None
) -> dict[str, int]:
    """The names of results that have fewer rows than are asked now and differ in nothing else → how many they have."""
    stored = read_run_json(output_dir / RUN_JSON)
    return {
        name: there["rows"]
        for name, there, mine in _both(stored, identities)
        if differences.grows(there, mine, _differences(there, mine, stored, models))
    }


def _both(
    stored: Mapping[str, Any], identities: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    results = stored.get("results", {})
    for name, mine in identities.items():
        if name in results:
            yield name, results[name], _as_graded_there(name, results, mine)


def _as_graded_there(name: str, results: Mapping[str, Any], mine: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an identity with the version of the grader there, unless it is a regrading: that is of one version."""
    return mine if name not in results or REGRADED_AS in name else differences.as_graded_there(results[name], mine)


def update_run(output_dir: Path, place: int, facts: Mapping[str, Any]) -> None:
    """Add facts to the run at index `place`."""
    with open_for_change(output_dir) as stored:
        stored["runs"][place].update(facts)


def _differences(
    there: Mapping[str, Any], mine: Mapping[str, Any], stored: Mapping[str, Any], models: Models | None
) -> list[str]:
    return differences.differences(there, mine, _contents(stored, models), models.written if models else None)


def _check_same(
    output_dir: Path,
    name: str,
    there: Mapping[str, Any],
    mine: Mapping[str, Any],
    stored: Mapping[str, Any],
    models: Models | None,
) -> None:
    """Raise NorthstarError with all differences, if there are any."""
    lines = _differences(there, mine, stored, models)
    if lines and not differences.grows(there, mine, lines):
        shown = "".join(f"\n  {line}" for line in lines)
        benchmark = name.rsplit(".", 1)[0]
        as_before = differences.ask_as_before(lines, judged=JUDGED_BY in name)
        regrading = differences.regrading_remedy(output_dir, benchmark, there, mine, lines)
        raise NorthstarError(
            f"{output_dir} holds results of {benchmark} that were made differently:{shown}\n"
            f"{as_before}{regrading or differences.remedy(benchmark, there, mine, lines)}"
        )


def _contents(stored: Mapping[str, Any], models: Models | None) -> dict[str, Any]:
    """The hash of each known model → its files."""
    return {**stored.get("models", {}), **(models.contents if models else {})}


def _forget_contents(stored: dict[str, Any], but: Sequence[Mapping[str, Any]] = ()) -> None:
    """Remove the file lists of models without results. but: identities that `forget` may restore."""
    known = (*stored["results"].values(), *but)
    kept = {str(each.get(key)) for each in known for key in (differences.MODEL, differences.NAMED)}
    stored["models"] = {key: files for key, files in stored.get("models", {}).items() if key in kept}
