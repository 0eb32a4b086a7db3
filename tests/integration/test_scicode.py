"""SciCode from the hub to the table: the real problems, with targets that the dev split's reference solutions make."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from northstar.benchmarks.scicode.completing import GIVEN, given_code
from northstar.benchmarks.scicode.targets import extract_targets, fetch_targets
from northstar.benchmarks.scicode.values import encode
from northstar.core.errors import NorthstarError
from northstar.data.source import Preparation
from northstar.sandbox.environment import environment_argv, make_environment
from northstar.sandbox.launch import Interpreter
from tests.conftest import Ns, of_all_workers, one_worker_at_a_time
from tests.integration.conftest import Prepare
from tests.integration.invented_steps import put, small
from tests.integration.killing import kill_after
from tests.integration.scicode_targets import make_targets, write_h5
from tests.mock_server import FAULTS, Behaviour, serving

Problem = dict[str, Any]

SLOW = ("7", "10", "47", "49", "51")
"""Dev problems with a step whose tests take 5 to 30 s."""
STEP = re.compile(r"# The next step: (\S+)")


@pytest.fixture(scope="session")
def dev(shared_data: Path) -> list[Problem]:
    """The real dev problems, less the slow ones."""
    lines = (shared_data / "scicode/problems_dev.jsonl").read_text().splitlines()
    return [problem for problem in map(json.loads, lines) if problem["problem_id"] not in SLOW]


@pytest.fixture(scope="session")
def targets(dev: list[Problem], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the dev problems' reference solutions give, laid out as the authors' test_data.h5."""
    path = tmp_path_factory.mktemp("scicode") / "test_data.h5"
    make_targets(dev, path)
    return path


def solutions(problems: list[Problem]) -> dict[str, str]:
    return {step["step_number"]: step["ground_truth_code"] for problem in problems for step in problem["sub_steps"]}


def answering(codes: dict[str, str]) -> Callable[[str, int | None], str]:
    def answer(message: str, seed: int | None) -> str:
        match = STEP.search(message)
        assert match is not None
        return f"The science of it.\n\n```python\n{codes[match[1]]}\n```"

    return answer


class Spoil(ast.NodeTransformer):
    """Makes each function return something else of the same kind."""

    def visit_Return(self, node: ast.Return) -> ast.Return:
        value = node.value or ast.Constant(None)
        return ast.Return(ast.Call(ast.Name("spoilt", ast.Load()), [value], []))


SPOILT = """
def spoilt(value):
    if isinstance(value, (list, tuple)):
        return type(value)(spoilt(each) for each in value)
    if isinstance(value, dict):
        return {key: spoilt(each) for key, each in value.items()}
    return value * 2 + 1.5 if hasattr(value, "__mul__") and not isinstance(value, (str, bool)) else None
"""


def spoilt(code: str) -> str:
    return SPOILT + ast.unparse(ast.fix_missing_locations(Spoil().visit(ast.parse(code))))


def evaluate(ns: Ns, behaviour: Behaviour, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    async def run() -> subprocess.CompletedProcess[str]:
        async with serving(behaviour) as server:
            options = (f"--output_dir={out}", f"--server_address={server.address}", "--model=mock")
            return await asyncio.to_thread(ns, "eval", *options, *words, timeout=580)

    return asyncio.run(run())


def records_of(out: Path, name: str = "output-rs0") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / f"eval-results/scicode/{name}.jsonl").read_text().splitlines()]


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize("right", [True, False])
def test_reference_solutions_score_everything_and_spoilt_ones_nothing(
    prepare: Prepare, ns: Ns, hub: Path, tmp_path: Path, dev: list[Problem], targets: Path, right: bool
) -> None:
    put(hub, "dev", dev)
    assert prepare("scicode", "--split=dev", f"++scicode.targets={targets}").returncode == 0
    codes = solutions(dev) if right else {step: spoilt(code) for step, code in solutions(dev).items()}
    words = ("--cluster=local", "--benchmarks=scicode:2", "--split=dev", "++inference.tokens_to_generate=65536")
    done = evaluate(ns, Behaviour(answer=answering(codes), record=False), tmp_path / "out", *words)
    assert done.returncode == 0, done.stderr
    steps = [step for record in records_of(tmp_path / "out") for step in record["eval_status"]]
    wrong = [step for step in steps if (step["process_status"] == "completed") != right]
    assert (wrong, len(steps)) == ([], 26)
    table = [" ".join(line.split()) for line in done.stdout.splitlines() if line.startswith(("eval", "pass@"))]
    share = "100.00%" if right else "0.00%"
    columns = "avg_tokens | gen_seconds | problem_accuracy | subtask_accuracy | num_problems | num_subtasks"
    assert table[0] == f"evaluation_mode | {columns}"
    assert [line.split(" | ")[i] for line in table[1:] for i in (0, 3, 4, 5, 6)] == [
        *("pass@1[avg-of-2]", share, share, "10", "26"),
        *("pass@2", share, share, "10", "26"),
    ]


