"""The typed settings of an evaluation, set by `++overrides`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from northstar.core.errors import NorthstarError
from northstar.core.parsing import Malformed, parsed_json
from northstar.core.regular import read_whole

ReasoningWords = Literal[
    "vllm", "sglang", "trtllm", "llamacpp", "openai", "openrouter", "deepseek", "dashscope", "anthropic", "gemini"
]
GREEDY_TEMPERATURE = 0.0
SAMPLED_TEMPERATURE = 0.7
DEFAULT_TOP_P = 0.95
_FIELDS_OF_OURS = frozenset(
    ("model", "messages", "prompt", "input", "instructions", "seed", "n", "stream", "chat_template_kwargs")
) | {
    *("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "stop", "max_tokens", "max_completion_tokens"),
    "max_output_tokens",
}


NO_SYSTEM_MESSAGE = "none"
"""The system message with which none is sent, the prompt's own neither."""

_STORED_ALWAYS = frozenset(("temperature", "top_p", "top_k", "min_p", "stop", "extra_body", "endpoint_type"))
"""What no user sets all of, and every stored plan holds."""
_STORED_WHERE_SET = ("neutral", "json_schema", "regex", "reasoning_effort", "reasoning_budget", "reasoning_words")
_AS_NOT_SET: dict[str, float | None] = {"temperature": None, "top_p": DEFAULT_TOP_P}
"""What a stored plan holds of a field that is always sent and wasn't set."""
_SET = "set"
_OF_TOOLS = ("python_tool", "tools")
_OF_STRUCTURE = frozenset(("response_format", "structured_outputs", "json_schema", "regex"))


def read_schema(path: str) -> Any:
    """Read a JSON schema from a file. Raises ValueError."""
    try:
        return parsed_json(read_whole(Path(path).expanduser()))
    except OSError as error:
        raise ValueError(f"cannot read the schema {path}: {error.strerror}") from None
    except Malformed as error:
        raise ValueError(f"the schema {path} is not JSON ({error})") from None
    except NorthstarError as error:
        raise ValueError(str(error)) from None


class Settings(BaseModel):
    """Base of all settings: frozen, rejects unknown keys and booleans for numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class InferenceSettings(Settings):
    """How answers are sampled. None is not sent: the server's default applies.

    An unset temperature is 0 for the greedy generation and 0.7 for seeds.
    """

    temperature: float | None = Field(
        None, ge=0, le=10, description="0 for one greedy generation, 0.7 for seeds, unless given"
    )
    top_p: float | None = Field(DEFAULT_TOP_P, gt=0, le=1, description="nucleus sampling")
    top_k: int | None = Field(None, ge=-1, description="sample among the k likeliest tokens")
    min_p: float | None = Field(None, ge=0, le=1, description="drop tokens below this share of the likeliest one")
    tokens_to_generate: int | None = Field(2048, ge=1, description="at most so many an answer, reasoning included")
    repetition_penalty: float | None = Field(None, gt=0, description="as the server understands it")
    neutral: bool | None = Field(
        None,
        description="True: what isn't given changes no probability; False: the model's files and the server decide; "
        "not given: True where the server is vLLM, SGLang, TensorRT-LLM or llama.cpp",
    )
    stop: list[str] | None = Field(None, description="strings that end the answer")
    json_schema: dict[str, Any] | None = Field(
        None, description="a JSON schema that answers must agree with, or a file of one, as the server takes it"
    )
    regex: str | None = Field(None, min_length=1, description="a pattern that whole answers must match, likewise")
    reasoning_effort: Literal["none", "on", "minimal", "low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="how much the model reasons, in the words of its server; on: as much as it does by default"
    )
    reasoning_budget: int | None = Field(None, ge=1, description="tokens that the model may reason")
    reasoning_words: ReasoningWords | None = Field(
        None, description="whose words say so; not given: by --server_type, the address and the model"
    )
    stream: Literal[True, False, "auto"] = Field(
        "auto", description="answers come as streams; auto: where the server or a gateway before it takes nothing else"
    )
    extra_body: dict[str, Any] = Field(default_factory=dict, description="further fields of each request, as they are")
    endpoint_type: Literal["chat", "text", "responses"] = Field(
        "chat",
        description="text: plain completions, the model's chat template applied first, if it has one; responses: "
        "the Responses API",
    )
    apply_chat_template: bool | None = Field(
        None, description="of text: False sends the prompt as it is, True insists; not given: if the model has one"
    )

    @field_validator("extra_body")
    @classmethod
    def _none_of_ours(cls, value: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(_FIELDS_OF_OURS & value.keys()):
            raise ValueError(f"'{taken[0]}' is set by Northstar or by a setting of its own")
        return value

    @field_validator("json_schema", mode="before")
    @classmethod
    def _read_schema(cls, value: Any) -> Any:
        return read_schema(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_structure(self) -> InferenceSettings:
        if self.regex is not None and self.json_schema is not None:
            raise ValueError("json_schema and regex both say what answers must be; leave one out")
        structured = self.regex is not None or self.json_schema is not None
        if structured and (taken := sorted(_OF_STRUCTURE & self.extra_body.keys())):
            raise ValueError(f"extra_body.{taken[0]} and json_schema or regex say the same thing; leave one out")
        return self

    @model_validator(mode="before")
    @classmethod
    def _as_it_was_stored(cls, given: Any) -> Any:
        """Treat stored defaults as unset, unless `set` names them; older plans have no `set`."""
        if not isinstance(given, dict) or not given.keys() >= _STORED_ALWAYS:
            return given
        said = given.get(_SET, ())
        unset = {name for name, value in _AS_NOT_SET.items() if given[name] == value and name not in said}
        return {name: value for name, value in given.items() if name not in unset and name != _SET}

    @model_serializer(mode="wrap")
    def _as_it_is_stored(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialize(self)
        if self.stream == "auto":
            fields.pop("stream", None)
        for name in _STORED_WHERE_SET:  # so that plans of versions without it stay equal
            if fields.get(name) is None:
                fields.pop(name, None)
        said = [
            name for name, value in _AS_NOT_SET.items() if name in self.model_fields_set and fields.get(name) == value
        ]
        return fields | ({_SET: said} if said else {})

    def values(self) -> dict[str, Any]:
        """Return all fields with their values, set or not."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def temperature_for(self, seed: int | None) -> float | None:
        """Return the user's temperature, or the default: 0 for the greedy generation (seed None), 0.7 for a seed."""
        if "temperature" in self.model_fields_set:
            return self.temperature
        return GREEDY_TEMPERATURE if seed is None else SAMPLED_TEMPERATURE

    @property
    def asked_for(self) -> frozenset[str]:
        """Return the always-sent request fields that the user did not set to null."""
        return frozenset(
            name for name in _AS_NOT_SET if name in self.model_fields_set and getattr(self, name) is not None
        )


