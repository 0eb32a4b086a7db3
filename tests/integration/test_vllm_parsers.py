"""The recorded readings of vLLM's tool parsers are those of the real ones. See tests/models/tool_parsers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.tool_parsers.vllm_readings import read_by, recorded


@pytest.mark.real_vllm
def test_vllms_parsers_read_what_was_recorded(vllm: Path) -> None:
    assert read_by(vllm) == recorded()
