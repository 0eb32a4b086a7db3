"""Memory while hostile answers come in, many at once, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.mock_server.process import mock_process

AT_ONCE = 32
READ = """
import asyncio, gc, resource, sys
from northstar.models.client.client import ModelClient
from northstar.models.endpoint import Endpoint

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

async def main(address, at_once):
    gc.disable()  # nothing may wait for a collection
    question = {"model": "mock", "messages": [{"role": "user", "content": "hello"}]}
    async with ModelClient(Endpoint(address=address, model="mock"), max_retries=1) as client:
        before = peak()
        said = await asyncio.gather(*(client.ask(question) for _ in range(at_once)), return_exceptions=True)
        now = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
        print(int(peak() - before), int(now - before), {type(each).__name__ for each in said})

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def megabytes(fault: str) -> tuple[int, int]:
    """At most while the answers were read, and afterwards, beyond those of the process before."""
    with mock_process(f"--always={fault}") as server:
        words = [sys.executable, "-c", READ, server.address, str(AT_ONCE)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, env={**os.environ})
    most, after, kinds = done.stdout.split(maxsplit=2)
    assert kinds.strip() in ("{'GaveUp'}", "{'Refused'}")
    return int(most), int(after)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="NOT LINUX: memory is counted otherwise")
@pytest.mark.parametrize("fault", ["endless", "gzip_bomb", "huge", "endless_error", "endless_refusal"])
def test_all_hostile_answers_at_once_take_bounded_memory_and_leave_nothing(fault: str) -> None:
    most, after = megabytes(fault)
    assert most < 600  # 32 of them whole are 2 GB
    assert after < 150


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="NOT LINUX: memory is counted otherwise")
def test_an_answer_of_millions_of_values_is_not_unfolded() -> None:
    most, _ = megabytes("many_values")
    assert most < 400