@pytest.fixture
def real_test(shared_data: Path) -> list[Problem]:
    return [json.loads(line) for line in (shared_data / "scicode/problems_test.jsonl").read_text().splitlines()]


def invented_targets(problems: list[Problem], folder: Path) -> Path:
    """An h5 with some target for each test of each step that is graded."""
    (folder / "encoded").mkdir()
    for problem in problems:
        for step in problem["sub_steps"]:
            if step["step_number"] not in GIVEN:
                content = encode([[number * 1.5] for number, _ in enumerate(step["test_cases"])])
                (folder / "encoded" / step["step_number"]).write_bytes(content)
    write_h5(folder / "encoded", folder / "test_data.h5")
    return folder / "test_data.h5"


def given(folder: Path) -> Path:
    (folder / "given").mkdir()
    for step in GIVEN:
        (folder / "given" / f"{step}.txt").write_text(f"given_{step.replace('.', '_')} = 1\n")
    return folder / "given"


@pytest.mark.shared_data
@pytest.mark.slow
def test_the_tutorials_command_asks_and_grades_288_steps_of_65_problems(
    prepare: Prepare, ns: Ns, hub: Path, data_dir: Path, tmp_path: Path, real_test: list[Problem]
) -> None:
    """The real test split has no solutions here: a model that knows nothing scores nothing, in the tutorial's table."""
    put(hub, "test", real_test)
    options = (f"++scicode.targets={invented_targets(real_test, tmp_path)}", f"++scicode.given={given(tmp_path)}")
    done = prepare("scicode", *options)
    assert (done.returncode, "scicode: 65 rows" in done.stdout) == (0, True), done.stderr
    words = ("--cluster=local", "--benchmarks=scicode:2", "++inference.temperature=0.6", "++system_message=")
    prompts: list[str] = []

    def answer(message: str, seed: int | None) -> str:
        prompts.append(message)
        return "```python\nraise NotImplementedError\n```"

    done = evaluate(ns, Behaviour(answer=answer, record=False), tmp_path / "out", *words)
    assert done.returncode == 0, done.stderr
    assert len(prompts) == 2 * 288
    assert not [prompt for prompt in prompts if STEP.search(prompt)[1] in GIVEN]  # type: ignore[index]
    assert [prompt for prompt in prompts if "# The next step: 13.7" in prompt and "given_13_6 = 1" in prompt]
    table = [" ".join(line.split()) for line in done.stdout.splitlines() if line.startswith("pass@")]
    assert [line.split(" | ")[3:] for line in table] == [["0.00%", "0.00%", "65", "288"]] * 2
    errors = {step["error"] for record in records_of(tmp_path / "out") for step in record["eval_status"]}
    assert errors == {"NotImplementedError"}


