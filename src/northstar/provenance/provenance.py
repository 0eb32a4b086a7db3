"""run.json: what made the results of an output folder, and the check that a resume doesn't mix two kinds of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from northstar.benchmarks.loading import LoadedBenchmark
from northstar.config.plan import ServerPlan
from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.models.identity.content import digest
from northstar.models.identity.identified import Identified
from northstar.prompts.prompt import Prompt
from northstar.provenance import differences
from northstar.provenance.identified import Models, name_of
from northstar.results.layout import RUN_JSON
from northstar.results.run_json import open_for_change, read_run_json
from northstar.servers.server import find_server_type

JUDGED_BY = " judged by "


def identity(
    loaded: LoadedBenchmark, seed: int | None, server: ServerPlan, model: Identified | None = None
) -> dict[str, Any]:
    """All that may change a result of `loaded`, flat: {'model': …, 'inference.temperature': …, …}."""
    rows = {"split": loaded.plan.split, "data_sha256": loaded.rows.sha256, "rows": len(loaded.rows)}
    asked = model_identity(server, loaded.prompt, loaded.plan.settings, seed, model)
    if loaded.benchmark.tools:
        settings = loaded.plan.settings
        asked |= {"use_client_parsing": settings.use_client_parsing, "tool_parser": settings.tool_parser or ""}
    return rows | asked | _flat({"grader": loaded.grader.identity()})


def model_identity(
    server: ServerPlan, prompt: Prompt, settings: EvalSettings, seed: int | None, model: Identified | None = None
) -> dict[str, Any]:
    """All that may change what a model, or a judge, answers, flat. model: what tells it from others of its name."""
    inference = settings.inference.values() | {"temperature": settings.inference.temperature_for(seed)}
    if settings.inference.endpoint_type == "chat":  # as it always was
        del inference["endpoint_type"]
    return _flat(
        {
            "model": name_of(server),
            **_known_by(model or Identified()),
            "server": find_server_type(server.type).identity(server),
            "prompt": prompt.name,
            "prompt_sha256": prompt.sha256,
            "system_message": settings.system_message,
            "parse_reasoning": settings.parse_reasoning,
            "end_reasoning_string": settings.end_reasoning_string,
            "inference": inference,
            "chat_template_kwargs": settings.chat_template_kwargs,
            "context_overflow": None if settings.context_overflow == "fail" else settings.context_overflow,
        }
    )


def _known_by(model: Identified) -> dict[str, Any]:
    return {
        differences.MODEL: digest(model.files) if model.files else None,
        differences.COMMIT: model.commit,
        differences.NAMED: digest(model.named_files) if model.named_files else None,
        **{differences.but_paths(name): text for name, text in model.words.items()},
    }


def kind_of(seed: int | None) -> str:
    """Results of the greedy generation and of seeds differ in temperature, and lie beside each other."""
    return "greedy" if seed is None else "seeds"


@dataclass(frozen=True)
class Entry:
    """A run's entry in run.json. place: in the list of runs. before: name → the identity that it replaced, or None.

    answered_by: name → who answered the results first that it sets aside, or goes on with by another identity.
    """

    place: int
    before: Mapping[str, Mapping[str, Any] | None]
    answered_by: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def results_name(benchmark: str, seed: int | None, judge: str = "") -> str:
    """What run.json calls results: 'aime24.seeds', or 'aime24.seeds judged by <model>' for those of a judge."""
    return f"{benchmark}.{kind_of(seed)}" + (f"{JUDGED_BY}{judge}" if judge else "")


def register(
    output_dir: Path,
    identities: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, Any],
    rerun: bool,
    models: Models | None = None,
) -> Entry:
    """Add this run to run.json.

    identities: {'aime24.seeds': identity, …}. Raises NorthstarError, with the difference shown, when the folder holds
    results of the same name that were made otherwise, unless `rerun`.
    """
    with open_for_change(output_dir) as held:
        results: dict[str, Any] = held.setdefault("results", {})
        before = {name: results.get(name) for name, mine in identities.items() if results.get(name) != mine}
        known = held.get("answered_by", {})
        answered_by = {name: dict(known[name]) for name in identities if name in known and (rerun or name in before)}
        for name, mine in identities.items():
            there = results.get(name, {}) if not rerun else {}
            if there:
                _check_same(output_dir, name, there, mine, held, models)
                if there.get("model") != mine.get("model"):  # the same files, but answers are signed by their path
                    known.get(name, {}).pop("model", None)
            elif rerun:
                known.pop(name, None)
            results[name] = differences.joined(there, mine)
        held["models"] = _contents(held, models)
        _forget_contents(held, but=[each for each in before.values() if each])
        held.setdefault("runs", []).append({**run, "results": sorted(identities)})
        return Entry(len(held["runs"]) - 1, before, answered_by)


def forget(output_dir: Path, entry: Entry) -> None:
    """Undo in run.json what a run noted that made no result, but for names that other runs made or work on since."""
    with open_for_change(output_dir) as held:
        runs = list(enumerate(held["runs"]))
        for name, before in entry.before.items():
            first = 0 if before is None else entry.place  # results that were set aside are those of earlier runs
            others = (run for number, run in runs[first:] if number != entry.place)
            if any(_holds_results(run) and name in run.get("results", ()) for run in others):
                continue
            held.get("answered_by", {}).pop(name, None)
            if before is None:
                held["results"].pop(name, None)
            else:
                held["results"][name] = before
        for name, first_origin in entry.answered_by.items():
            held.setdefault("answered_by", {}).setdefault(name, first_origin)
        _forget_contents(held)


def _has_paths(said: Any) -> bool:
    return any(str(each).startswith("/") for each in (said if isinstance(said, list) else [said]))


def hear(
    output_dir: Path, names: Iterable[str], said: Mapping[str, Any], *, started_by_others: bool = False
) -> list[str]:
    """Note what a server says of the model that makes the results of these names, before anything is asked of it.

    It counts where the model is known by nothing else; and all but paths where its files are known, but others started
    the server, perhaps with another quantization or length. Returns what it says otherwise than before that makes no
    other model of it. Raises NorthstarError where it does.
    """
    heard = {f"{differences.SAID}{key}": value for key, value in said.items()}
    beside_files = {key: value for key, value in heard.items() if not _has_paths(value)}
    otherwise: list[str] = []
    if not heard:
        return otherwise
    with open_for_change(output_dir) as held:
        for name in names:
            there = held.get("results", {}).get(name)
            if there is None:
                continue
            by_content = differences.is_known_by_content(there)
            if started_by_others or not by_content:
                counted = beside_files if by_content else heard
                mine = {key: value for key, value in there.items() if not key.startswith(differences.SAID)} | counted
                _check_same(output_dir, name, there, mine, held, None)
                otherwise += differences.said_otherwise(there, mine)
                held["results"][name] = there | differences.all_said(there, counted)
    return list(dict.fromkeys(otherwise))


def _holds_results(run: Mapping[str, Any]) -> bool:
    """Whether a run made some, or may still."""
    counts = (run, *run.get("judges", {}).values())
    return run.get("ending") in (None, "done") or any(each.get("generated") for each in counts)


def knows(output_dir: Path, name: str) -> bool:
    """Whether run.json says how results of this name were made."""
    return name in read_run_json(output_dir / RUN_JSON).get("results", {})


def described(output_dir: Path | None, name: str) -> Mapping[str, Any]:
    """How results of this name were made: their `identity`. Empty where run.json doesn't say, or they are of no run."""
    return _said(output_dir, "results", name)


