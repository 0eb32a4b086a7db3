"""The option that chooses a library of prompts, of `ns eval` and `ns judge`."""

from __future__ import annotations

from dataclasses import dataclass

from northstar.config.options.option import option


@dataclass(frozen=True, kw_only=True)
class PromptOptions:
    """Whose words are asked."""

    prompts: str | None = option(
        None,
        help="The library of prompts that ++prompt_config names, and whose own choice is asked without it: "
        "nemo-skills, or nemo-skills@COMMIT; hle, scicode [dim](default: Northstar's own words)[/dim].",
        panel="What to run",
    )