@pytest.mark.shared_data
def test_test_aai_is_both_splits(
    prepare: Prepare, hub: Path, data_dir: Path, tmp_path: Path, real_test: list[Problem], shared_data: Path
) -> None:
    whole = [json.loads(line) for line in (shared_data / "scicode/problems_dev.jsonl").read_text().splitlines()]
    put(hub, "test", real_test)
    put(hub, "dev", whole)
    options = (f"++scicode.targets={invented_targets([*whole, *real_test], tmp_path)}",)
    done = prepare("scicode", "--split=test_aai", *options, f"++scicode.given={given(tmp_path)}")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (data_dir / "scicode/test_aai.jsonl").read_text().splitlines()]
    graded = [step for row in rows for step in row["sub_steps"] if "given" not in step]
    assert (len(rows), len(graded)) == (80, 338)
    assert not [row["id"] for row in rows if "mpl" in row["dependencies"]]


@pytest.fixture
def prepared(prepare: Prepare, hub: Path, tmp_path: Path) -> Problem:
    """The test split is one invented problem of four steps."""
    problem = small()
    put(hub, "test", [problem])
    make_targets([problem], tmp_path / "test_data.h5")
    done = prepare("scicode", f"++scicode.targets={tmp_path / 'test_data.h5'}")
    assert done.returncode == 0, done.stderr
    return problem


def test_a_step_is_graded_with_the_models_own_code_of_the_steps_before(
    prepared: Problem, ns: Ns, tmp_path: Path
) -> None:
    codes = solutions([prepared]) | {"1.2": "def f2(x):\n    return 0"}
    assert evaluate(ns, Behaviour(answer=answering(codes)), tmp_path / "out", "--benchmarks=scicode").returncode == 0
    record = records_of(tmp_path / "out", "output")[0]
    assert [step["process_status"] for step in record["eval_status"]] == ["completed", "error", "error", "error"]
    assert (record["subtask_accuracy"], record["problem_accuracy"]) == (0.25, False)
    assert record["eval_status"][1]["error"] == "wrong answer"
    assert [turn["name"] for turn in record["turns"]] == ["1.1", "1.2", "1.3", "1.4"]


TRICKS: list[tuple[str, str | None]] = [
    ("np.allclose = lambda *arguments, **named: True\ndef f1(x):\n    return 99", "wrong answer"),
    (
        "class Same:\n    def __eq__(self, other): return True\ndef f1(x):\n    return Same()",
        "TypeError: a value of type Same cannot be compared with a target",
    ),
    ("import os\ndef f1(x):\n    os._exit(0)", "it ended before its tests did"),
    ("def f1(x):\n    raise SystemExit", "it ended before its tests did"),
    ("target = 1\ndef f1(x):\n    return target", "wrong answer"),
    ("def f1(x):\n    return undefined", "NameError: name 'undefined' is not defined"),
    ("import sys\ndef f1(x):\n    return sys._getframe(1).f_globals['target']", "KeyError: 'target'"),
    ("import sys\nsys.modules['northstar_values'].encode = lambda made: b'passed'\ndef f1(x):\n    return 0", None),
    ("import os\nos.write(1, b'passed')\ndef f1(x):\n    return 0", "wrong answer"),
    ("def f1(x):\n    while True: pass", "time limit"),
    ("def f1(x):\n    return np.zeros((0, 1, 1, 1, 1))", "wrong answer"),
    ("def f1(x):\n    return []", "wrong answer"),
]
"""Code of a first step, and what is said of it."""


@pytest.fixture
def first_steps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """How the first step of each trick's problem ended, in one run of them all."""
    kept = of_all_workers(tmp_path_factory) / "scicode-tricks.json"
    with one_worker_at_a_time(kept):
        if not kept.exists():
            prepare, hub, ns, folder = map(request.getfixturevalue, ("prepare", "hub", "ns", "tmp_path"))
            problems = [small(number, steps=2) for number in range(1, len(TRICKS) + 1)]
            put(hub, "test", problems)
            make_targets(problems, folder / "test_data.h5")
            assert prepare("scicode", f"++scicode.targets={folder / 'test_data.h5'}").returncode == 0
            codes = dict.fromkeys(solutions(problems), "nothing = 1")
            codes |= {f"{number}.1": code for number, (code, _) in enumerate(TRICKS, 1)}
            words = ("--benchmarks=scicode", "++eval_config.timeout_seconds=2")
            done = evaluate(ns, Behaviour(answer=answering(codes)), folder / "out", *words)
            assert done.returncode == 0, done.stderr
            kept.write_text(json.dumps([record["eval_status"][0] for record in records_of(folder / "out", "output")]))
    steps: list[dict[str, Any]] = json.loads(kept.read_text())
    return steps


