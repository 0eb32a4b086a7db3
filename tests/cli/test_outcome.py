"""What is printed when jobs were submitted."""

from __future__ import annotations

import pytest

from northstar.cli.outcome import watch_argv
from northstar.config.options.cluster import ClusterOptions


def test_the_words_to_watch_hold_the_config_dir_of_the_machine_that_they_are_typed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NORTHSTAR_TYPED_CONFIG_DIR", "my configs")  # as the command that came by ssh has it
    assert watch_argv("/workspace/out", ClusterOptions(cluster="lab")) == [
        "/workspace/out",
        "--cluster=lab",
        "--config_dir=my configs",
    ]
