"""Templates from anywhere are rendered within limits of time, memory and length, and harm nobody else's."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import signal
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from northstar.core.errors import NorthstarError, UsageError
from northstar.prompts import renderer
from northstar.prompts.environments import Kind
from northstar.prompts.prompt import load_prompt
from northstar.prompts.renderer import (
    Limits,
    TemplateFails,
    TemplateLost,
    TemplateOverLimit,
    foreign_template,
    in_thread,
    read_yaml,
)

CPU = "it takes more than 0.15 s of CPU time"
MEMORY = "it needs more than 64 MiB of memory"
LENGTH = "it makes a text of more than 100,000 characters"


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process of its own with limits that a test can wait for."""
    renderer._renderer().end()
    monkeypatch.setattr(renderer, "LIMITS", Limits(cpu_seconds=0.15, memory_mib=64, characters=100_000))
    yield
    renderer._renderer().end()


def render(source: str, kind: Kind = "chat", **values: object) -> str:
    return foreign_template(kind, source).render(values)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", CPU),
        ("{% macro m(n) %}{% for a in range(9) %}{{ m(n - 1) if n }}{% endfor %}{% endmacro %}{{ m(9) }}", CPU),
        ("{% for a in [range(99999)] * 99999 recursive %}{{ loop(a) if a is iterable }}{% endfor %}", CPU),
        ("{{ 7 ** (9 ** 8) }}", CPU),
        ("{{ lipsum(99999) }}", CPU),
        ("{% for a in range(9999) %}{{ messages | tojson | length }}{% endfor %}", CPU),
        ("{{ 'x' * 10**10 }}", MEMORY),
        ("{{ ['x'] * 10**10 }}", MEMORY),
        ("{{ '%1000000000d' % 5 }}", MEMORY),
        ("{{ '{:1000000000}'.format(5) }}", MEMORY),
        ("{{ 'x' | center(10**9) }}", MEMORY),
        ("{{ 'x'.ljust(10**9) }}", MEMORY),
        ("{{ messages | indent(10**9) }}", MEMORY),
        ("{{ messages | tojson(indent=10**9) }}", MEMORY),
        ("{{ 'x'.zfill(200000) }}", LENGTH),
        ("{% for a in range(99999) %}xxxxxxxxxx{% endfor %}", LENGTH),
    ],
)
def test_a_template_is_ended_at_its_limit(template: str, why: str) -> None:
    with pytest.raises(TemplateOverLimit, match=why):
        render(template, messages=["x" * 1000] * 99)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested too deeply"),
        ("{{ " + "(" * 2000 + ")" * 2000 + " }}", "nested too deeply"),
        ("{% if 1 %}" * 2000 + "{% endif %}" * 2000, "nested too deeply"),
        ("{{ " + "-" * 50_000 + "1 }}", "nested too deeply"),
        ("{{ " + "[" * 400 + "]" * 400 + " }}", "nested too deeply|too many nested"),
        ("{% include 'x' %}", "no loader"),
        ("{% import 'x' as x %}", "no loader"),
        ("{{ range(10**9) | list }}", "Range too big"),
        ("{{ messages.__class__.__mro__ }}", "unsafe|no attribute|has no"),
        ("{{ raise_exception('\x1b[2J' ~ 'x' * 10**6) }}", r"^\ufffd\[2Jx{290,300}$"),
    ],
)
def test_a_template_that_cannot_work_says_so_in_one_short_line(template: str, why: str) -> None:
    with pytest.raises(TemplateFails, match=why) as failure:
        render(template, messages=[])
    assert len(str(failure.value)) <= 320


def test_a_template_longer_than_any_is_not_compiled() -> None:
    with pytest.raises(TemplateOverLimit, match="longer than 1 MiB"):
        render("x" * (2**20 + 1))


def test_after_one_was_ended_others_are_rendered_as_before() -> None:
    good = foreign_template("chat", "{{ messages[0] }}!")
    for _ in range(2):
        assert good.render({"messages": ["x"]}) == "x!"
        with pytest.raises(TemplateOverLimit):
            render("{{ 'x' * 10**10 }}")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
