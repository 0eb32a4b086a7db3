"""What a server will read is identified before it starts: its model, and the files that its arguments name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from northstar.config.plan import ServerPlan
from northstar.models.identity.identified import Identified
from northstar.servers.arguments import model_files
from northstar.servers.server import find_server_type

COMMIT = "1" * 40


def identified(**options: Any) -> Identified:
    plan = ServerPlan(**{"type": "vllm"} | options)
    return find_server_type(plan.type).identify(plan)


def folder(path: Path, config: str = "{}") -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text(config)
    return path


def test_a_folder_is_known_by_its_files(tmp_path: Path) -> None:
    found = identified(model=str(folder(tmp_path / "m")))
    assert (list(found.files), found.commit, found.why_not) == (["config.json"], None, "")


def test_the_file_of_llamacpp_too(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert list(identified(type="llamacpp", model=str(tmp_path / "m.gguf")).files) == ["weights"]


def test_a_container_may_call_the_folder_otherwise(tmp_path: Path) -> None:
    folder(tmp_path / "m")
    seen = identified(model="/models/m", paths=(("/models", str(tmp_path)),))
    assert seen.files == identified(model=str(tmp_path / "m")).files != {}


def test_words_that_name_it_as_the_container_does_or_as_the_host_are_the_same(tmp_path: Path) -> None:
    folder(tmp_path / "m")
    (tmp_path / "m/t.txt").write_text("x")
    inside = identified(model="/models/m", args="--chat-template /models/m/t.txt", paths=(("/models", str(tmp_path)),))
    outside = identified(model=str(tmp_path / "m"), args=f"--chat-template {tmp_path}/m/t.txt")
    assert (inside.words, inside.named_files) == (outside.words, outside.named_files)
    assert inside.words == {"server.args": "--chat-template '{model}/t.txt'"}


@pytest.mark.parametrize("type_", ["vllm", "sglang", "trtllm"])
def test_a_name_on_the_hub_is_known_by_its_commit(type_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "commit_of", lambda name, revision, cache: f"{name} {revision} {cache}")
    assert identified(type=type_, model="org/m").commit == "org/m None None"
    assert identified(type=type_, model="org/m", args="--revision=v2").commit == "org/m v2 None"
    assert identified(type=type_, model="org/m", args="--download-dir /hub").commit == "org/m None /hub"


def test_what_cannot_be_identified_says_why_and_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "commit_of", lambda *_: None)
    assert identified(model="org/m").why_not == "neither the hub nor its cache here tells the commit of org/m"
    assert identified(model="/models/none").why_not == "there is no /models/none where the worker runs"
    assert identified(type="generic", model="mock", entrypoint="serve").why_not == ""


def test_at_an_address_the_folder_counts_and_no_arguments(tmp_path: Path) -> None:
    model = str(folder(tmp_path / "m"))
    at_an_address = {"model": model, "address": "http://h/v1"}
    files = identified(model=model).files
    assert identified(**at_an_address) == identified(**at_an_address, type="openai") == Identified(files=files)


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("--chat-template FILE", "--chat-template '{file}'"),
        ("--chat-template=FILE", "--chat-template '{file}'"),
        ("--chat_template FILE", "--chat-template '{file}'"),
        ("--tokenizer FOLDER", "--tokenizer '{file}'"),
        ("--lora-modules one=FOLDER two=FILE", "--lora-modules 'one={file}' 'two={file}'"),
        (
            """--speculative-config '{"model": "FOLDER", "n": 5}'""",
            """--speculative-config '{"model": "{file}", "n": 5}'""",
        ),
        ("--tool-parser-plugin FILE --tool-call-parser x", "--tool-parser-plugin '{file}' --tool-call-parser x"),
        ("--hf-overrides '{\"rope_theta\": 5}'", None),
        ("--log-config FILE", None),
        ("--download-dir FOLDER", None),
        ("--max-model-len 4096 --dtype auto", None),
    ],
)
def test_files_that_change_answers_are_found_in_the_arguments(tmp_path: Path, args: str, text: str | None) -> None:
    file, own = tmp_path / "a file.jinja", folder(tmp_path / "other")
    file.write_text("{{ messages }}")
    quoted = args.replace("FILE", str(file).replace(" ", r"\ ")).replace("FOLDER", str(own))
    found = identified(model=str(folder(tmp_path / "m")), args=quoted)
    assert found.words.get("server.args") == text


def test_a_changed_template_is_another_template(tmp_path: Path) -> None:
    template = tmp_path / "t.jinja"
    plan = {"model": str(folder(tmp_path / "m")), "args": f"--chat-template {template}"}
    found = []
    for text in ("one", "two"):
        template.write_text(text)
        found.append(identified(**plan).named_files["--chat-template"])
    assert found[0] != found[1]


def test_the_models_own_path_in_an_entrypoint_is_no_difference(tmp_path: Path) -> None:
    texts = {
        identified(type="generic", model=str(model), entrypoint=f"serve --model {model}").words["server.entrypoint"]
        for model in (folder(tmp_path / "a"), folder(tmp_path / "b"))
    }
    assert texts == {"serve --model '{model}'"}


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ("--lora-modules a=MODEL-lora", "--lora-modules 'a={file}'"),
        ("--lora-modules a=MODEL/lora", "--lora-modules 'a={model}/lora'"),
        ("--chat-template MODEL/own/chat.txt", "--chat-template '{model}/own/chat.txt'"),
        ("--tokenizer MODEL", "--tokenizer '{model}'"),
        ("--tokenizer MODEL/", "--tokenizer '{model}'"),
        ("""--x '{"path": "MODEL"}'""", """--x '{"path": "{model}"}'"""),
        ("--tokenizer MODEL.old", None),
        ("--tokenizer /copies/MODEL", None),
    ],
)
def test_the_models_own_path_ends_where_a_path_ends(tmp_path: Path, args: str, text: str | None) -> None:
    for name in ("m-lora", "m/lora", "m/own"):
        folder(tmp_path / name, "{}")
    (tmp_path / "m/config.json").write_text("{}")
    (tmp_path / "m/own/chat.txt").write_text("x")
    found = identified(model=str(tmp_path / "m"), args=args.replace("MODEL", str(tmp_path / "m")))
    assert found.words.get("server.args") == text


@pytest.mark.parametrize(
    ("args", "file"),
    [
        ("--lora-modules a=MODEL-lora", "m-lora/adapter_config.json"),
        ("--lora-modules a=MODEL/lora", "m/lora/adapter_config.json"),
        ("--chat-template MODEL/own/chat.txt", "m/own/chat.txt"),
    ],
)
def test_a_file_beside_or_below_the_model_counts_by_its_content(tmp_path: Path, args: str, file: str) -> None:
    folder(tmp_path / "m")
    plan = {"model": str(tmp_path / "m"), "args": args.replace("MODEL", str(tmp_path / "m"))}
    found = []
    for text in ("one", "two"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
        found.append(identified(**plan).named_files)
    assert found[0].keys() == found[1].keys()
    assert found[0] != found[1]


def test_what_is_among_the_models_files_is_not_hashed_twice(tmp_path: Path) -> None:
    model = folder(tmp_path / "m")
    (model / "chat_template.jinja").write_text("x")
    found = identified(model=str(model), args=f"--chat-template {model}/chat_template.jinja")
    assert found.named_files == {}
    assert "chat_template.jinja" in found.files


@pytest.mark.parametrize(
    ("entrypoint", "args"),
    [
        ("/bin/sh FILE", ""),
        ("FILE", ""),
        ("python3 FILE --port {port}", ""),
        ("sh -c 'exec FILE --port {port}'", ""),
        ("serve", "-c FILE"),
        ("serve", "--rules=FILE"),
        ("serve FILE", ""),
    ],
)
def test_every_file_that_a_command_of_the_users_names_counts(tmp_path: Path, entrypoint: str, args: str) -> None:
    file = tmp_path / "serve.sh"
    plan = {"type": "generic", "model": "m"} | {
        "entrypoint": entrypoint.replace("FILE", str(file)),
        "args": args.replace("FILE", str(file)),
    }
    found = []
    for text in ("exec one", "exec two"):
        file.write_text(text)
        found.append(list(identified(**plan).named_files.values()))
    assert found[0] != found[1]
    assert len(found[0]) == 1


@pytest.mark.parametrize(
    "words", ["--log-file FILE", "--ssl-keyfile=FILE", "-x 'serve > FILE'", "-x 'a --log-dir FILE'"]
)
def test_what_a_command_writes_does_not_count(tmp_path: Path, words: str) -> None:
    (tmp_path / "file").write_text("x")
    plan = {
        "type": "generic",
        "model": "m",
        "entrypoint": "serve",
        "args": words.replace("FILE", str(tmp_path / "file")),
    }
    assert identified(**plan).named_files == {}


def test_a_program_and_a_large_file_are_known_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "serve").write_bytes(b"\x7fELF")
    (tmp_path / "data.txt").write_bytes(bytes(2**20 + 1))
    (tmp_path / "bin").mkdir()
    for name in ("python3", "vllm"):
        (tmp_path / "bin" / name).write_text("#!/here/python3")
    command = f"{tmp_path}/serve {tmp_path}/bin/vllm {tmp_path}/data.txt"
    assert identified(type="generic", model="m", entrypoint=command).named_files == {}


@pytest.mark.parametrize(
    ("type_", "args"),
    [
        ("vllm", "--no-enable-prefix-caching"),
        ("vllm", "--enable-prefix-caching"),
        ("vllm", "--disable-uvicorn-access-log"),
        ("vllm", "--served-model-name one two"),
        ("vllm", "--download-dir /hub"),
        ("vllm", "--enable_log_requests --max-log-len=5"),
        ("vllm", "-tp 2 --data-parallel-size 4 --cpu-offload-gb 3"),
        ("sglang", "--enable-metrics"),
        ("sglang", "--disable-radix-cache"),
        ("sglang", "--cuda-graph-bs 1 2 4"),
        ("sglang", "--watchdog-timeout 600 --log-level-http warning"),
        ("trtllm", "--served_model_name m"),
        ("trtllm", "--num_postprocess_workers 4 --free_gpu_memory_fraction 0.5"),
    ],
)
def test_how_a_server_works_is_no_part_of_what_it_answers(type_: str, args: str) -> None:
    plan = ServerPlan(type=type_, model="org/m", args=f"{args} --dtype half")
    assert find_server_type(type_).identity(plan) == {"args": "--dtype half"}


@pytest.mark.parametrize(
    "args", ["--max-model-len 9", "--kv-cache-dtype fp8", "--load-format dummy", "--seed 3", "--quantization fp8"]
)
def test_what_changes_answers_stays(args: str) -> None:
    plan = ServerPlan(type="vllm", model="org/m", args=f"--enable-metrics {args}")
    assert find_server_type("vllm").identity(plan) == {"args": args}
