"""Runs the sessions of a page against mock servers: python -m tests.docs.sessions PAGE… writes their outputs anew.

Marks before blocks say what they are, and are not seen by readers:

    <!-- session: --right=0.6 rows:aime24=30 -->   its commands run, and print what stands below them; the first of a
                                                   page has words for the mock server, and which rows are prepared
    <!-- file: my_bench.py -->                     the text of a file that the page has its reader write
    <!-- runs -->                                  Python that runs

All blocks of a page share a folder. http://localhost:8000/v1 is a mock server, 8001 a second one (`…; …`) where the
first mark of the page names two. In an output, a line `…` stands for any lines.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from docs.site.navigation import ROOT

from tests.docs.blocks import Block, blocks_of
from tests.mock_server.process import mock_process
from tests.recordings.masks import mask_output

MARKS = ("session", "file", "runs")
ELLIPSIS = "…"


def marked(file: str) -> list[Block]:
    """List the blocks of a page that are run or written."""
    return [block for block in blocks_of(file) if block.mark in MARKS]


@contextmanager
def place_of(file: str) -> Iterator[Place]:
    """Start the page's mock servers, and end them."""
    sessions = [block.said for block in marked(file) if block.mark == "session"]
    said = sessions[0] if sessions else ""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ns-")))
        words = [each for each in said.split() if not each.startswith("rows:")]
        servers = [
            stack.enter_context(mock_process("--models=my-model", *each.split())).address
            for each in (" ".join(words).split(";") if sessions else ())
        ]
        place = Place(folder, servers)
        for name, number in re.findall(r"\brows:(\S+)=(\d+)", said):
            place.prepare(name, int(number))
        yield place


class Place:
    """A folder in which a page's blocks run, with the mock servers that stand at its addresses."""

    def __init__(self, folder: Path, servers: Sequence[str]) -> None:
        self.folder = folder
        self._here = folder / "here"
        self._here.mkdir()
        self._servers = {f"http://localhost:{8000 + n}/v1": address for n, address in enumerate(servers)}
        programs = folder / "bin"
        programs.mkdir()
        (programs / "ns").write_text(f'#!/bin/sh\nexec {sys.executable} -m northstar "$@"\n')
        (programs / "ns").chmod(0o755)
        self._environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "NORTHSTAR_DATA_DIR": str(folder / "data"),
            "PYTHONPATH": str(ROOT / "src"),
        }

    def prepare(self, name: str, number: int) -> None:
        """Write sums in place of a benchmark's rows."""
        other = sum(map(ord, name))  # each benchmark has sums of its own
        rows = [
            {"id": f"{name}-{n}", "problem": f"What is {n} + {other * n}?", "expected_answer": str(n + other * n)}
            for n in range(number)
        ]
        path = self.folder / "data" / name / "test.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def write(self, block: Block) -> None:
        """Write a block that is a file."""
        path = self._here / block.said
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._put(block.text))

    def run(self, block: Block) -> str:
        """Run a session; return it with what its commands printed."""
        said = ""
        for command in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            line = re.match(r"(?:.*\\\n)*.*\n?", command)
            assert line is not None
            said += f"$ {line[0].rstrip()}\n" + self.shell(line[0])
        return said

    def shell(self, line: str) -> str:
        """Run a line of shell; return what it printed."""
        return self._printed(["bash", "-c", self._put(line)])

    def python(self, block: Block) -> str:
        """Run a block of Python; return what it printed."""
        return self._printed([sys.executable, "-c", self._put(block.text)])

    def masked(self, text: str) -> str:
        """Return an output without what differs from run to run."""
        return re.sub(r"tokens/s \S+(?: → \S+)?,? ", "", mask_output(text, self.folder))

    def _printed(self, argv: Sequence[str]) -> str:
        done = subprocess.run(
            argv, cwd=self._here, env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        if "Traceback" in done.stderr:
            raise AssertionError(done.stderr)
        text = done.stdout + "".join(re.findall(r"^error: .*(?:\n {2}.*)*\n", done.stderr, re.MULTILINE))
        for named, address in self._servers.items():
            text = text.replace(address, named)
        return (
            text.replace(f"{self._here}/", "").replace(str(self.folder), "~").strip("\n") + "\n" if text.strip() else ""
        )

    def _put(self, text: str) -> str:
        for named, address in self._servers.items():
            text = text.replace(named, address)
        return text


def agrees(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; a line `…` of it stands for any lines.

    >>> agrees("a\\n…\\nd\\n", "a\\nb\\nc\\nd\\n"), agrees("a\\n", "b\\n")
    (True, False)
    """
    pattern = r"(?:.*\n)*?".join(re.escape(part) for part in re.split(rf"^{ELLIPSIS}\n", shown, flags=re.MULTILINE))
    return re.fullmatch(pattern, printed) is not None


def main(files: Sequence[str]) -> None:
    """Write the outputs of the sessions of each page anew, but for those that leave lines out."""
    for file in files:
        path, changed = ROOT / file, []
        with place_of(file) as place:
            for block in marked(file):
                if block.mark == "file":
                    place.write(block)
                elif block.mark == "session":
                    changed.append((block, place.run(block)))
        text = path.read_text()
        for block, printed in reversed(changed):
            if not re.search(rf"^{ELLIPSIS}$", block.text, re.MULTILINE):
                text = text[: block.start] + printed + text[block.end :]
        path.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
