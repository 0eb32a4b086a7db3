from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from northstar.cli.app import main
from northstar.core.errors import NorthstarError, UsageError
from northstar.graders.instructions.grader import graded
from northstar.pages.report.charts import groups_chart
from northstar.pages.report.figures import Group, Point
from northstar.pages.report.report import report
from northstar.reports.table import plain
from tests.comparison.written_runs import write_run
from tests.exporting.trees import tree
from tests.pages.hostile_texts import HOSTILE

FORBIDDEN = ("script", "link", "iframe", "object", "embed", "base", "form", "img", "image", "foreignobject")
SETTINGS = {"model": "m-7b", "split": "test", "inference.temperature": 0.6}
VERDICTS = {f"row{n}": [n % 3 != 0, n % 2 == 0] for n in range(24)}


class Elements(HTMLParser):
    """What a browser would find in a page: its elements with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def links_of(found: list[tuple[str, dict[str, str | None]]]) -> list[str]:
    names = ("src", "href", "xlink:href", "srcset", "action", "data")
    return [str(value) for _, attributes in found for name, value in attributes.items() if name in names]


def a_run(folder: Path, name: str = "out", benchmark: str = "math-500", **fields: Any) -> Path:
    return write_run(folder / name, VERDICTS, benchmark=benchmark, settings=SETTINGS, **fields)


def with_values(run: Path, field: str, values: list[Any], benchmark: str = "math-500") -> Path:
    """Give the rows' field these values, in turns."""
    for file in (run / "eval-results" / benchmark).glob("output*.jsonl"):
        records = [json.loads(line) for line in file.read_text().splitlines()]
        changed = [record | {field: values[place % len(values)]} for place, record in enumerate(records)]
        file.write_text("".join(json.dumps(record) + "\n" for record in changed))
    return run


