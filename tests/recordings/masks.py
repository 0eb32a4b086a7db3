"""What differs from one run to the next, and from one machine to another, is masked before recordings are compared."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

VARYING_KEYS = {
    **dict.fromkeys(
        ("started", "ended", "first", "submitted", "updated", "date", "began", "restarted"),
        "<time>",
    ),
    **dict.fromkeys(("gen_seconds", "seconds_left", "silent", "tokens_per_second", "speed", "last"), "<number>"),
    **dict.fromkeys(("host", "process", "platform", "versions", "northstar", "crc"), "<varies>"),
}
"""Keys of JSON files whose values vary. One that is null stays so."""

PATTERNS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"127\.0\.0\.1:\d{2,5}", "127.0.0.1:<port>"),  # but not port 9, where nothing listens
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?", "<time>"),
    (r"northstar-\d+\.\d+\.\d+[\w.]*-[0-9a-f]{12}", "northstar-<code>"),
    (r"\b(northstar(?:-server|-worker)?)-\d+-[0-9a-f]{6}\b", r"\1-<random>"),
    (r"(-m\s+)northstar(\.\w+)+", r"\1northstar.<module>"),
    (r"\bnorthstar/\w+(/\w+)*\.py\b", "northstar/<module>.py"),
    (r"\bnorthstar \d+\.\d+\.\d+\S*", "northstar <version>"),
    (r"\bprocess \d+\b", "process <pid>"),
    (r"\bPython 3\.\d+(\.\d+)?", "Python <version>"),
    (r'(?<=")3\.\d+\.\d+\S*?(?=")', "<version>"),
    (r"--user=\d+:\d+", "--user=<uid>"),
    (r"\n +--env=(HOME=/tmp|USER=northstar)(?=\n)", ""),  # of users who are not root
    (r"programs run in (?!no sandbox).*", "programs run in <sandbox>"),
    (r'"gen_seconds": \d+', '"gen_seconds": "<number>"'),
    (r"\d+\.\d{11,}", lambda match: f"{float(match[0]):.10g}"),
    (r'"(heard|elapsed)": [\d.]+', r'"\1": "<number>"'),
    (r"(?<=: done )\d+ s ago, in \d+ s", "<seconds> ago, in <seconds>"),
    (r"(?<=, last heard of )\d+ s(?= ago: )", "<seconds>"),
    (r"(?<=one for each benchmark and seed: )\S+(?= GPU hours)", "<number>"),  # at the speed that was measured
    (r"superseded/[^/\s\"]+", "superseded/<time>"),
)
"""Masked wherever they stand."""

_PROGRESS = re.compile(
    r"(<time>  )?(starting|reaching|asking|reading|grading|writing|judging)\b.*(…|: \d+/\d+|; judged by )"
)
"""What is said now and then while a run goes on; where it ends in the middle, what came last is chance."""
_BOX = re.compile(r"[╭╰][─ ]*([^─╮╯]*?)[─ ]*[╮╯]")


def mask(text: str, temporary: Path) -> str:
    """Any text: paths by what they stand for, then PATTERNS. temporary: the folder in which it was made."""
    for path, name in _paths(temporary).items():
        text = text.replace(path, name)
    text = re.sub(
        rf"\b{re.escape(socket.gethostname())}(?=:\d)|(?<=on ){re.escape(socket.gethostname())}\b", "<host>", text
    )
    text = re.sub(r"<host>:\d+", "<host>:<pid>", text)
    for pattern, masked in PATTERNS:
        text = re.sub(pattern, masked, text)
    return text


def mask_output(text: str, temporary: Path, *, killed: bool = False) -> str:
    """What a command printed: as `mask`; of its progress the last line is kept, if that tells of no request on its way.

    Which samples were graded before a run was stopped is chance, and so is the share of those that are right after it.
    killed: what of its progress it had said by then is chance, too.
    """
    lines = [_without_box(line) for line in mask_column(mask(text, temporary), "gen_seconds").splitlines()]
    progress = [number for number, line in enumerate(lines) if _PROGRESS.match(line)]
    for number in progress:  # the last line of the server's log, if it was there by the time of a look
        lines[number] = re.sub(r"^((?:<time>  )?starting .*?…) .*", r"\1", lines[number])
    unfinished = killed or (progress and lines[progress[-1]].removeprefix("<time>  ").startswith("asking: "))
    dropped = set(progress if unfinished else progress[:-1])
    if progress and "from before" in lines[progress[-1]]:
        lines[progress[-1]] = re.sub(r"\d+\.\d%( \[[^]]*\])?( of \d+ graded)?", "<share>", lines[progress[-1]])
    return "".join(line + "\n" for number, line in enumerate(lines) if number not in dropped)


def mask_script(text: str, temporary: Path) -> str:
    """A shell script: as `mask`; where its long lines are cut depends on the length of paths, so they are joined."""
    return mask(re.sub(r" \\\n *", " ", text), temporary)


def mask_json(value: Any, temporary: Path) -> Any:
    """A JSON value: the texts in it as by `mask`, and the values of VARYING_KEYS."""
    if isinstance(value, Mapping):
        return {mask(key, temporary): _mask_field(key, each, temporary) for key, each in value.items()}
    if isinstance(value, list):
        return [mask_json(each, temporary) for each in value]
    if isinstance(value, str):
        return mask(f'"{value}"', temporary)[1:-1]
    return float(f"{value:.10g}") if isinstance(value, float) else value


def _mask_field(key: str, value: Any, temporary: Path) -> Any:
    if value is None:
        return None
    return "<time>" if key.endswith("_time") else VARYING_KEYS.get(key) or mask_json(value, temporary)


def mask_column(text: str, name: str) -> str:
    """Tables of cells between bars or commas: the cells below `name` become stars, as wide as they were."""
    lines, place, separator, count = [], None, "|", 0
    for line in text.splitlines():
        for each in ("|", ","):
            if name in (cell.strip() for cell in line.split(each)):
                names = [cell.strip() for cell in line.split(each)]
                place, separator, count = names.index(name), each, len(names)
                break
        else:
            cells = line.split(separator)
            if place is not None and len(cells) == count and cells[place].strip().isdecimal():
                cells[place] = re.sub(r"\d+", lambda match: "*".ljust(len(match[0])), cells[place])
                line = separator.join(cells)
        lines.append(line)
    return "".join(line + "\n" for line in lines)


def _without_box(line: str) -> str:
    """Help is shown in boxes as wide as the terminal: what stands in them stays."""
    if match := _BOX.fullmatch(line):
        return f"[{match[1]}]" if match[1] else ""
    if line.startswith("│"):
        return "  " + re.sub(r" {2,}", "  ", line.strip("│ "))
    return line.rstrip() if line.startswith(" ") else line


def _paths(temporary: Path) -> dict[str, str]:
    """The longest first: one may lie in another."""
    names = {
        str(temporary): "<tmp>",
        str(temporary.resolve()): "<tmp>",
        sys.executable: "<python>",
        str(Path(sys.executable).resolve()): "<python>",
        str(ROOT / "src"): "<code>",
        str(ROOT): "<repository>",
        sys.prefix: "<environment>",
    }
    return dict(sorted(names.items(), key=lambda item: -len(item[0])))