def rows_asked(output_dir: Path | None, name: str) -> int | None:
    """How many rows results of this name have when they are whole; None where run.json doesn't say."""
    rows = described(output_dir, name).get("rows")
    return rows if isinstance(rows, int) else None


def first_answered_by(output_dir: Path | None, name: str) -> Mapping[str, Any]:
    """The `model` and `system_fingerprint` that the first answer of these results had; empty where none had any."""
    return _said(output_dir, "answered_by", name)


def _said(output_dir: Path | None, of: str, name: str) -> Mapping[str, Any]:
    held: Mapping[str, Any] = {} if output_dir is None else read_run_json(output_dir / RUN_JSON).get(of, {})
    said: Mapping[str, Any] = held.get(name, {})
    return said


def note_first_answer(output_dir: Path, name: str, origin: Mapping[str, str]) -> Mapping[str, Any]:
    """Keep what answered these results first, where nothing is known of it yet, and give what is."""
    with open_for_change(output_dir) as held:
        known = held.setdefault("answered_by", {}).setdefault(name, {})
        for field, value in origin.items():
            known.setdefault(field, value)
        return dict(known)


def check(output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None) -> None:
    """Raises NorthstarError where `register` would."""
    held = read_run_json(output_dir / RUN_JSON)
    for name, there, mine in _both(held, identities):
        _check_same(output_dir, name, there, mine, held, models)


