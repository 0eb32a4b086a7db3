"""The table of models that can be told how much to reason: known by their chat template, else by their name."""

from __future__ import annotations

import re
from dataclasses import dataclass

LEVELS = ("low", "medium", "high")


@dataclass(frozen=True)
class Family:
    """Models that are told in the same words.

    Attributes:
        title: As people call them.
        levels: The efforts that they know, beside on and none.
        level: The template's variable for one of these.
        switch: The template's variable that turns the reasoning on and off.
        budget: The template's variable for the tokens.
        harmony: gpt-oss, whose prompts vLLM and SGLang write without a template.
        always: The reasoning can't be turned off.
    """

    title: str
    levels: tuple[str, ...] = ()
    level: str = ""
    switch: str = ""
    budget: str = ""
    harmony: bool = False
    always: bool = False


GPT_OSS = Family("gpt-oss", LEVELS, level="reasoning_effort", harmony=True, always=True)
_BY_NAME: tuple[tuple[str, Family], ...] = (
    (r"gpt-oss", GPT_OSS),
    (r"qwen3.*(?:thinking)|qwq", Family("Qwen's reasoning models", always=True)),
    (r"qwen3(?!.*(?:instruct|coder|embedding|reranker))", Family("Qwen3", switch="enable_thinking")),
    (r"deepseek-(?:r1|reasoner)", Family("DeepSeek R1", always=True)),
    (r"deepseek-v(?:3[.-][12]|4)", Family("DeepSeek V3.1 and later", switch="thinking")),
    (r"glm-(?:4[.-][5-9]|[5-9])", Family("GLM 4.5 and later", switch="enable_thinking")),
    (r"granite-3[.-][23]", Family("Granite 3.2 and 3.3", switch="thinking")),
    (r"smollm3", Family("SmolLM3", switch="enable_thinking")),
    (r"exaone-4", Family("EXAONE 4", switch="enable_thinking")),
    (r"hunyuan", Family("Hunyuan", switch="enable_thinking")),
    (r"gemma-4", Family("Gemma 4", switch="enable_thinking")),
    (r"nemotron-(?:nano-3|3-|cascade)", Family("Nemotron 3", switch="enable_thinking")),
    (r"seed-oss", Family("Seed-OSS", budget="thinking_budget")),
)
"""A pattern in the model's name, in lower case → its family; the first that is found. From their model cards."""


def family_of(model: str, template: str | None = None) -> Family | None:
    """Return the family of a model; None if neither its template nor its name tells.

    Args:
        model: Its name, or its folder's.
        template: Its chat template, where it is known; it is what the server goes by, whatever the model is called.

    >>> family_of("Qwen/Qwen3-8B").switch, family_of("Qwen/Qwen3-4B-Instruct-2507")
    ('enable_thinking', None)
    >>> family_of("my-model", "{% if enable_thinking %}<think>{% endif %}").switch
    'enable_thinking'
    """
    name = model.rstrip("/").rpartition("/")[2].lower().replace("_", "-")
    named = next((family for pattern, family in _BY_NAME if re.search(pattern, name)), None)
    return named if template is None else _by_template(template, named)


def _by_template(template: str, named: Family | None) -> Family | None:
    if "<|channel|>analysis" in template:
        return GPT_OSS
    level = "reasoning_effort" if _reads(template, "reasoning_effort") else ""
    switch = next((name for name in ("enable_thinking", "thinking") if _reads(template, name)), "")
    budget = "thinking_budget" if _reads(template, "thinking_budget") else ""
    if not (level or switch or budget):
        return named if named is not None and named.always else None
    title = named.title if named is not None else "its chat template"
    return Family(title, LEVELS if level else (), level, switch, budget)


def _reads(template: str, name: str) -> bool:
    """Return whether a template has a variable of this name: in a block, not in its text, and no message's field."""
    blocks = " ".join(re.findall(r"\{[%{].*?[%}]\}", template, re.DOTALL))
    bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", blocks)
    return re.search(rf"(?<![\w.]){name}\b(?!\s*=[^=]|\w)", bare) is not None
