"""The program is in the block that is most like it, the last of several."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from northstar.core.records import Generation
from northstar.graders.extract_code import code_of, extract_code, is_elided


def likeness(code: str) -> int:
    """What defines f is the program; what binds it is so, too, for want of better."""
    return 2 if "def f" in code else 1 if "f =" in code else 0


F, OTHER_F = "def f(): return 1\n", "def f(): return 2\n"
PYTHON = f"```python\n{F}```\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("```\na = 1\n```\nthen\n```py\nb = 2\n\nc = 3\n```\nDone.", "b = 2\n\nc = 3\n"),
        ("```py\na = 1\n```\nprints\n```\n1\n```", "a = 1\n"),
        ("```\na = 1\n```\nprints\n```text\n1\n```", "a = 1\n"),
        ("```bash\nls\n```", "ls\n"),
        ("```python\na\n```\n```python\nb", "a\n"),
        ("```python\na", "a\n"),
        ("```python\na\n```\n```python\n\n```", "a\n"),
        ("```python\n \n```", None),
        ("print(1)", None),
        ("", None),
    ],
)
def test_where_nothing_is_known_of_the_program_the_last_block_of_python_is_it(text: str, code: str | None) -> None:
    assert extract_code(text) == code


@pytest.mark.parametrize(
    "after",
    [
        "",
        "```\n1\n```",
        "```python\nprint(f())\n```",
        "```text\ndef f(): that is the answer\n```",
        "```python\nf = f()\n```",
        "```python\ndef g(): return f()\n```",
        "```python\n```",
        "Call it like ```f()``` or\n```f()```",
        "```",
        "Then def f is\ndone ```x```",
    ],
)
def test_what_follows_does_not_hide_the_program(after: str) -> None:
    assert extract_code(f"```python\n{OTHER_F}```\nNo:\n{PYTHON}{after}", likeness) == F


@pytest.mark.parametrize(
    "text",
    [
        f"{PYTHON}No:\n```python\n{OTHER_F}```",
        f"{PYTHON}No:\n```\n{OTHER_F}```",
        f"{PYTHON}No:\n```solution\n{OTHER_F}```",
        f"{PYTHON}No:\n```python\n{OTHER_F}",
        f"```python\n{F}No:\n```python\n{OTHER_F}```",
        f"```python\nf = g\n```\n```python\n{OTHER_F}```\n```python\nf = g\n```",
        f"An aside ```\nprose\n```\n{OTHER_F}```\n",
        f"A stray\n```\n and prose\n```\n{OTHER_F}```",
        f"```text\n{OTHER_F}```",
        f"````markdown\n```python\n{OTHER_F}```\n````",
    ],
)
def test_the_last_of_those_like_the_program(text: str) -> None:
    assert extract_code(text, likeness) == OTHER_F


def test_an_example_in_a_docstring_does_not_part_the_program() -> None:
    program = f'"""\n    ```\n    f()\n    ```\n"""\n{F}'
    assert extract_code(f"```python\n{program}```\n", likeness) == program


def test_a_block_without_an_end_is_half_a_program_where_the_text_was_cut_off() -> None:
    text = f"{PYTHON}Better:\n```python\n{OTHER_F}"
    assert extract_code(text, likeness, cut_off=True) == F
    assert extract_code(f"```python\n{F}", likeness, cut_off=True) == F
    assert extract_code(f"{PYTHON}x = `1`\n```python\n{OTHER_F}", likeness, cut_off=True) == F
    for finish_reason, code in (("stop", OTHER_F), ("length", F)):
        assert code_of(Generation(generation=text, finish_reason=finish_reason), likeness) == code


@pytest.mark.parametrize(
    "text",
    [
        F,
        f"Here it is:\n\n{F}",
        f"{F}\nThis function returns one.",
        f"{F}\n**Explanation**: one.",
        f"{F}\n- it returns one",
        f"{F}```\n",
        f"{F}```\nprose\n```text\n1\n```",
    ],
)
def test_a_program_without_a_fence(text: str) -> None:
    code = extract_code(text, likeness)
    assert code is not None
    assert code.strip() == F.strip()


def test_a_program_without_a_fence_begins_with_what_it_needs() -> None:
    code = f'import math\nfrom a.b import (\n    c,\n)\nx = 1\n\n\n@d\n{F}\nS = """\nIt is prose.\n"""\n'
    assert extract_code(f"We import the module so:\n{code}\nIt is done.", likeness) == f"{code}\n"


@pytest.mark.parametrize("text", ["To define f, write def f.", "class of f =", "import the module f = 1", "x == 1"])
def test_prose_is_no_program(text: str) -> None:
    assert extract_code(text, likeness) is None


CALLS = "def f(): return g()\n"


@pytest.mark.parametrize(
    ("others", "code"),
    [
        (["def g(): return 1\n"], "def g(): return 1\n\n" + CALLS),
        (["def g(): return h()\n", "def h(): return 1\n"], "def g(): return h()\n\ndef h(): return 1\n\n" + CALLS),
        (["def g(): return 0\n", "def g(): return 1\n"], "def g(): return 1\n\n" + CALLS),
        (["from m import g\n"], "from m import g\n\n" + CALLS),
        (["import a\ndef g(): return 1\n"], "import a\ndef g(): return 1\n\n" + CALLS),
        (["def other(): return 1\n"], CALLS),
        (["def g(): return 1\nprint(g())\n"], CALLS),
        (["g = 1\n"], CALLS),
        (["import os\n"], CALLS),
    ],
)
def test_blocks_that_define_what_the_program_lacks_come_before_it(others: list[str], code: str) -> None:
    blocks = "".join(f"```python\n{other}```\n" for other in others)
    assert extract_code(f"{blocks}```python\n{CALLS}```", likeness) == code
    assert extract_code(f"```python\n{CALLS}```\n{blocks}", likeness) == code


@pytest.mark.parametrize(
    "program",
    [
        "def g(): return 2\ndef f(): return g()\n",
        "from m import g\ndef f(): return g()\n",
        "from m import (h, g)\ndef f(): return g()\n",
        "g = h\ndef f(): return g()\n",
        "def f(): return m.g()\n",
    ],
)
def test_nothing_comes_before_a_program_that_lacks_nothing(program: str) -> None:
    assert extract_code(f"```python\ndef g(): return 1\n```\n```python\n{program}```", likeness) == program


def test_nothing_is_taken_from_other_blocks_that_the_program_finds_defined() -> None:
    text = f"From step 1:\n```python\ndef g(): ...\n```\nThen:\n```python\n{CALLS}```"
    assert extract_code(text, likeness, known=("g",)) == CALLS


@pytest.mark.parametrize(
    "line",
    ["...", "    ...", "…", "# ...", "    # ... (rest of the code)", "    # ... same as before ...", "# … unchanged\r"],
)
def test_code_that_leaves_something_out(line: str) -> None:
    assert is_elided(f"def f():\n{line}\n    return 1")


@pytest.mark.parametrize(
    "line", ["x[...] = 1", "def g(): ...", "# ... so it ends", "# 1, 2, ...", "print('...')", "pass"]
)
def test_code_that_is_whole(line: str) -> None:
    assert not is_elided(f"def f():\n    {line}\n    return 1")


@given(st.text(alphabet="`~ab\n ", max_size=200))
def test_any_text_gives_code_or_nothing(text: str) -> None:
    code = extract_code(text)
    assert code is None or code.strip()


@pytest.mark.parametrize(
    "part",
    ["`", "```\n", "```\ndef f(): g()\n```\n```\ndef g(): f()\n```\n", "import ", "def f():\n", '"""', "as ", "f = "],
)
def test_a_long_text_takes_no_long_time(part: str) -> None:
    began = time.process_time()
    extract_code(part * (200_000 // len(part)), likeness)
    assert time.process_time() - began < 4