def changed(output_dir: Path, identities: Mapping[str, Mapping[str, Any]], models: Models | None = None) -> set[str]:
    """The names whose results there were made otherwise."""
    held = read_run_json(output_dir / RUN_JSON)
    return {name for name, there, mine in _both(held, identities) if _differences(there, mine, held, models)}


def is_unfinished(output_dir: Path, plan: Mapping[str, Any]) -> bool:
    """Whether a --rerun_done of this plan was begun, and neither it nor a run without the option got to its end."""
    begun = False
    for run in read_run_json(output_dir / RUN_JSON).get("runs", []):
        asked = run.get("plan") or {}
        if {**asked, "rerun_done": True} == {**plan, "rerun_done": True} and not run.get("put_back"):
            begun = run.get("ending") != "done" and (begun or bool(asked.get("rerun_done")))
    return begun


def _both(
    held: Mapping[str, Any], identities: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    results = held.get("results", {})
    for name, mine in identities.items():
        if name in results:
            yield name, results[name], mine


def update_run(output_dir: Path, place: int, facts: Mapping[str, Any]) -> None:
    """Add facts to the run at `place`: how it ended, what the server was."""
    with open_for_change(output_dir) as held:
        held["runs"][place].update(facts)


def _flat(parts: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in parts.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        elif value is not None:
            flat[prefix + key] = value
    return flat


def _differences(
    there: Mapping[str, Any], mine: Mapping[str, Any], held: Mapping[str, Any], models: Models | None
) -> list[str]:
    return differences.differences(there, mine, _contents(held, models), models.written if models else None)


def _check_same(
    output_dir: Path,
    name: str,
    there: Mapping[str, Any],
    mine: Mapping[str, Any],
    held: Mapping[str, Any],
    models: Models | None,
) -> None:
    """Raises NorthstarError, with what differs."""
    if lines := _differences(there, mine, held, models):
        shown = "".join(f"\n  {line}" for line in lines)
        raise NorthstarError(
            f"{output_dir} holds results of {name.rsplit('.', 1)[0]} that were made otherwise:{shown}\n"
            "Choose another --output_dir, or --rerun_done to set those results aside and ask again."
        )


def _contents(held: Mapping[str, Any], models: Models | None) -> dict[str, Any]:
    """The files of all models that are known, by the hash of the whole."""
    return {**held.get("models", {}), **(models.contents if models else {})}


def _forget_contents(held: dict[str, Any], but: Sequence[Mapping[str, Any]] = ()) -> None:
    """Of models that no results are of any more. but: identities that may come back."""
    known = (*held["results"].values(), *but)
    kept = {str(each.get(key)) for each in known for key in (differences.MODEL, differences.NAMED)}
    held["models"] = {key: files for key, files in held.get("models", {}).items() if key in kept}