def page_of(*runs: Path, **options: Any) -> str:
    return report(list(runs), **options).html()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of one run whose rows have levels."""
    return page_of(with_values(a_run(tmp_path_factory.mktemp("run")), "level", [1, 2]))


def test_a_report_leaves_the_run_as_it_is(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    before = tree(run)
    report(run, output=tmp_path / "report.html")
    assert tree(run) == before


def test_the_page_has_the_tables_the_settings_and_the_model(page: str) -> None:
    texts = Elements(page).texts
    assert {"pass@1[avg-of-2]", "58.33%", "inference.temperature", "0.6", "m-7b"} <= set(texts)


def test_the_page_needs_nothing_else_and_has_no_script(page: str) -> None:
    found = Elements(page).found
    assert not [
        tag for tag, _ in found if tag in ("script", "link", "iframe", "object", "embed", "base", "form", "img")
    ]
    addresses = [value for _, attributes in found for key, value in attributes.items() if key in ("src", "href")]
    assert [address for address in addresses if not str(address).startswith("#")] == []


def test_its_policy_forbids_scripts_and_the_network(page: str) -> None:
    (policy,) = [
        attributes["content"]
        for tag, attributes in Elements(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_each_chart_has_a_title_a_description_and_its_numbers_as_a_table(page: str) -> None:
    charts = page.count("<figure>")
    assert charts == 5  # endings, throughput, over k, by level, lengths
    assert page.count('role="img"') == page.count("<desc") == page.count("<summary>The numbers</summary>") == charts
    named = re.findall(r'aria-labelledby="([^"]*-t) [^"]*-d"', page)
    assert len(named) == len(set(named)) == charts


def test_no_element_has_the_id_of_another(tmp_path: Path) -> None:
    found = Elements(page_of(a_run(tmp_path), a_run(tmp_path, "other"))).found
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_accuracy_is_shown_by_what_groups_the_rows(tmp_path: Path) -> None:
    page = page_of(with_values(a_run(tmp_path), "difficulty", ["hard", "easy", "medium"]))
    assert "symbolic_correct by difficulty" in page
    assert page.index("<td>easy</td>") < page.index("<td>medium</td>") < page.index("<td>hard</td>")


def test_categories_that_compose_a_score_are_shown_with_their_own_rows(tmp_path: Path) -> None:
    run = a_run(tmp_path, benchmark="bfcl_v3", correct=True)
    with_values(run, "category", ["simple", "multiple", "irrelevance"], "bfcl_v3")
    made = report(run, samples=0)
    assert made.scores.cells[1][2:] == ["simple", "100.00%", "51.76 to 100.00", "8", "2"]
    (groups,) = [chart for chart in made.sections[0].charts if chart.title == "correct by category"]
    assert [line[:3] for line in groups.numbers[1:]] == [
        ["simple", "8", "100.00%"],
        ["multiple", "8", "100.00%"],
        ["irrelevance", "8", "100.00%"],
    ]


def test_a_run_without_times_or_counts_of_tokens_has_the_other_charts(tmp_path: Path) -> None:
    unknown: dict[str, Any] = dict.fromkeys(("num_generated_tokens", "generation_start_time", "generation_end_time"))
    made = report(a_run(tmp_path, **unknown), samples=0)
    assert [chart.title for chart in made.charts] == ["What became of the generations"]
    assert [chart.title for chart in made.sections[0].charts] == ["symbolic_correct over k"]


def test_other_runs_are_compared_with_the_first(tmp_path: Path) -> None:
    new = a_run(tmp_path, "new")
    base = write_run(tmp_path / "base", {f"row{n}": [False, False] for n in range(24)}, benchmark="math-500")
    texts = Elements(page_of(new, base)).texts
    assert "math-500: new against base, 24 rows" in texts
    assert "+58.33" in texts


def test_a_benchmark_of_one_run_alone_is_named(tmp_path: Path) -> None:
    other = write_run(tmp_path / "base", {"a": [True]}, benchmark="aime24")
    (table,) = report([a_run(tmp_path, "new"), other], form="markdown").comparisons
    assert table.lines == [
        "warning: base has no math-500, which is not compared",
        "warning: new has no aime24, which is not compared",
    ]


def test_samples_are_the_same_each_time_and_show_right_wrong_and_disagreement(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    pages = [page_of(run, samples=4) for _ in range(2)]
    shown = [re.findall(r"<small>([^<]*row[^<]*)</small>", page) for page in pages]
    assert shown[0] == shown[1]
    assert [why.split()[0] for why in shown[0]] == ["some", "the", "no", "each"]


def test_a_sample_is_found_in_its_seeds_file(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    for seed in (0, 1):
        file = run / "eval-results" / "math-500" / f"output-rs{seed}.jsonl"
        records = [json.loads(line) for line in file.read_text().splitlines()]
        changed = [record | {"generation": f"of {record['id']}, {'ab'[seed]}"} for record in records]
        file.write_text("".join(json.dumps(record) + "\n" for record in changed))
    made = report(run, samples=6).sections[0].samples
    for sample in made:
        row, of = sample.title.split(", seed ")
        assert f"of {row}, {'ab'[int(of)]}" in sample.html
    assert len(made) == 6


def test_no_samples_are_shown_where_none_are_asked_for(tmp_path: Path) -> None:
    assert "<h3>Samples</h3>" not in page_of(a_run(tmp_path), samples=0)


def test_samples_of_gated_sets_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    run = a_run(tmp_path, benchmark="gpqa", problem="a secret question")
    assert "a secret question" not in page_of(run)
    assert "--include_gated" in page_of(run)
    assert "a secret question" in page_of(run, include_gated=True)


def test_a_recipes_verdicts_are_shown(tmp_path: Path) -> None:
    page = page_of(a_run(tmp_path), recipe="nemotron-nano-9b-v2:reasoning-on")
    assert '<h2 id="verdicts">' in page


@pytest.mark.slow
@pytest.mark.parametrize("field", ["generation", "problem", "predicted_answer", "subject", "error", "reasoning"])
def test_nothing_that_a_record_holds_becomes_part_of_the_page(tmp_path: Path, field: str) -> None:
    run = with_values(a_run(tmp_path, subject="x"), field, list(HOSTILE.values()))
    page = page_of(run, samples=24)
    found = Elements(page).found
    assert not [tag for tag, _ in found if tag in FORBIDDEN]
    assert not [key for _, attributes in found for key in attributes if key.startswith("on")]
    assert [link for link in links_of(found) if not link.startswith("#")] == []
    assert not set("\x1b\x00\x07\u202e\u2066") & set(page)
    assert len(page) < 2_000_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_group_of_any_name_is_a_label_and_nothing_else(text: str) -> None:
    group = Group(text[:200], 3, Point(0.5, 0.4, 0.6))
    picture = groups_chart("c", "title", {"run": [group]}).picture
    found = Elements(str(picture)).found
    assert {tag for tag, _ in found} <= {"svg", "title", "desc", "defs", "g", "path", "use", "text", "clippath", "rect"}
    assert not [key for _, attributes in found for key in attributes if key.startswith("on")]


def test_names_of_runs_and_settings_are_escaped(tmp_path: Path) -> None:
    name = "<script>alert(1)<"
    run = write_run(tmp_path / name, VERDICTS, benchmark="math-500", settings={"model": name, name: name})
    assert "<script" not in page_of(run, samples=0)


def test_keys_in_commands_are_hidden_and_hosts_left_out(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    stored = json.loads((run / "run.json").read_text())
    key = "sk-" + "a1b2c3d4e5f6g7h8" * 3
    stored["runs"] = [{"command": ["/home/me/bin/ns", "eval", f"++key={key}"], "host": "secret-host", "started": "now"}]
    (run / "run.json").write_text(json.dumps(stored))
    page = page_of(run)
    assert "ns eval" in page
    assert not [word for word in (key, "secret-host", "/home/me") if word in page]


def test_a_benchmark_that_cannot_be_read_is_said_and_fails_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(tmp_path)
    damaged = run / "eval-results" / "aime24"
    damaged.mkdir()
    (damaged / "output-rs0.jsonl").write_text("{\n")
    with pytest.raises(SystemExit) as ended:
        main(["report", str(run), f"--output={tmp_path / 'r.html'}"])
    assert ended.value.code == 1
    assert "not a record" in capsys.readouterr().err
    assert "not a record" in (tmp_path / "r.html").read_text()


def test_markdown_has_the_tables_and_escapes_everything(tmp_path: Path) -> None:
    settings = {"model": "<script>|[x](http://y) @you", "split": "test"}
    run = write_run(tmp_path / "out", VERDICTS, benchmark="math-500", settings=settings)
    made = report(run, form="markdown", output=tmp_path / "r.md")
    text = (tmp_path / "r.md").read_text()
    assert made.markdown() == text
    assert "58.33%" in text
    assert not [part for part in ("<script", "[x](", "@you", "http://") if part in text.replace("\\[", "")]


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_gpu_hours_stand_beside_the_tables_with_what_would_save_most(tmp_path: Path, form: str) -> None:
    """Two GPUs, held for an hour from second 0: all 48 answers are made from second 1801 to 3601, of 3600."""
    run = a_run(tmp_path, generation_start_time=1801.0, generation_end_time=3601.0)
    content = json.loads((run / "run.json").read_text())
    times = {"gpus": 2, "since": 1.0, "seconds": 3600.0, "starting": 1800.0, "idle": 0.0}
    made = {"started": "1970-01-01T00:00:01+00:00", "server": {"commands": ["vllm"]}, "server_time": times}
    (run / "run.json").write_text(json.dumps(content | {"runs": [made]}))
    report(run, form=form, output=tmp_path / "r")
    text = (tmp_path / "r").read_text()
    assert "start, until the first request" in text
    assert (
        "1 start held the servers for 50% of the time: more benchmarks and seeds in one run share a start, which would "
        "save up to 1 GPU hours."
    ) in text


def test_gpu_hours_are_of_all_benchmarks_also_where_one_is_shown(tmp_path: Path) -> None:
    run = a_run(tmp_path, generation_start_time=1.0, generation_end_time=1801.0)
    other = write_run(tmp_path / "other", VERDICTS, generation_start_time=1801.0, generation_end_time=3601.0)
    (other / "eval-results" / "aime24").rename(run / "eval-results" / "aime24")
    content = json.loads((run / "run.json").read_text())
    times = {"gpus": 2, "since": 1.0, "seconds": 3600.0, "starting": 0.0, "idle": 0.0}
    (run / "run.json").write_text(json.dumps(content | {"runs": [{"server_time": times}]}))
    made = report(run, form="markdown", benchmarks="math-500").markdown()
    assert "| prefill and decode, which are not told apart | 2 | 100% |" in made


def test_a_run_that_asked_no_server_has_no_gpu_hours(tmp_path: Path) -> None:
    assert "hours" not in report(a_run(tmp_path), form="markdown").markdown()


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\n# b", r"a \# b"),
        ("`x`", r"\`x\`"),
        ("![p](u)", r"\!\[p\](u)"),
        ("a_b _c_", r"a_b \_c\_"),
        ("@you, pass@1", "@&#8203;you, pass@1"),
        ("#12", r"\#&#8203;12"),
        ("http://x", "http:/&#8203;/x"),
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str, escaped: str) -> None:
    assert plain(text) == escaped


def test_without_matplotlib_a_sentence_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    run = a_run(tmp_path)
    with pytest.raises(NorthstarError, match=re.escape("pip install matplotlib, or uv pip install matplotlib")):
        report(run, output=tmp_path / "r.html")
    report(run, output=tmp_path / "r.md", form="markdown")


@pytest.mark.parametrize(("options", "said"), [({"form": "pdf"}, "html or markdown"), ({"samples": -1}, "0 or more")])
def test_wrong_usage_is_explained(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        report(a_run(tmp_path), **options)


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_report_replaces_another_and_no_other_file(tmp_path: Path, form: str) -> None:
    run = a_run(tmp_path)
    for _ in range(2):
        report(run, output=tmp_path / "report", form=form)
    before = tree(run)
    with pytest.raises(UsageError, match="no report; remove it"):
        report(run, output=next(run.rglob("output-rs0.jsonl")), form=form)
    assert tree(run) == before


def test_the_command_prints_markdown_and_names_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    for words in (["--format=markdown"], []):
        with pytest.raises(SystemExit) as ended:
            main(["report", str(run), *words])
        assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("## out\n")
    assert (tmp_path / "report.html").exists()


def test_an_answer_that_follows_all_instructions_is_right(tmp_path: Path) -> None:
    """The mean of its four shares may be a little less than 1: they are weighted floats."""
    run = a_run(tmp_path, benchmark="ifbench")
    kinds = [graded({"strict": [True] * number, "loose": [True] * number}) for number in (1, 2, 3)]
    for name in kinds[0]:
        with_values(run, name, [each[name] for each in kinds], "ifbench")
    (chart, *_) = report(run, samples=0).charts
    assert chart.numbers == [["", "right"], ["ifbench", "100.00%"]]


@pytest.mark.parametrize(("benchmark", "field"), [("mmmlu", "language"), ("supergpqa", "discipline")])
def test_the_subsets_of_a_benchmark_have_a_chart(tmp_path: Path, benchmark: str, field: str) -> None:
    run = with_values(a_run(tmp_path, benchmark=benchmark), field, ["x", "y"], benchmark)
    (section,) = report(run, samples=0).sections
    assert any(chart.title.endswith(f" by {field}") for chart in section.charts)
