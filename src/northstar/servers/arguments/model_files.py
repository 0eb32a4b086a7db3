"""What a server that is started will read: the model's files, those that its arguments name, or a commit on the hub."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from northstar.config.plan import ServerPlan
from northstar.models.generation_config import recommended_sampling
from northstar.models.identity.content import content_of
from northstar.models.identity.hub_commit import commit_of, snapshot_of
from northstar.models.identity.identified import Identified
from northstar.servers.arguments.arguments import has_any, server_words, value_of
from northstar.servers.arguments.paths_in import PathsIn


def identify(plan: ServerPlan, words: Mapping[str, Sequence[str]], path: Path | None, *, on_hub: bool) -> Identified:
    """words: of the arguments that can change an answer, and of the entrypoint. path: of the model's files, if it is a
    path. on_hub: whether another name is one of the hub's.
    """
    try:
        content = {} if path is None else content_of(path)
        paths = PathsIn(plan, content)
        texts = {name: paths.without(each) for name, each in words.items()}
    except OSError as error:
        return Identified(why_not=f"{error.filename or plan.model}: {error.strerror or error}")
    commit = _commit(plan, plan.model) if path is None and on_hub and plan.model else None
    return Identified(
        files=content,
        commit=commit,
        words={name: text for name, text in texts.items() if text != shlex.join(words[name])},
        named_files=paths.hashes,
        why_not="" if content or commit else _why_not(plan, path, on_hub),
    )


def pinned(plan: ServerPlan) -> ServerPlan:
    """Return the plan with the commit that a model of the hub has now, so that the server loads what run.json names.

    A commit that the arguments name stays theirs, and so does what an entrypoint of the user's makes of them.
    """
    words = server_words(plan)
    elsewhere = any(os.environ.get(name, "").lower() in ("1", "true") for name in _MODELSCOPE)
    if not plan.model or plan.entrypoint or elsewhere or has_any(words, *_REVISION) or path_of_model(plan) is not None:
        return plan
    return plan.model_copy(update={"revision": plan.revision or _commit(plan, plan.model)})


_REVISION = ("--revision", "--hf-revision")
_MODELSCOPE = ("VLLM_USE_MODELSCOPE", "SGLANG_USE_MODELSCOPE")
"""Set, the server takes names as those of another hub, with other commits."""


def path_of_model(plan: ServerPlan) -> Path | None:
    """Where this process finds the model's files; None where its name is none of a folder or file here."""
    if not plan.model:
        return None
    path = Path(plan.seen(plan.model)).expanduser()
    return path if path.exists() else None


def recommended_by_model(plan: ServerPlan) -> Mapping[str, float]:
    """Return the sampling that the generation_config of a server's model recommends, where this machine has the file.

    Empty where the server was told to sample otherwise.
    """
    words = server_words(plan)
    if not plan.model or has_any(words, *_OTHER_SAMPLING):
        return {}
    path = path_of_model(plan) or snapshot_of(plan.model, *_place(plan))
    return recommended_sampling(str(path)) if path is not None and path.is_dir() else {}


_OTHER_SAMPLING = ("--generation-config", "--override-generation-config", "--sampling-defaults")


def _why_not(plan: ServerPlan, path: Path | None, on_hub: bool) -> str:
    if path is not None:
        return f"{path} holds no file of a model that is known"
    if on_hub and plan.model and not plan.model.startswith(("/", ".", "~")):
        return f"neither the hub nor its cache here tells the commit of {plan.model}"
    if plan.model and plan.model.startswith(("/", ".", "~")):
        return f"there is no {plan.model} where the worker runs"
    return ""


def _commit(plan: ServerPlan, model: str) -> str | None:
    return commit_of(model, *_place(plan))


def _place(plan: ServerPlan) -> tuple[str | None, Path | None]:
    """Return the revision of a hub model, and the folder of downloads, where the server's arguments name them."""
    words = server_words(plan)
    folder = value_of(words, "--download-dir")
    revision = value_of(words, *_REVISION) or plan.revision
    return revision or None, Path(plan.seen(folder)) if folder else None
