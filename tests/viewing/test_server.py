"""The pages are served to whoever has the token, to nobody else, and nothing else is served."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jinja2 import Environment

from northstar.core.records import Generation
from northstar.graders.instructions.grader import graded
from northstar.results.journal import Journal
from northstar.viewing.run import Run
from northstar.viewing.viewer import Viewer
from tests.viewing.invented_run import HOSTILE, GrowingSeed, record, write_hostile, write_records, write_run
from tests.viewing.served import TOKEN, served


class Answer:
    """An answer of the server."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


def ask(server: str, path: str, headers: Mapping[str, str] | None = None, *, cookie: bool = True) -> Answer:
    """Send one request as it is written; with the cookie of a first visit, unless told otherwise."""
    place = urlsplit(server)
    connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
    own = {"Cookie": f"northstar-{place.port}={TOKEN}"} if cookie else {}
    try:
        connection.request("GET", path, headers=own | dict(headers or {}))
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_hostile(write_run(tmp_path_factory.mktemp("runs") / "base"))
    (folder / "eval-results" / "sums" / "secret.txt").write_text("not a record")
    return folder


@pytest.fixture(scope="module")
def server(run: Path) -> Iterator[str]:
    with served(run) as address:
        yield address


def test_the_first_visit_takes_the_token_out_of_the_address_and_gives_a_cookie(server: str) -> None:
    answer = ask(server, f"/0/sums?token={TOKEN}&show=wrong", cookie=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/0/sums?show=wrong")
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_the_first_visit_leads_to_no_other_server(server: str) -> None:
    assert ask(server, f"//evil.example/?token={TOKEN}", cookie=False).headers["Location"].startswith("/evil.example")


def test_without_token_and_cookie_nothing_is_shown(server: str) -> None:
    for path in ("/", "/0/sums", "/0/sums/0/0", "/raw/0/sums/0/0", "/version", "/static/view.js"):
        assert ask(server, path, cookie=False).status == 403


def test_a_wrong_token_is_refused_even_with_the_cookie(server: str) -> None:
    assert ask(server, "/?token=guessed").status == 403


def test_the_cookie_of_another_port_s_server_is_not_this_one_s(server: str) -> None:
    assert ask(server, "/", {"Cookie": f"northstar-1={TOKEN}"}, cookie=False).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7575", "127.0.0.1.evil.example", "", "[", "localhost.evil"]
)
def test_a_name_that_was_pointed_at_this_machine_is_refused(server: str, host: str) -> None:
    assert ask(server, "/", {"Host": host}).status == 421


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1:80", "[::1]:9"])
def test_a_forwarded_port_works(server: str, host: str) -> None:
    assert ask(server, "/", {"Host": host}).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", "https://127.0.0.1"])
def test_another_origin_is_refused(server: str, origin: str) -> None:
    assert ask(server, "/0/sums/0/0", {"Origin": origin}).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_site_loads_nothing(server: str, site: str) -> None:
    assert ask(server, "/raw/0/sums/0/0", {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}).status == 403


@pytest.mark.parametrize("path", ["/", "/0/sums", "/0/sums/0/0", "/nothing", "/raw/0/sums/0/0", "/?token=wrong"])
def test_every_answer_forbids_other_scripts_frames_and_keeping(server: str, path: str) -> None:
    headers = ask(server, path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize(
    "path",
    [
        *("/0/..%2f..%2frun.json", "/0/%2e%2e", "/static/..%2fserver.py", "/static/%2fetc%2fpasswd", "/0/sums/0/../0"),
        *(
            "/0/secret.txt",
            "/0/sums%00/0/0",
            "/1/sums",
            "/0/sums/99/0",
            "/0/sums/0/99",
            "/0/sums/-1/0",
            "/99999999999/sums",
        ),
    ],
)
def test_what_is_no_page_is_not_there(server: str, path: str) -> None:
    assert ask(server, path).status == 404


@pytest.mark.parametrize(
    "query", ["show=nothing", "order=nothing", "page=0x1", "page=-1", "page=" + "9" * 20, "show=flipped"]
)
def test_a_query_that_means_nothing_says_so(server: str, query: str) -> None:
    answer = ask(server, f"/0/sums?{query}")
    assert answer.status == 400
    assert "Traceback" not in answer.text


def test_the_query_is_escaped_on_the_page(server: str) -> None:
    answer = ask(server, "/0/sums?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert answer.status == 200
    assert "<script>alert" not in answer.text


def test_the_overview_counts_what_became_of_the_answers(server: str) -> None:
    text = ask(server, "/").text
    assert "53 right" in " ".join(text.split()).replace("</span>", "")
    assert "the prompt is not allowed" in text


def test_a_grid_shows_the_seeds_of_each_row(server: str) -> None:
    text = ask(server, "/0/sums").text
    assert text.count("<tr data-row>") == 24
    assert 'title="seed 3: cut off"' in text


def test_a_filter_shows_fewer_rows(server: str) -> None:
    assert 0 < ask(server, "/0/sums?show=cut-off").text.count("<tr data-row>") < 24


def test_a_search_finds_a_row_by_its_text(server: str) -> None:
    text = ask(server, "/0/sums?q=product+of+%2433").text
    assert text.count("<tr data-row>") == 1
    assert "/0/sums/3/0" in text


def test_a_sample_leads_to_its_neighbours_in_the_list(server: str) -> None:
    text = ask(server, "/0/sums/4/0?order=longest").text
    rows = [
        line.split("/")[3]
        for line in ask(server, "/0/sums?order=longest").text.split('<td class="problem"><a href="')[1:]
    ]
    place = rows.index("4")
    assert f'data-before="/0/sums/{rows[place - 1]}/0?order=longest"' in text
    assert f'data-after="/0/sums/{rows[place + 1]}/0?order=longest"' in text


def test_the_record_is_a_file_to_keep(server: str) -> None:
    answer = ask(server, "/raw/0/sums/3/1")
    assert json.loads(answer.text) == record(3, 1)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="row-3.json"'


@pytest.mark.parametrize("row", range(len(HOSTILE)))
def test_no_tag_of_a_record_reaches_its_page(server: str, row: int) -> None:
    text = ask(server, f"/0/hostile/{row}/0").text
    ours = ['<script src="/static/view.js"', '<link rel="stylesheet" href="/static/']
    for tag in ("<script", "<iframe", "<img", "<svg", "<style", "<meta http", "<link"):
        left = text.replace(ours[0], "").replace(ours[1], "")
        assert tag not in left
    assert text.count("</body>") == 1
    assert 'href="javascript' not in text


def test_a_link_out_of_the_run_is_not_followed(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", rows=2, seeds=[0])
    outside = tmp_path / "outside.jsonl"
    write_records(outside, [record(0, 1) | {"problem": "a secret"}])
    (folder / "eval-results" / "sums" / "output-rs1.jsonl").symlink_to(outside)
    with served(folder) as server:
        assert ask(server, "/0/sums/0/1").status == 404
        assert "output-rs1.jsonl is a link out of the run" in ask(server, "/").text


def test_an_answer_under_way_is_shown_from_its_journal(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", rows=5, seeds=[0])
    seed = GrowingSeed(folder, 1, rows=5)
    seed.answer(2)
    seed.close()
    with served(folder) as server:
        text = ask(server, "/0/sums/2/1").text
    assert record(2, 1)["generation"][:12] in text
    assert "What is the product" in text


@pytest.mark.parametrize(
    ("benchmark", "grade"),
    [
        ("mrcr", {"match_ratio": 1.0}),
        ("human-eval", {"passing_base_tests": True, "passing_plus_tests": True}),
        ("ifbench", graded({"strict": [True], "loose": [True]})),
    ],
)
def test_an_answer_without_a_grade_has_none_of_another_seed(
    tmp_path: Path, benchmark: str, grade: dict[str, object]
) -> None:
    results = tmp_path / "out" / "eval-results" / benchmark
    results.mkdir(parents=True)
    write_records(results / "output-rs0.jsonl", [{"id": "a", "problem": "Do it.", "generation": "Done."} | grade])
    seed = GrowingSeed(tmp_path / "out", 1, benchmark=benchmark, rows=1)
    seed.answer(0, graded=False)
    seed.close()
    with served(tmp_path / "out") as server:
        assert ask(server, f"/0/{benchmark}/0/1").status == 200
        assert json.loads(ask(server, f"/raw/0/{benchmark}/0/1").text).keys().isdisjoint(grade)


def test_the_words_of_a_judge_who_is_not_done_are_shown_and_count(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", rows=3, seeds=[0])
    results = folder / "eval-results" / "sums"
    path = results / "judgements" / "o3" / "output-rs0.jsonl.journal"
    path.parent.mkdir(parents=True)
    journal = Journal(path, benchmark="sums", seed=0, rows=range(3))
    journal.add_generation(0, Generation(generation="They differ. Judgement: No", finish_reason="stop"))
    journal.add_grade(0, {"judge_correct": False})
    journal.close()
    with served(folder) as server:
        text = ask(server, "/0/sums/0/0").text
        assert "Judge o3: wrong" in text
        assert "They differ." in text
        assert 'title="seed 0: wrong"' in text


def test_the_words_of_a_second_judge_stand_beside_those_of_the_first(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", rows=1, seeds=[0])
    results = folder / "eval-results" / "sums"
    first = {"judge": "o3", "judgement": "Yes, indeed.", "judge_correct": True}
    write_records(results / "output-rs0.jsonl", [record(0, 0) | first])
    write_records(results / "judgements" / "o3" / "output-rs0.jsonl", [{"id": "sums-000"} | first])
    second = {"judge": "org/m", "judgement": "No, never.", "judge_correct": False}
    write_records(results / "judgements" / "org_m-4c1771e1" / "output-rs0.jsonl", [{"id": "sums-000"} | second])
    with served(folder) as server:
        text = ask(server, "/0/sums/0/0").text
    assert (text.count("Yes, indeed."), text.count("No, never.")) == (1, 1)


def test_a_damaged_journal_line_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", rows=5, seeds=[0])
    seed = GrowingSeed(folder, 1, rows=5)
    seed.answer(2)
    seed.close()
    seed.path.write_bytes(seed.path.read_bytes().replace(b"multiply", b"mu1tiply").replace(b'{"crc"', b'{"crc', 1))
    with served(folder) as server:
        assert "lines that are no records" in ask(server, "/").text
        assert ask(server, "/0/sums/2/0").status == 200


def test_the_first_sample_waits_for_nothing_that_could_be_loaded_before(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = Viewer([Run(run)])
    viewer.look()
    viewer.prepare()
    monkeypatch.setattr(Environment, "compile", lambda *_, **__: pytest.fail("a template was compiled"))
    assert "sums" in viewer.sample(0, "sums", 0, 0, {})
    assert "latex2mathml.converter" in sys.modules
