"""The Python API: what it takes, and what it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import northstar


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"max_samples": 1}, "'max_samples'. It is a setting: overrides={'max_samples': 1}."),
        ({"temperature": 0.5}, "'temperature'. It is a setting: overrides={'inference': {'temperature': 0.5}}."),
        ({"workers": 2}, "'workers'. It is a setting: overrides={'sandbox': {'workers': 2}}."),
        ({"modle": "m"}, "'modle'. Did you mean model?"),
    ],
)
def test_an_option_that_it_lacks_is_told_where_it_belongs(tmp_path: Path, option: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError) as error:
        northstar.evaluate("smoke", output_dir=tmp_path, **option)
    assert str(error.value) == f"evaluate has no option {said}"
