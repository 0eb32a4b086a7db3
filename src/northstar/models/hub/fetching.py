"""Finds a GGUF model of the hub at a commit, here or there, and fetches what is missing here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from northstar.core.download.hub import HubPlace, Unreachable, digest_of_file, explained, has_etag, storage_host
from northstar.core.errors import NorthstarError, UsageError
from northstar.core.text import counted, size_in_words
from northstar.models.hub.gguf import GgufName, files_meant
from northstar.models.identity.hub_commit import snapshot_of

ASKED_SECONDS = 20.0
OTHERWISE = "copy the file from a machine that has it and let --model name it"


@dataclass(frozen=True)
class HubModel:
    """A GGUF model at a commit.

    Attributes:
        files: All parts of it.
        missing: Those that are not in the cache.
        size: Bytes of those that are missing; None if the hub didn't say.
        of_main: Whether the hub's main branch is at that commit now.
    """

    repo: str
    commit: str
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    size: int | None = None
    of_main: bool = False

    @property
    def name(self) -> str:
        return f"{self.repo}:{self.files[0]}"

    @property
    def what_is_missing(self) -> str:
        """What is still to be fetched, for messages."""
        several = f" ({counted(len(self.missing), 'file')})" if len(self.files) > 1 else ""
        return f"{self.name}{several}, {size_in_words(self.size)}, at commit {self.commit[:12]}"


def find_model(name: GgufName, commit: str | None, option: str) -> HubModel:
    """Return the model at a commit, or at the one that the hub's main branch has now.

    Asks nobody where the commit is known and all its files are in the cache. Where the hub cannot be reached, takes
    what the cache has as its main branch.

    Args:
        name: As the user wrote it.
        commit: The commit, where it is decided.
        option: The option that names the model, for messages.

    Raises:
        UsageError: The repository has no such file, or more than one.
        NorthstarError: Neither the hub nor the cache has it.
    """
    from huggingface_hub import HfApi, constants

    if commit is not None and name.file is not None and (cached := _in_cache(name, commit, option)) is not None:
        return cached
    place = _place(name.repo, commit or "main")
    try:
        with explained(place, constants.ENDPOINT):
            info = HfApi().model_info(name.repo, revision=commit, files_metadata=True, timeout=ASKED_SECONDS)
    except Unreachable:
        if (cached := _in_cache(name, commit, option)) is None:
            raise
        return cached
    sizes = {each.rfilename: each.size for each in info.siblings or ()}
    if info.sha is None:
        raise NorthstarError(f"{constants.ENDPOINT} does not say at which commit the model {name.repo} is.")
    files = files_meant(name, sizes, option)
    missing = tuple(file for file in files if cached_file(name.repo, file, info.sha) is None)
    known = [size for file in missing if (size := sizes[file]) is not None]
    size = sum(known) if len(known) == len(missing) else None
    return HubModel(name.repo, info.sha, files, missing, size, of_main=commit is None)


def fetch_model(model: HubModel, say: Callable[[str], None]) -> None:
    """Fetch the files that are missing into the hub's cache, and check each. Raises NorthstarError."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url

    if not model.missing:
        return
    say(f"fetching {model.what_is_missing}, to {constants.HF_HUB_CACHE}")
    for file in model.missing:
        place = _place(model.repo, model.commit, file)
        with explained(place, constants.ENDPOINT):
            metadata = get_hf_file_metadata(hf_hub_url(model.repo, file, revision=model.commit))
        with explained(place, storage_host(metadata.location, constants.ENDPOINT)):
            path = Path(hf_hub_download(model.repo, file, revision=model.commit))
        if not has_etag(path, metadata.etag, digest_of_file(path, hashlib.sha256())):
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise NorthstarError(f"{place.where} has the wrong checksum: the download was damaged. Try again.")
    if model.of_main:
        _note_main(model)


def _note_main(model: HubModel) -> None:
    """Note in the cache, as huggingface_hub does for a branch, where main is: a run without a network asks for it."""
    folder = snapshot_of(model.repo, model.commit)
    if folder is not None:
        with suppress(OSError):  # the run at hand has what it needs
            refs = folder.parents[1] / "refs"
            refs.mkdir(exist_ok=True)
            (refs / "main").write_text(model.commit)


def cached_file(repo: str, file: str, commit: str) -> Path | None:
    """Return a file in the hub's cache, if it is there; asks nobody."""
    folder = snapshot_of(repo, commit)
    path = None if folder is None else folder / file
    return path if path is not None and path.is_file() else None


def _in_cache(name: GgufName, commit: str | None, option: str) -> HubModel | None:
    """Return what the cache has of it, at the commit or as the main branch; None unless that is the whole model."""
    folder = snapshot_of(name.repo, commit)
    if folder is None:
        return None
    there = [file.relative_to(folder).as_posix() for file in folder.rglob("*.gguf") if file.is_file()]
    if not there:
        return None
    try:
        files = files_meant(name, there, option, told="in the hub's cache here")
    except UsageError:
        if name.file is None and commit is None:
            raise
        return None
    return HubModel(name.repo, folder.name, files)


def _place(repo: str, revision: str, file: str = "") -> HubPlace:
    return HubPlace("model", repo, revision, file, OTHERWISE)
