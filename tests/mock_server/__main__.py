"""python -m tests.mock_server --port 0 --delay 1 --tokens 200 --slots 64: prints its address, serves until stopped."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from tests.mock_server.behaviour import Behaviour, Delay, Reply, chosen, judgement, lognormal, pair_judgement
from tests.mock_server.faults import FAULTS, listed
from tests.mock_server.limits import RateLimit
from tests.mock_server.server import serving
from tests.mock_server.shapes import STRICT, Fault


def main() -> None:
    options = _parser().parse_args()
    if options.list:
        print(listed())
        return
    behaviour = Behaviour(
        delay=options.delay,
        tokens=options.tokens,
        right=options.right,
        answer=pair_judgement(options.pairs)
        if options.pairs is not None
        else chosen
        if options.choose
        else None
        if options.judge is None
        else judgement(options.judge, options.says.split(",") if options.says else ()),
        reply=None if options.replay is None else _replay(options.replay),
        reasoning=options.reasoning,
        slots=options.slots,
        context=options.context,
        models=tuple(options.models.split(",")),
        switch_after=options.switch_after,
        listed=json.loads(options.listed),
        key=os.environ[options.key_variable] if options.key_variable else options.key,
        limit=options.limit,
        reasons=options.reasons,
        strict=tuple(options.strict.split(",")) if options.strict else (),
        strict_as=options.strict_as,
        first=tuple(_fault(name) if name else None for name in options.first.split(",")) if options.first else (),
        always=_fault(options.always) if options.always else None,
        fault_at=options.fault_at,
        shares=dict(options.share),
        streams_only=options.streams_only,
        cut_streams=options.cut_streams,
        token_seconds=options.token_seconds,
        gateway_seconds=options.gateway_seconds,
        log=options.log,
        record=False,
    )
    asyncio.run(_serve(behaviour, options.listen_at, options.port, options.until_stdin_closes))


async def _serve(behaviour: Behaviour, host: str, port: int, until_stdin_closes: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if until_stdin_closes:
        loop.add_reader(sys.stdin.fileno(), stopped.set)
    async with serving(behaviour, port, host) as server:
        print(server.address, flush=True)
        await stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mock_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--host", help="told to servers that are started; it listens on 127.0.0.1 in any case")
    parser.add_argument("--listen_at", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--delay", type=_delay, default=0.0, help="seconds, or lognormal:MEDIAN[,SIGMA[,LONGEST]]")
    parser.add_argument("--tokens", type=int, default=200, help="words of an answer")
    parser.add_argument("--right", type=float, default=0.7, help="share of right answers")
    parser.add_argument("--choose", action="store_true", help="answer with a letter")
    parser.add_argument("--pairs", type=float, metavar="UNCLEAR", help="compare two answers, as --judge judges one")
    parser.add_argument("--judge", type=float, metavar="UNCLEAR", help="judge; this share of verdicts is unclear")
    parser.add_argument("--says", default="", help="the labels of the judge, the first for right answers: A,B,C")
    parser.add_argument(
        "--replay", type=Path, metavar="ROWS", help="answer BFCL's rows in this file with their references"
    )
    parser.add_argument("--reasoning", choices=["", "text", "field"], default="", help="where the reasoning goes")
    parser.add_argument("--slots", type=int, help="requests worked on at once; the others wait")
    parser.add_argument("--context", type=int, help="tokens of prompt and answer")
    parser.add_argument("--models", default="mock", help="names, parted by commas")
    parser.add_argument("--listed", default="{}", help="what /v1/models says of each besides, as JSON")
    parser.add_argument("--switch_after", type=int, help="after so many requests the last of --models answers")
    parser.add_argument("--key", help="the key that is asked for")
    parser.add_argument("--key_variable", metavar="NAME", help="the environment variable that holds that key")
    parser.add_argument("--limit", type=_limit, metavar="N/SECONDS", help="requests in each window of so many seconds")
    parser.add_argument("--reasons", action="store_true", help="refuse what OpenAI's reasoning models refuse")
    parser.add_argument("--strict", default="", help="fields that are refused, like seed,top_p")
    parser.add_argument("--strict_as", choices=list(STRICT), default="pydantic", help="in whose words")
    parser.add_argument("--first", default="", help="faults of the first requests, like 429,,500")
    parser.add_argument("--always", help="the fault of every request")
    parser.add_argument("--fault_at", type=int, default=0, help="requests at work before a fault is answered")
    parser.add_argument("--share", action="append", type=_share, default=[], help="like 429=0.01; may be repeated")
    parser.add_argument("--streams_only", action="store_true", help="refuse what is not asked for as a stream")
    parser.add_argument("--cut_streams", type=int, default=0, help="break off so many of the first streams")
    parser.add_argument("--token_seconds", type=float, default=0.0, help="between two events of a stream")
    parser.add_argument("--gateway_seconds", type=float, help="a gateway cuts what is silent for so long")
    parser.add_argument("--log", type=Path, help="file for a JSON line when a request arrives and when it ends")
    parser.add_argument("--until_stdin_closes", action="store_true", help="end with the process that started this one")
    parser.add_argument("--list", action="store_true", help="print the faults by server, and what each sends, and end")
    parser.epilog = f"Faults: {', '.join(FAULTS)}"
    return parser


def _replay(rows: Path) -> Reply:
    from tests.benchmarks.bfcl_v3.replay import Replay, rows_of

    return Replay(rows_of(rows))


def _delay(text: str) -> float | Delay:
    if text.startswith("lognormal:"):
        return lognormal(*(float(part) for part in text.removeprefix("lognormal:").split(",")))
    return float(text)


def _limit(text: str) -> RateLimit:
    requests, _, seconds = text.partition("/")
    return RateLimit(int(requests), float(seconds))


def _share(text: str) -> tuple[Fault, float]:
    name, _, share = text.partition("=")
    return _fault(name), float(share)


def _fault(name: str) -> Fault:
    if name not in FAULTS:
        raise SystemExit(f"unknown fault '{name}'; there are {', '.join(FAULTS)}")
    return FAULTS[name]


if __name__ == "__main__":
    main()
