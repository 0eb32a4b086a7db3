"""Prompts of a library through the command line: fetched by the real client, used offline, refused when they change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Ns
from tests.file_server import serving_files
from tests.integration.conftest import Prepare

PATH = "/NVIDIA-NeMo/Skills/5e5a24f5/nemo_skills/prompt/config/mine/sum.yaml"
SUM = b"system: ''\nuser: 'Add up, and put the sum in \\boxed{{}}: {problem}'\n"
NOBODY = "http://127.0.0.1:9"


def test_a_prompt_is_fetched_once_used_offline_and_refused_when_it_changes(
    ns: Ns, prepare: Prepare, start_mock: Callable[..., str], data_dir: Path, tmp_path: Path
) -> None:
    assert prepare("aime25").returncode == 0
    words = (
        *("eval", "--benchmarks=aime25", "--model=mock", f"--server_address={start_mock()}", "--prompts=nemo-skills"),
        "++prompt_config=mine/sum",
    )
    with serving_files() as library:
        library.files[PATH] = SUM
        shown = ns(*words, f"--output_dir={tmp_path}/out", "--dry_run", NORTHSTAR_PROMPTS_ENDPOINT=library.address)
        done = ns(*words, f"--output_dir={tmp_path}/out", NORTHSTAR_PROMPTS_ENDPOINT=library.address)
        assert library.asked == [PATH]
    assert "  prompt          nemo-skills@5e5a24f5/mine/sum (sha256 " in shown.stdout
    assert "[user]\nAdd up, and put the sum in \\boxed{}: What is 0 + 1?\n" in shown.stdout
    assert done.returncode == 0, done.stderr
    asked = json.loads((tmp_path / "out/run.json").read_text())["asked"]["aime25.greedy"]
    assert asked["messages"] == [{"role": "user", "content": "Add up, and put the sum in \\boxed{{}}: {problem}"}]

    offline = ns(*words, f"--output_dir={tmp_path}/other", NORTHSTAR_PROMPTS_ENDPOINT=NOBODY)
    assert offline.returncode == 0, offline.stderr

    file = data_dir / "prompts/nemo-skills/5e5a24f5/mine/sum.yaml"
    file.write_bytes(SUM.replace(b"Add", b"add"))
    changed = ns(*words, f"--output_dir={tmp_path}/third", NORTHSTAR_PROMPTS_ENDPOINT=NOBODY)
    assert changed.returncode == 1
    assert f"error: {file} has changed since it was fetched" in changed.stderr

    file.unlink()
    unreachable = ns(*words, f"--output_dir={tmp_path}/third", NORTHSTAR_PROMPTS_ENDPOINT=NOBODY)
    assert unreachable.returncode == 1
    assert "error: cannot fetch nemo-skills@5e5a24f5/mine/sum from http://127.0.0.1:9/" in unreachable.stderr
    assert not (tmp_path / "third").exists()
