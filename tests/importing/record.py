"""Writes tests/importing/recorded anew: what lm-evaluation-harness and inspect-ai really write.

    python -m tests.importing.record --lm_eval=PYTHON --inspect=PYTHON

PYTHON is the interpreter of an environment with `lm-eval[api]`, or with `inspect-ai` and `openai`. Both ask the mock
server the first of asked_rows.jsonl, by an OpenAI-compatible address; nothing else is contacted.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.mock_server.process import mock_process

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
ROWS = HERE / "recorded" / "asked_rows.jsonl"
MOST_ROWS = 4

LM_EVAL_TASK = """\
task: smoke_sums
dataset_path: json
dataset_kwargs:
  data_files: {{test: {rows}}}
test_split: test
output_type: generate_until
doc_to_text: "Solve this.\\n{{{{problem}}}}"
doc_to_target: "{{{{expected_answer}}}}"
repeats: {repeats}
generation_kwargs: {{until: [], do_sample: true, temperature: 0.7}}
filter_list:
  - name: take
    filter: [{{function: take_first_k, k: {repeats}}}]
  - name: first
    filter: [{{function: take_first}}]
metric_list:
  - metric: exact_match
"""

INSPECT_TASK = """\
from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, prompt_template


@task
def smoke_sums():
    rows = json_dataset("rows_{name}.jsonl", FieldSpec(input="problem", target="expected_answer"))
    return Task(dataset=rows, solver=[prompt_template("Solve this.\\n{{prompt}}"), generate()], scorer=includes())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lm_eval", type=Path)
    parser.add_argument("--inspect", type=Path)
    options = parser.parse_args()
    with mock_process("--tokens=5", "--right=0.6") as server, tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        rows.write_text("".join(ROWS.read_text().splitlines(keepends=True)[:MOST_ROWS]))
        without = [re.sub('"id": "[^"]*", ', "", line) for line in rows.read_text().splitlines(keepends=True)]
        (rows.parent / "rows_by_text.jsonl").write_text("".join(without))
        (rows.parent / "rows_by_id.jsonl").write_text(rows.read_text())
        environment = {**os.environ, "OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "HF_HOME": folder}
        if options.lm_eval:
            _lm_eval(options.lm_eval.absolute(), server.address, rows, environment)
        if options.inspect:
            _inspect(options.inspect.absolute(), server.address, rows, environment)


def _lm_eval(python: Path, address: str, rows: Path, environment: dict[str, str]) -> None:
    for repeats in (1, 3):
        (rows.parent / "task.yaml").write_text(LM_EVAL_TASK.format(rows=rows, repeats=repeats))
        out = rows.parent / f"lm_eval_{repeats}"
        command: list[str | Path] = [python, "-m", "lm_eval", "--model=local-chat-completions", "--tasks=smoke_sums"]
        model = f"model=mock,base_url={address}/chat/completions,num_concurrent=4,tokenized_requests=False"
        command += ["--log_samples", f"--include_path={rows.parent}", f"--model_args={model}", f"--output_path={out}"]
        subprocess.run([*command, "--apply_chat_template"], check=True, cwd=rows.parent, env=environment)
        (written,) = out.rglob("samples_*.jsonl")
        _keep(written, f"lm_eval/samples_smoke_sums_{repeats}.jsonl")


def _inspect(python: Path, address: str, rows: Path, environment: dict[str, str]) -> None:
    for name, form, epochs in (("by_id", "eval", 2), ("by_text", "json", 2)):
        (rows.parent / "task.py").write_text(INSPECT_TASK.format(name=name))
        out = rows.parent / f"inspect_{name}"
        command: list[str | Path] = [python, "-m", "inspect_ai", "eval", "task.py", f"--epochs={epochs}"]
        command += [
            "--model=openai-api/mock/mock",
            f"--model-base-url={address}",
            f"--log-format={form}",
            f"--log-dir={out}",
            "--display=none",
        ]
        key = {"MOCK_API_KEY": "none", "MOCK_BASE_URL": address}
        subprocess.run([*command, "--temperature=0.7"], check=True, cwd=rows.parent, env={**environment, **key})
        (written,) = out.glob(f"*.{form}")
        _keep(written, f"inspect/{name}.{form}")


def _keep(written: Path, name: str) -> None:
    kept = RECORDED / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(written, kept)
    print(f"{kept}: {kept.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
