"""The commit of a model on the hub, as a server would get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from northstar.models.identity import hub_commit
from northstar.models.identity.hub_commit import commit_of

ONE, OTHER = "1" * 40, "2" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that knows main and v1 of org/model, and no hub."""
    refs = tmp_path / "hub" / "models--org--model" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text(ONE)
    (refs / "v1").write_text(OTHER + "\n")
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr(hub_commit, "_asked", lambda *_: None)
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("revision", "commit"), [(None, ONE), ("main", ONE), ("v1", OTHER), (OTHER, OTHER), ("gone", None)]
)
@pytest.mark.usefixtures("cache")
def test_a_branch_is_as_the_cache_has_noted_it(revision: str | None, commit: str | None) -> None:
    assert commit_of("org/model", revision) == commit


@pytest.mark.parametrize("name", ["org/other", "/models/m", "../m", "org/model/..", "a/b/c", "", "org/model:Q4"])
@pytest.mark.usefixtures("cache")
def test_what_nobody_knows_has_none(name: str) -> None:
    assert commit_of(name) is None


@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])
def test_the_cache_is_where_the_hubs_own_client_has_it(
    cache: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", "/nowhere")
    assert commit_of("org/model") is None
    monkeypatch.setenv(variable, str(cache))
    assert commit_of("org/model") == ONE


@pytest.mark.usefixtures("cache")
def test_what_the_hub_says_now_is_newer_than_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_commit, "_asked", lambda *_: OTHER)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert commit_of("org/model") == OTHER
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert commit_of("org/model") == ONE
