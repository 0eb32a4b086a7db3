"""A model is known by what is in its files that decides an answer, not by where it lies or when it was written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from northstar.models.identity import content
from northstar.models.identity.content import MISSING, content_of, digest

SHARD = "model-00002-of-00002.safetensors"
TENSORS = 16


def write_tensors(file: Path, fill: bytes, tensor: int = 2**20) -> None:
    """A safetensors file of TENSORS equal tensors; the head is the same whatever they hold."""
    named = {
        f"layers.{number}.weight": {"dtype": "BF16", "shape": [tensor // 2], "data_offsets": [begin, begin + tensor]}
        for number, begin in enumerate(range(0, TENSORS * tensor, tensor))
    }
    head = json.dumps(named).encode()
    with file.open("wb") as opened:
        opened.write(len(head).to_bytes(8, "little") + head)
        for _ in range(TENSORS):
            opened.write(fill * tensor)


def data_begin(file: Path) -> int:
    with file.open("rb") as opened:
        return 8 + int.from_bytes(opened.read(8), "little")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "merges.txt"):
        (folder / name).write_text(f'{{"of": "{name}"}}')
    (folder / "tokenizer.model").write_bytes(b"\x0a\x05")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates/tools.jinja").write_text("{{ tools }}")
    (folder / "config.json").write_text(json.dumps({"auto_map": {"AutoModel": "modeling_own.Own"}}))
    (folder / "modeling_own.py").write_text(
        "from torch.test import zero_to_fp32\nfrom .configuration_own import (\n  Config,\n)\n"
    )
    (folder / "configuration_own.py").write_text("from .parts import layers")
    (folder / "parts").mkdir()
    (folder / "parts/layers.py").write_text("x = 1")
    (folder / "README.md").write_text("A model.")
    for name in ("model-00001-of-00002.safetensors", SHARD):
        write_tensors(folder / name, b"\0", 1024)
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": SHARD}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def changed_in(folder: Path, change: Callable[[], object]) -> set[str]:
    before = content_of(folder)
    change()
    after = content_of(folder)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "tokenizer.model",
        "merges.txt",
        "chat_template.jinja",
        "additional_chat_templates/tools.jinja",
        "modeling_own.py",
        "configuration_own.py",
        "parts/layers.py",
        "image_processor.json",
        "generation.json",
        "kv_cache_scales.json",
        "normalizer.json",
        "config.yaml",
        "chat_template.txt",
        "logits_processor.json",
        "pytorch_model.bin",
        "consolidated.safetensors",
        "model.safetensors.index.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "adapter_config.json",
        "params.json",
        "vocab.json",
        "chat_template.json",
        "hf_quant_config.json",
    ],
)
def test_what_an_engine_reads_counts(model: Path, name: str) -> None:
    assert name in changed_in(model, lambda: (model / name).write_text('{"another": 1}'))


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "README.txt", "LICENSE.txt", ".gitattributes", "requirements.txt", "run.log", ".cache.json"),
        *("trainer_state.json", "training_args.bin", "training_args.json", "optimizer.pt", "all_results.json"),
        *("eval_results.json", "train_results.json", "train_log.txt", "log.txt", "flax_model.msgpack"),
        *("test.py", "zero_to_fp32.py", "eval_script.py", "parts/test.py"),
    ],
)
def test_what_no_engine_reads_does_not(model: Path, name: str) -> None:
    assert changed_in(model, lambda: (model / name).write_text("another")) == set()


def test_a_byte_of_small_weights_counts(model: Path) -> None:
    def change() -> None:
        with (model / SHARD).open("r+b") as file:
            file.seek(-5, os.SEEK_END)
            file.write(b"\1")

    assert changed_in(model, change) == {SHARD}


def test_where_it_lies_and_when_it_was_written_do_not_count(model: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "elsewhere/copy"))
    for file in copy.rglob("*"):
        os.utime(file, (1, 1))
    linked = tmp_path / "snapshot"
    linked.mkdir()
    for file in copy.iterdir():
        (linked / file.name).symlink_to(file)
    assert content_of(model) == content_of(copy) == content_of(linked)
    assert digest(content_of(model)) == digest(content_of(copy))


def test_a_file_of_weights_that_is_gone_is_told(model: Path) -> None:
    (model / SHARD).unlink()
    assert content_of(model)[SHARD] == MISSING


def test_without_safetensors_the_others_count(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert changed_in(tmp_path, lambda: (tmp_path / "pytorch_model.bin").write_bytes(b"x")) == {"pytorch_model.bin"}


@pytest.mark.parametrize(
    "index", ["", "[]", '{"weight_map": 5}', '{"weight_map": {"a": "../../etc/passwd"}}', "[" * 9999]
)
def test_an_index_that_is_none_names_nothing(tmp_path: Path, index: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors.index.json").write_text(index)
    assert sorted(content_of(tmp_path)) == ["config.json", "model.safetensors.index.json"]


def test_a_folder_of_no_model_has_no_content(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("x")
    assert content_of(tmp_path) == {}


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    os.mkfifo(tmp_path / "tokenizer.json")
    assert list(content_of(tmp_path)) == ["config.json"]


@pytest.mark.parametrize(
    "make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(path)], ids=["pipe", "folder", "loop"]
)
def test_neither_in_the_place_of_weights(model: Path, make: Callable[[Path], None]) -> None:
    (model / SHARD).unlink()
    make(model / SHARD)
    assert content_of(model)[SHARD] == MISSING


def test_a_name_of_weights_that_no_file_can_have_is_missing(model: Path) -> None:
    index = {"weight_map": {"a": "x" * 5000, "b": "a\0b"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    assert list(content_of(model).values()).count(MISSING) == 2


@pytest.mark.parametrize(
    "auto_map", [{"AutoTokenizer": ["tok.Slow", None]}, {"AutoTokenizer": [None, "tok.Fast"]}, {"AutoModel": "tok.Own"}]
)
def test_code_that_any_config_names_counts(model: Path, auto_map: dict[str, object]) -> None:
    (model / "tokenizer_config.json").write_text(json.dumps({"auto_map": auto_map}))
    assert changed_in(model, lambda: (model / "tok.py").write_text("x")) == {"tok.py"}


@pytest.mark.parametrize("auto_map", [5, [], {"A": 5}, {"A": "org/other--tok.Own"}, {"A": "Tok"}, {"A": [["tok.Own"]]}])
def test_an_auto_map_that_names_no_file_here_counts_none(model: Path, auto_map: object) -> None:
    (model / "tokenizer_config.json").write_text(json.dumps({"auto_map": auto_map}))
    assert changed_in(model, lambda: (model / "tok.py").write_text("x")) == set()


class TestLargeWeights:
    """Of which places are read, not all."""

    @pytest.fixture(autouse=True)
    def large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(content, "READ_WHOLE", 2**20)

    @pytest.mark.parametrize("number", [0, 7, TENSORS - 1])
    def test_another_tensor_under_the_same_head_counts(self, tmp_path: Path, number: int) -> None:
        file = tmp_path / "model.safetensors"
        write_tensors(file, b"\0")

        def change() -> None:
            with file.open("r+b") as opened:
                opened.seek(data_begin(file) + number * 2**20)
                opened.write(b"\1" * 2**20)

        assert changed_in(tmp_path, change) == {"model.safetensors"}

    def test_another_head_over_the_same_tensors_counts(self, tmp_path: Path) -> None:
        file = tmp_path / "model.safetensors"
        write_tensors(file, b"\0")
        other = file.read_bytes().replace(b"layers.3", b"layers.X")
        assert changed_in(tmp_path, lambda: file.write_bytes(other)) == {"model.safetensors"}

    @pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "rank0.engine", "broken.safetensors"])
    def test_a_file_without_a_head_is_read_all_over(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(bytes(8 * 2**20))
        assert changed_in(tmp_path, lambda: (tmp_path / name).write_bytes(b"\1" * 8 * 2**20)) == {name}

    def test_the_settings_in_a_gguf_file_count_to_the_byte(self, tmp_path: Path) -> None:
        file = tmp_path / "m.gguf"
        file.write_bytes(b"GGUF" + bytes(40 * 2**20))
        before = content_of(file)
        with file.open("r+b") as opened:
            opened.seek(1_234_567)
            opened.write(b"\1")
        assert content_of(file) != before

    def test_all_parts_of_a_gguf_model_count(self, tmp_path: Path) -> None:
        for number in (1, 2):
            (tmp_path / f"m-0000{number}-of-00002.gguf").write_bytes(b"GGUF" + bytes([number]))
        first = tmp_path / "m-00001-of-00002.gguf"
        before = content_of(first)
        (tmp_path / "m-00002-of-00002.gguf").write_bytes(b"GGUF\7")
        assert {name for name, each in content_of(first).items() if before[name] != each} == {"weights, part 2"}


def test_a_hundred_gigabytes_cost_megabytes(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    for number in range(20):
        file = tmp_path / f"model-{number:05d}-of-00020.safetensors"
        write_tensors(file, b"")
        os.truncate(file, 5 * 2**30)
    before = bytes_read()
    content_of(tmp_path)
    assert bytes_read() - before < 20 * 2**20


def bytes_read() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def test_code_that_is_made_to_be_slow_to_read_is_not(model: Path) -> None:
    (model / "modeling_own.py").write_text("from .configuration_own import Config\n" + "import (\n" * 200_000)
    assert "configuration_own.py" in content_of(model)