@pytest.mark.xdist_group("tricks")
@pytest.mark.parametrize("trick", range(len(TRICKS)), ids=[code for code, _ in TRICKS])
def test_no_trick_passes_a_step(trick: int, first_steps: list[dict[str, Any]]) -> None:
    assert first_steps[trick]["process_status"] in ("error", "timeout")
    assert TRICKS[trick][1] is None or first_steps[trick]["error"] == TRICKS[trick][1]


def test_out_of_context_fails_the_rest_of_the_problem_and_not_the_run(
    prepared: Problem, ns: Ns, tmp_path: Path
) -> None:
    context = FAULTS["context_vllm"]
    behaviour = Behaviour(answer=answering(solutions([prepared])), first=(None, None, context))
    done = evaluate(ns, behaviour, tmp_path / "out", "--benchmarks=scicode")
    assert done.returncode == 0, done.stderr
    record = records_of(tmp_path / "out", "output")[0]
    assert [step["process_status"] for step in record["eval_status"]] == ["completed", "completed", "error", "error"]
    assert (record["out_of_context"], record["eval_status"][2]["error"]) == (True, "not answered")
    assert record["num_generated_tokens"] == 400


def test_a_context_that_holds_no_problem_to_its_end_fails_no_run(
    prepare: Prepare, hub: Path, ns: Ns, tmp_path: Path
) -> None:
    problems = [small(number, steps=2) for number in range(1, 13)]
    put(hub, "test", problems)
    make_targets(problems, tmp_path / "test_data.h5")
    assert prepare("scicode", f"++scicode.targets={tmp_path / 'test_data.h5'}").returncode == 0
    behaviour = Behaviour(answer=answering(solutions(problems)), first=(None,) * 12, always=FAULTS["context_vllm"])
    done = evaluate(ns, behaviour, tmp_path / "out", "--benchmarks=scicode")
    assert done.returncode == 0, done.stderr
    assert [record["subtask_accuracy"] for record in records_of(tmp_path / "out", "output")] == [0.5] * 12


def test_progress_inside_of_a_problem_survives_a_crash(
    prepared: Problem, tmp_path: Path, data_dir: Path, ns: Ns
) -> None:
    log, answer = tmp_path / "log", answering(solutions([prepared]))

    async def crash_and_go_on() -> None:
        async with serving(Behaviour(answer=answer, delay=0.5, log=log)) as server:
            words = ["eval", "--benchmarks=scicode:2", f"--output_dir={tmp_path / 'out'}", "--model=mock"]
            words += [f"--server_address={server.address}"]
            await asyncio.to_thread(kill_after, 4, log, *words, data_dir=data_dir)
            done = await asyncio.to_thread(ns, *words)
            assert done.returncode == 0, done.stderr

    asyncio.run(crash_and_go_on())
    events = [json.loads(line) for line in log.read_text().splitlines()]
    asked = [(STEP.search(event["message"])[1], event["seed"]) for event in events if event["event"] == "arrived"]  # type: ignore[index]
    assert set(asked) == {(step, seed) for step in solutions([prepared]) for seed in (0, 1)}
    assert len(asked) <= 8 + 2  # at most what was in flight is asked twice
    assert [
        record["problem_accuracy"] for seed in (0, 1) for record in records_of(tmp_path / "out", f"output-rs{seed}")
    ] == [True, True]