class SandboxSettings(Settings):
    """Where model-written programs run."""

    workers: int | None = Field(None, ge=1, description="programs at once; not given: one less than cores")


class PythonToolSettings(Settings):
    """Limits of the Python that ++tools=python offers."""

    calls: int = Field(32, ge=1, description="of ++tools=python: at most so many calls a sample")
    tokens: int | None = Field(None, ge=1, description="at most so many tokens in all answers of a sample together")
    timeout_seconds: float = Field(10.0, gt=0, le=3600, description="CPU time of a call; twice that in all")
    memory_gigabytes: float = Field(2.0, gt=0, description="memory of a sample's interpreter")
    output_characters: int = Field(20_000, ge=100, description="longer results lose their middle")


class RunSettings(Settings):
    """Settings of the run that change no answer: concurrency, retries, timeouts, workers."""

    max_concurrent_requests: int = Field(512, ge=1, description="requests in flight at once")
    request_timeout: float = Field(14400, gt=0, description="seconds one request may take")
    max_retries: int = Field(8, ge=0, description="how often a request that failed in passing is sent again")
    unanswered: Literal["ask_again", "record_error"] = Field(
        "ask_again",
        description="a sample that no try answered or graded: tried by the next run, or an error that counts as wrong",
    )
    grading_workers: int | None = Field(None, ge=1, description="processes for grading; not given: one less than cores")
    sandbox: SandboxSettings = SandboxSettings()


class EvalSettings(Settings):
    """How a benchmark or a judge is prompted, sampled and graded."""

    inference: InferenceSettings = InferenceSettings()
    system_message: str | None = Field(
        None,
        description="sent as the system message, even if empty; none: no such message; not given: the prompt's own",
    )
    prompt_config: str | None = Field(
        None, min_length=1, description="a prompt of Northstar or of a library by name, or a YAML file by path"
    )
    parse_reasoning: bool | None = Field(
        None, description="True: grade only what follows end_reasoning_string; False: grade all; not given: detect"
    )
    end_reasoning_string: str = Field("</think>", min_length=1, description="what ends the reasoning")
    max_samples: int | None = Field(
        None, ge=-1, description="only the first rows of each benchmark, of its parts in turn if it has any; -1 for all"
    )
    context_overflow: Literal["fail", "reduce_generation"] = Field(
        "fail", description="where prompt and answer exceed the context: an error, or fewer tokens for the answer"
    )
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict, description="arguments of the chat template")
    use_client_parsing: bool = Field(
        True,
        description="True: tool calls are read here, from the raw text; False: by the server, from its chat endpoint",
    )
    tool_parser: str | None = Field(None, description="the form of the model's tool calls; not given: by its name")
    eval_config: dict[str, Any] = Field(default_factory=dict, description="settings of the benchmark's grader")
    python_tool: PythonToolSettings | None = None

    @field_validator("system_message")
    @classmethod
    def _no_mistyped_none(cls, value: str | None) -> str | None:
        if value in ("null", "None"):
            raise ValueError(f"it would send the word {value}; write none for no system message, '' for an empty one")
        return value

    @field_validator("max_samples")
    @classmethod
    def _some(cls, value: int | None) -> int | None:
        if value == 0:
            raise ValueError("must be at least 1, or -1 for all")
        return value

    @model_serializer(mode="wrap")
    def _without_tools_unset(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what only tools need, so that plans of versions without them stay equal."""
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value is not None or name not in _OF_TOOLS}

    @property
    def row_limit(self) -> int | None:
        """Return max_samples; None for -1, no limit."""
        return None if self.max_samples in (None, -1) else self.max_samples


class AllSettings(EvalSettings, RunSettings):
    """Everything that `++key=value` can set on `ns eval`."""

    tools: Literal["python"] | None = Field(
        None, description="python: every benchmark NAME is asked as NAME+python, whose model may run Python"
    )

    @property
    def asked(self) -> EvalSettings:
        """Return the settings of a benchmark or a judge."""
        return EvalSettings(**{name: getattr(self, name) for name in EvalSettings.model_fields})

    @property
    def run(self) -> RunSettings:
        """Return the settings of the run."""
        return RunSettings(**{name: getattr(self, name) for name in RunSettings.model_fields})


def setting_named(name: str) -> tuple[str, ...] | None:
    """Find a setting's path by its last name: temperature → (inference, temperature)."""
    if name in AllSettings.model_fields:
        return (name,)
    parts: dict[str, type[Settings]] = {
        "inference": InferenceSettings,
        "sandbox": SandboxSettings,
        "python_tool": PythonToolSettings,
    }
    return next(((part, name) for part, fields in parts.items() if name in fields.model_fields), None)
