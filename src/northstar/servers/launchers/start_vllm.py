"""Starts vLLM's API server so that plugins written for older versions load unmodified: python start_vllm.py ARGUMENTS…

Released tool parsers import modules that have moved since, and define a constructor with fewer parameters. Names that
vLLM itself no longer has are found here under their new ones; names that it has are left to it. Run by the
interpreter of vLLM's environment, so it imports nothing of Northstar, and vLLM only when it is asked for.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import runpy
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

PROTOCOL = (
    "vllm.entrypoints.generate.base.protocol",
    "vllm.entrypoints.openai.engine.protocol",
    "vllm.entrypoints.openai.chat_completion.protocol",
    "vllm.entrypoints.openai.completion.protocol",
    "vllm.entrypoints.openai.responses.protocol",
)
MOVED: dict[str, Sequence[str]] = {
    "vllm.entrypoints.openai.protocol": PROTOCOL,
    "vllm.entrypoints.openai.tool_parsers": ("vllm.tool_parsers", "vllm.tool_parsers.abstract_tool_parser"),
    "vllm.entrypoints.openai.reasoning_parsers": ("vllm.reasoning",),
    "vllm.transformers_utils.tokenizer": ("vllm.tokenizers",),
}
"""An old module's name → those that may have what was in it, in various versions. Submodules move with it."""
RENAMED = {"AnyTokenizer": "TokenizerLike"}
TOOL_PARSER = "ToolParser"


class OldNames(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules by the names they had. Last on sys.meta_path, so that what exists is found first."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        if not new_names(fullname):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=fullname in MOVED)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return OldModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass  # what is in it is looked up when it is asked for


class OldModule(ModuleType):
    """Looks each name up in the modules that have it today."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for new in new_names(self.__name__):
                found = _find(new, RENAMED.get(name, name)) or _find(new, name)
                if found is not None:
                    value = accepting_old_constructors(found) if name == TOOL_PARSER else found
                    setattr(self, name, value)
                    return value
        raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")


def new_names(old: str) -> list[str]:
    """The modules that today have what was in `old`, as far as there are such."""
    if old in MOVED:
        return [new for new in MOVED[old] if new != old and _exists(new)]
    package, _, last = old.rpartition(".")
    return [f"{new}.{last}" for new in MOVED.get(package, ()) if _exists(f"{new}.{last}")]


def accepting_old_constructors(tool_parser: type) -> type:
    """A base class whose subclasses may define `__init__(self, tokenizer)`, without what vLLM passes today."""

    class OldToolParser(tool_parser):  # type: ignore[misc]
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            own = cls.__dict__.get("__init__")
            if own is not None and len(inspect.signature(own).parameters) == 2:
                cls.__init__ = lambda self, tokenizer, *_, **__: own(self, tokenizer)  # type: ignore[method-assign]

    return OldToolParser


def _find(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name, None)


def _exists(module: str) -> bool:
    if module in sys.modules:
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


# Also in processes that vLLM spawns, which import this file under another name.
sys.meta_path.append(OldNames())

if __name__ == "__main__":
    sys.path.pop(0)  # this folder
    runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__")