def test_without_targets_it_says_exactly_what_to_do(prepare: Prepare, hub: Path) -> None:
    put(hub, "test", [small()])
    done = prepare("scicode", HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="127.0.0.1")
    assert done.returncode == 1
    assert "cannot fetch SciCode's targets (" in done.stderr
    assert (
        "download test_data.h5 from https://drive.google.com/file/d/17G_k65N_6yFFZ2O-jQH00Lh6iaw3z-AW/view with a "
        "browser, then run ns prepare_data scicode ++scicode.targets=PATH/test_data.h5" in done.stderr
    )


def test_without_the_given_code_it_says_what_to_do(prepare: Prepare, hub: Path, tmp_path: Path) -> None:
    problem = small(13, steps=6)
    put(hub, "test", [problem])
    make_targets([problem], tmp_path / "test_data.h5")
    options = ("scicode", f"++scicode.targets={tmp_path / 'test_data.h5'}")
    done = prepare(*options, HTTPS_PROXY="http://127.0.0.1:9", NO_PROXY="127.0.0.1")
    assert (done.returncode, "name it with ++scicode.given=DIR." in done.stderr) == (1, True), done.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "62.1.txt cannot be read (No such file or directory)."),
        (b"def f(:", "62.1.txt cannot be read (it is not valid Python: line 1, invalid syntax)."),
        (b"x = '\xe9'", "62.1.txt cannot be read (it is not UTF-8)."),
        (b"# nothing\n", "62.1.txt cannot be read (it contains no code)."),
    ],
)
def test_given_code_is_checked_before_anything_is_fetched(
    ns: Ns, tmp_path: Path, code: bytes | None, said: str
) -> None:
    for name in GIVEN:
        (tmp_path / f"{name}.txt").write_text("def f():\n    return 1\n")
    (tmp_path / "62.1.txt").unlink()
    if code is not None:
        (tmp_path / "62.1.txt").write_bytes(code)
    done = ns("prepare_data", "scicode", f"++scicode.given={tmp_path}", HF_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, done.stderr) == (2, f"error: ++scicode.given={tmp_path}: {said}\n")


def test_a_page_in_the_place_of_given_code_is_no_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "13.6.txt").write_text("<html>Sign in</html>")
    monkeypatch.setattr("northstar.benchmarks.scicode.completing.GIVEN_AT", tmp_path.as_uri())
    with pytest.raises(
        NorthstarError, match=r"13\.6\.txt \(it is not valid Python: line 1, invalid syntax\)\. Copy 13\.6\.txt,"
    ):
        given_code("13.6", None)


def test_targets_that_are_no_hdf5_are_refused_before_anything_is_fetched(ns: Ns, tmp_path: Path) -> None:
    (tmp_path / "other.h5").write_text("something else")
    done = ns("prepare_data", "scicode", f"++scicode.targets={tmp_path}/other.h5", HF_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, "other.h5 is not an HDF5 file; SciCode's is called test_data.h5." in done.stderr) == (
        2,
        True,
    )
    done = ns("prepare_data", "scicode", f"++scicode.targets={tmp_path}", HF_ENDPOINT="http://127.0.0.1:9")
    assert (done.returncode, f"{tmp_path} cannot be read (it is not a regular file)." in done.stderr) == (2, True)


def test_targets_that_miss_a_step_or_a_test_are_named(prepare: Prepare, hub: Path, tmp_path: Path) -> None:
    put(hub, "test", [small()])
    whole, path = tmp_path / "whole.h5", tmp_path / "test_data.h5"
    make_targets([small()], whole)
    for name, said in {
        "1.2": f"{path} has no targets of step 1.2, which has 2 tests; is it SciCode's test_data.h5? Name the right",
        "1.3/test2": f"{path} has targets of only 1 test of step 1.3, which has 2 tests; is it SciCode's",
    }.items():
        shutil.copy(whole, path)
        remove = "import h5py, sys\nwith h5py.File(sys.argv[1], 'a') as file: del file[sys.argv[2]]"
        subprocess.run([*environment_argv(make_environment()), "-c", remove, path, name], check=True)
        done = prepare("scicode", f"++scicode.targets={path}")
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    path.write_bytes(whole.read_bytes()[:3000])
    done = prepare("scicode", f"++scicode.targets={path}")
    assert (done.returncode, "is not SciCode's test_data.h5, or is damaged (" in done.stderr) == (1, True), done.stderr


