"""Which GGUF file of a repository is meant."""

from __future__ import annotations

import pytest

from northstar.core.errors import UsageError
from northstar.models.hub.gguf import GgufName, files_meant

ONE = ("README.md", "m-Q4_K_M.gguf", "mmproj-m-f16.gguf")
SEVERAL = ("m-Q4_K_M.gguf", "m-Q8_0.gguf", "big/m-BF16-00001-of-00002.gguf", "big/m-BF16-00002-of-00002.gguf")


def test_the_only_model_is_meant_where_none_is_named() -> None:
    assert files_meant(GgufName("o/m"), ONE, "--model") == ("m-Q4_K_M.gguf",)


def test_of_several_one_must_be_named_and_all_are_listed() -> None:
    with pytest.raises(UsageError, match=r"--model: o/m has several .*o/m:big/m-BF16-0.*m-Q4_K_M\.gguf, m-Q8_0\.gguf"):
        files_meant(GgufName("o/m"), SEVERAL, "--model")


@pytest.mark.parametrize("named", ["m-Q8_0.gguf", "Q8_0", "q8_0"])
def test_a_file_is_named_whole_or_by_its_quantization(named: str) -> None:
    assert files_meant(GgufName("o/m", named), SEVERAL, "--model") == ("m-Q8_0.gguf",)


@pytest.mark.parametrize("named", ["big/m-BF16-00001-of-00002.gguf", "big/m-BF16-00002-of-00002.gguf", "BF16"])
def test_all_parts_of_a_split_model_are_taken_by_any_of_them(named: str) -> None:
    assert files_meant(GgufName("o/m", named), SEVERAL, "--model") == SEVERAL[2:]


def test_a_split_model_that_lacks_a_part_is_none() -> None:
    with pytest.raises(UsageError, match="o/m has no GGUF file;"):
        files_meant(GgufName("o/m"), ("m-00001-of-00003.gguf", "m-00003-of-00003.gguf"), "--model")


def test_a_mistyped_file_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"has no GGUF file m-Q8\.gguf\. Did you mean .*m-Q8_0\.gguf"):
        files_meant(GgufName("o/m", "m-Q8.gguf"), SEVERAL, "--model")


def test_a_repository_without_gguf_files_is_said() -> None:
    with pytest.raises(UsageError, match=r"o/m has no GGUF file; llamacpp runs nothing else"):
        files_meant(GgufName("o/m"), ("model.safetensors",), "--model")