@pytest.mark.parametrize("at", ["between two", "in the middle of one"])
def test_a_process_that_somebody_else_ends_is_replaced(
    number: signal.Signals, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = foreign_template("chat", "{{ messages[0] }}!")
    process = renderer._renderer()._process
    assert process is not None
    if at == "between two":
        process._process.send_signal(number)
        process._process.wait()
    else:
        process._process.send_signal(signal.SIGSTOP)
        threading.Timer(0.1, process._process.send_signal, [number]).start()
        threading.Timer(0.1, process._process.send_signal, [signal.SIGCONT]).start()
    assert good.render({"messages": ["x"]}) == "x!"


def test_a_template_whose_process_is_ended_twice_is_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = renderer._Process.ask

    def ended(process: renderer._Process, request: list[object]) -> dict[str, object]:
        process._process.kill()
        return ask(process, request)

    monkeypatch.setattr(renderer._Process, "ask", ended)
    with pytest.raises(TemplateLost, match="was killed twice, probably because memory ran out"):
        render("x")


def test_rendering_in_a_thread_holds_up_nobody_else() -> None:
    async def turns() -> int:
        slow = asyncio.ensure_future(in_thread(partial(render, "{{ 7 ** (9 ** 8) }}")))
        turns = 0
        while not slow.done():
            turns += 1
            await asyncio.sleep(0.01)
        assert isinstance(slow.exception(), TemplateOverLimit)
        return turns

    assert asyncio.run(turns()) >= 5


def test_only_what_a_template_names_is_sent_to_it() -> None:
    """A row can be megabytes of hidden tests."""
    assert render("{{ problem }}", "prompt", problem="2 + 2", tests=object()) == "2 + 2"


def test_values_that_are_no_json_are_said_to_be_so() -> None:
    with pytest.raises(TemplateFails, match="not plain JSON"):
        render("{{ problem }}", "prompt", problem=object())


def test_half_a_character_arrives_as_it_was() -> None:
    assert render("{{ problem }}", "prompt", problem="\ud800") == "\ud800"


@pytest.mark.parametrize(
    "content",
    [
        b"user: " + b"[" * 50_000,
        b"user: 2001-99-99",
        b"user: !!int " + b"9" * 5000,
        b"user: !!python/object/apply:os.getcwd []",
        b"user: \xff",
    ],
)
def test_a_prompt_file_that_breaks_the_reader_of_yaml_is_not_yaml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "my.yaml").write_bytes(content)
    with pytest.raises(UsageError, match=r"my\.yaml is not YAML: "):
        load_prompt(str(tmp_path / "my.yaml"))


def test_a_prompt_file_that_takes_long_to_read_is_ended() -> None:
    """As a number to the base 60, which takes time that is quadratic in its digits."""
    with pytest.raises(TemplateOverLimit, match=CPU):
        read_yaml(b"user: 1" + b":59" * 300_000)


@pytest.mark.parametrize("make", ["fifo", "folder"])
def test_a_prompt_file_that_is_no_file_is_not_waited_for(tmp_path: Path, make: str) -> None:
    path = tmp_path / "my.yaml"
    os.mkfifo(path) if make == "fifo" else path.mkdir()
    with pytest.raises(UsageError, match=r"cannot read the prompt file .*my\.yaml: it is not a regular file"):
        load_prompt(str(path))


def test_the_row_at_which_a_prompt_is_ended_is_named(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("user: \"{{ problem }}{{ 'x' * size }}\"")
    prompt = load_prompt(str(tmp_path / "my.yaml"))
    assert prompt.messages({"id": "a1", "problem": "2", "size": 3})[0]["content"] == "2xxx"
    with pytest.raises(NorthstarError, match=rf"my\.yaml' cannot be rendered for row 'a2': {MEMORY}"):
        prompt.messages({"id": "a2", "problem": "2", "size": 10**10})


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"])
def test_where_the_process_does_not_start_that_is_said(monkeypatch: pytest.MonkeyPatch, python: str) -> None:
    monkeypatch.setattr("sys.executable", python)
    with pytest.raises(NorthstarError, match="a process to render templates did not start: "):
        render("x")


def test_the_processs_environment_holds_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    assert not [name for name in renderer._environment() if "KEY" in name]


PIECES = (
    *("{% for a in range(99999) %}", "{% for a in messages %}", "{% endfor %}", "{% macro m(n=9) %}", "{% endmacro %}"),
    *("{{ m(m) }}", "{{ 'x' * 10**9 }}", "{{ a ~ a }}", "{% set a = messages * 99999 %}", "{{ a | tojson }}", "{{"),
    *("}}", "{% if a %}", "{% endif %}", "{% else %}", "{{ 9 ** 9 ** 9 }}", "{{ a | center(10**8) }}", "text", "{#"),
    *("{% raw %}", "{% set ns = namespace(a=a) %}", "{% set ns.a = ns.a ~ ns.a %}", "{{ '%0999999999d' % 1 }}"),
    *("{{ messages | sort | join(',') | wordwrap(1) | urlize }}", "{% filter indent(10**7) %}", "{% endfilter %}"),
)


@pytest.mark.parametrize("seed", range(2))
def test_no_template_does_more_than_fail(seed: int) -> None:
    draw = random.Random(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(30):
        source = "".join(draw.choices(PIECES, k=draw.randint(1, 12)))
        try:
            text = render(source, messages=["x" * 100] * 9)
        except (TemplateFails, TemplateOverLimit) as failure:
            text = str(failure)
        assert len(text) <= 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