def test_a_page_in_the_place_of_the_targets_is_not_kept(tmp_path: Path) -> None:
    gdown = tmp_path / "python"
    gdown.write_text('#!/bin/sh\necho "<html>Quota exceeded</html>" > "$6"\n')
    gdown.chmod(0o755)
    preparation = Preparation({}, tmp_path / "data", lambda line: None)
    with pytest.raises(NorthstarError, match=r"targets \(the download is not an HDF5 file\)\. They are not on"):
        fetch_targets(Interpreter(gdown, (), isolated=False), preparation)
    assert list((tmp_path / "data").iterdir()) == []


def test_options_of_scicode_are_for_scicode(prepare: Prepare, tmp_path: Path) -> None:
    done = prepare("aime25", f"++scicode.targets={tmp_path}")
    assert (done.returncode, "++scicode.targets is for scicode" in done.stderr) == (2, True)
    done = prepare("scicode", "++scicode.targets=/nowhere/x.h5")
    assert (done.returncode, "++scicode.targets: /nowhere/x.h5 does not exist." in done.stderr) == (2, True)


def test_targets_of_each_kind_come_back_as_they_were(tmp_path: Path) -> None:
    """The authors' layout of lists, dicts and sparse matrices, read in the environment where it was written."""
    environment = make_environment()
    write = """
import sys, h5py, numpy as np
from scipy import sparse
with h5py.File(sys.argv[1], "w") as file:
    file["1.1/test1/var1"] = 2.5
    file["1.1/test2/var1"] = "text"
    file["1.1/test3/var1"], file["1.1/test3/var2"] = np.eye(2), np.array([True, False])
    file["1.1/test4/var1/list/var1"], file["1.1/test4/var1/list/var2"] = np.zeros(2), 7
    file["1.1/test5/var1/a"], file["1.1/test5/var1/2.5"], file["1.1/test5/var1/t"] = 1.5, np.ones(2), "b"
    matrix = sparse.csr_matrix(np.eye(3))
    for name, value in dict(data=matrix.data, indices=matrix.indices, indptr=matrix.indptr, shape=matrix.shape).items():
        file["1.1/test6/var1/sparse_matrix/" + name] = value
        file["1.1/test7/var1/m/sparse_matrix/" + name] = value
    matrix = sparse.coo_matrix(np.eye(3))
    for name, value in dict(data=matrix.data, row=matrix.row, col=matrix.col, shape=matrix.shape).items():
        file["1.1/test8/var1/sparse_matrix/" + name] = value
"""
    path = tmp_path / "test_data.h5"
    subprocess.run([*environment_argv(environment), "-c", write, str(path)], check=True)
    (tmp_path / "out").mkdir()
    extract_targets(environment, path, tmp_path / "out", lambda line: None)
    values = Path(__file__).parents[2] / "src/northstar/benchmarks/scicode/values.py"
    read = f"""
import sys, types
values = types.ModuleType("v")
exec(open({str(values)!r}).read(), values.__dict__)
one, text, pair, several, held, csr, nested, coo = values.decode(open(sys.argv[1], "rb").read())
assert (one, text, type(pair), pair[1].tolist()) == (2.5, "text", tuple, [True, False])
assert (type(several), several[1], sorted(map(str, held)), held["t"]) == (list, 7, ["2.5", "a", "t"], "b")
assert (csr.format, csr.toarray().tolist(), coo.format) == ("csr", [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "coo")
assert nested["m"].toarray().tolist() == coo.toarray().tolist()
"""
    subprocess.run([*environment_argv(environment), "-c", read, str(tmp_path / "out/1.1")], check=True)
    shutil.rmtree(tmp_path / "out")
