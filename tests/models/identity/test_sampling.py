"""Of large files some places are read: no kind of tensor is left out, and none that is there once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from northstar.models.identity import sampling
from northstar.models.identity.sampling import sample
from northstar.models.identity.tensors import Span

SIZE = 16 * 1024


def write(file: Path, names: list[str]) -> dict[str, int]:
    """A file of equal tensors that are all zero, and take no room; where each begins."""
    offsets = {name: number * SIZE for number, name in enumerate(names)}
    head = json.dumps({name: {"data_offsets": [begin, begin + SIZE]} for name, begin in offsets.items()}).encode()
    file.write_bytes(len(head).to_bytes(8, "little") + head)
    start = 8 + len(head)
    os.truncate(file, start + len(names) * SIZE)
    return {name: start + begin for name, begin in offsets.items()}


def hashed(*files: Path) -> dict[str, str]:
    return sample({file.name: (file, file.stat().st_size) for file in files})


def overwrite(file: Path, begin: int, length: int = SIZE) -> None:
    with file.open("r+b") as opened:
        opened.seek(begin)
        opened.write(b"\1" * length)


@pytest.mark.parametrize("number", [0, 17, 4000, 7998, 7999])
def test_each_of_eight_thousand_tensors_counts(tmp_path: Path, number: int) -> None:
    file = tmp_path / "m.safetensors"
    places = write(file, [f"layers.{one}.weight" for one in range(8000)])
    before = hashed(file)
    overwrite(file, places[f"layers.{number}.weight"])
    assert hashed(file) != before


@pytest.mark.parametrize("name", ["embed_tokens", "norm", "lm_head", "layers.3.norm", "layers.60.norm"])
def test_what_there_is_once_counts_beside_many_experts(tmp_path: Path, name: str) -> None:
    experts = [f"layers.{layer}.experts.{one}.up" for layer in range(61) for one in range(150)]
    norms = [f"layers.{layer}.norm" for layer in range(61)]
    file, other = tmp_path / "1.safetensors", tmp_path / "2.safetensors"
    places = write(file, [*experts, *norms, "embed_tokens", "norm", "lm_head"])
    write(other, experts)
    before = hashed(file, other)
    overwrite(file, places[name])
    assert hashed(file, other) != before


def test_every_kind_gets_its_share() -> None:
    spans = [Span("up", 0, SIZE)] * 20_000 + [Span("down", 0, SIZE)] * 20_000 + [Span("norm", 0, 64)] * 99
    counts = sampling._pieces_of(spans)
    assert (sum(counts[:20_000]), sum(counts[20_000:40_000]), sum(counts[40_000:])) == (4046, 4047, 99)


def test_kinds_without_number_cost_no_more() -> None:
    assert sum(sampling._pieces_of([Span(str(one), 0, SIZE) for one in range(50_000)])) == sampling.PIECES


def test_what_is_left_over_goes_to_large_tensors() -> None:
    counts = sampling._pieces_of([Span("small", 0, SIZE), Span("large", 0, 1000 * SIZE)])
    assert 1 <= counts[0] < 20 < 8000 < counts[1]


def test_a_tensor_of_a_hundredth_counts_in_a_file_without_a_head(tmp_path: Path) -> None:
    file = tmp_path / "m.bin"
    file.touch()
    os.truncate(file, 512 * 2**20)
    before = hashed(file)
    overwrite(file, 123_456_789, 5 * 2**20)
    assert hashed(file) != before
