"""What the metrics of vLLM, SGLang and llama.cpp say of a server's load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from northstar.servers.metrics.prometheus import read_samples

Samples = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Reading:
    """What one server said at one time.

    Attributes:
        tokens: Generated since its start, or a number that grows as they do.
        running, queued: Requests that it works on, and that wait in it.
        cache: The part of the KV cache that is in use, 0..1.
    """

    tokens: float | None = None
    running: int | None = None
    queued: int | None = None
    cache: float | None = None


@dataclass(frozen=True)
class ServerLoad:
    """The load of all servers of a run, by their own metrics. read: by core.clock.monotonic. Others as of Reading."""

    read: float
    tokens_per_second: float | None = None
    running: int | None = None
    queued: int | None = None
    cache: float | None = None


@dataclass(frozen=True)
class _Names:
    """How a kind of server calls them; of several names the first that is there counts."""

    tokens: Callable[[Samples], float | None]
    running: str
    queued: str
    cache: tuple[str, ...]
    others: tuple[str, ...] = ()


def _counter(name: str) -> Callable[[Samples], float | None]:
    return lambda samples: sum(samples[name]) if name in samples else None


def _decoded(samples: Samples) -> float | None:
    """Return llama.cpp's decodings times the requests in each: its count of tokens grows only when an answer ends."""
    decodings, busy = samples.get("llamacpp:n_decode_total"), samples.get("llamacpp:n_busy_slots_per_decode")
    return decodings[0] * busy[0] if decodings and busy else None


_KINDS = (
    _Names(
        _counter("vllm:generation_tokens_total"),
        "vllm:num_requests_running",
        "vllm:num_requests_waiting",
        ("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"),
        ("vllm:generation_tokens_total",),
    ),
    _Names(
        _counter("sglang:generation_tokens_total"),
        "sglang:num_running_reqs",
        "sglang:num_queue_reqs",
        ("sglang:token_usage",),
        ("sglang:generation_tokens_total",),
    ),
    _Names(
        _decoded,
        "llamacpp:requests_processing",
        "llamacpp:requests_deferred",
        ("llamacpp:kv_cache_usage_ratio",),
        ("llamacpp:n_decode_total", "llamacpp:n_busy_slots_per_decode"),
    ),
)
_WANTED = frozenset(name for kind in _KINDS for name in (kind.running, kind.queued, *kind.cache, *kind.others))


def read_load(text: bytes) -> Reading | None:
    """Return what a /metrics page says; None if it is of no server that is known here.

    The engines of one server (data parallel) are added up; of the caches, the fullest counts.
    """
    samples = read_samples(text, _WANTED)
    for kind in _KINDS:
        if kind.running in samples:
            cache = next((max(samples[name]) for name in kind.cache if name in samples), None)
            return Reading(
                kind.tokens(samples),
                _whole(samples.get(kind.running)),
                _whole(samples.get(kind.queued)),
                None if cache is None else min(max(cache, 0.0), 1.0),
            )
    return None


def _whole(values: Sequence[float] | None) -> int | None:
    return None if values is None else max(0, round(sum(values)))


def load_of(
    now: float, readings: Mapping[str, Reading], before: Mapping[str, tuple[float, Reading]]
) -> ServerLoad | None:
    """Add up what the servers say; their speed is the growth of their tokens since `before`.

    Args:
        now: When they were read.
        readings: Address → what its server said now.
        before: Address → when, and what, it said before.
    """
    if not readings:
        return None
    speeds = []
    for address, reading in readings.items():
        then, earlier = before.get(address, (now, Reading()))
        if reading.tokens is not None and earlier.tokens is not None and now > then:
            grown = reading.tokens - earlier.tokens
            speeds += [grown / (now - then)] if grown >= 0 else []  # less: it was started anew
    caches = [reading.cache for reading in readings.values() if reading.cache is not None]
    return ServerLoad(
        now,
        sum(speeds) if speeds else None,
        _added(reading.running for reading in readings.values()),
        _added(reading.queued for reading in readings.values()),
        max(caches, default=None),
    )


def _added(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
