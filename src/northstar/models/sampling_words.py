"""The words in which each kind of server takes sampling values, and the values that leave its sampling neutral."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class SamplingWords:
    """How one kind of server takes sampling values.

    Attributes:
        neutral: Request field → the value that changes no probability, beside temperature and top_p.
        renamed: A setting of Northstar's → the request field that it is there.
        reads_model: Whether the server samples by the model's generation_config.json where a request says nothing.
    """

    neutral: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    reads_model: bool = False

    def named(self, setting: str) -> str:
        """Return the request field of a setting."""
        return self.renamed.get(setting, setting)


_PENALTIES = {"presence_penalty": 0.0, "frequency_penalty": 0.0}
OF_VLLM = SamplingWords({"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, **_PENALTIES}, reads_model=True)
OF_SGLANG = replace(OF_VLLM)
"""Equal to vLLM's; what it takes beside sampling values differs (structured/fields.py)."""
OF_TENSORRT_LLM = SamplingWords({**OF_VLLM.neutral, "top_k": 0})
OF_LLAMA_CPP = SamplingWords(
    # A GGUF file, or who started the server, may set any of these.
    {
        **{"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0, **_PENALTIES, "typical_p": 1.0, "top_n_sigma": -1.0},
        **{"dynatemp_range": 0.0, "xtc_probability": 0.0, "dry_multiplier": 0.0, "mirostat": 0},
    },
    renamed={"repetition_penalty": "repeat_penalty"},
)
OF_PROVIDER = SamplingWords()
"""Of a hosted API: it gets no sampling value unasked."""
_BY_OWNER = {"vllm": OF_VLLM, "sglang": OF_SGLANG, "tensorrt_llm": OF_TENSORRT_LLM, "llamacpp": OF_LLAMA_CPP}
"""By what these servers call the owner of their models in /v1/models."""

_NAMED = re.compile(rf"\b(?:{'|'.join(sorted({name for each in _BY_OWNER.values() for name in each.neutral}))})\b")


def names_neutral(error: str, given: Collection[str]) -> bool:
    """Return whether a server's error names a neutral value that the user did not give.

    >>> names_neutral("Extra inputs are not permitted: 'min_p'", ()), names_neutral("unknown field top_k", ("top_k",))
    (True, False)
    """
    return any(name not in given for name in _NAMED.findall(error))


def words_of_owner(details: Mapping[str, Any]) -> SamplingWords | None:
    """Return the words of the server that lists a model with these details; None if they don't tell its kind.

    >>> words_of_owner({"id": "m", "owned_by": "vllm"}) is OF_VLLM
    True
    """
    owner = details.get("owned_by")
    return _BY_OWNER.get(owner) if isinstance(owner, str) else None


def is_neutral(asked: bool | None, words: SamplingWords | None) -> bool | None:
    """Return whether requests carry neutral values; None while only the server can tell.

    Args:
        asked: ++inference.neutral.
        words: The server's, if its kind is known.
    """
    if asked is not None or words is None:
        return asked
    return bool(words.neutral)


def neutral_values(asked: bool | None, words: SamplingWords | None) -> Mapping[str, Any]:
    """Return the neutral values of a request to this server; a user who insists on them gets vLLM's by default."""
    if not is_neutral(asked, words):
        return {}
    return words.neutral if words is not None and words.neutral else OF_VLLM.neutral
