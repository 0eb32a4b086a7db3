"""Finds out whether a run's prompts open the model's reasoning: an answer without the end tag is then no answer.

Many chat templates end a prompt with <think>, so that the answer's text has no opening tag. Whether they do depends on
the messages, the template's arguments and the last message (DeepSeek's opens none after a tool's result), and cannot be
read from the template. So a prompt of the run itself is rendered and examined: once for each kind of last message, and
again with the next sample if that fails for a passing reason.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from northstar.config.settings import EvalSettings
from northstar.core.errors import NorthstarError
from northstar.models.conversation import Conversation
from northstar.models.failures import GaveUp, Refused
from northstar.models.reply.reasoning import Tag, tag_left_open
from northstar.models.templates.chat_template import Messages, Prompt, TemplateKilled
from northstar.models.templates.finding import Finding, unknown
from northstar.models.templates.model_folder import special_tokens
from northstar.models.templates.shown_prompt import shown_prompt
from northstar.models.tools import Tools

MOST_REFUSALS = 16
"""After this many prompts in a row that a server refuses to show, it counts as showing none."""


class OpenedReasoning:
    """Finds out whether the prompts of one benchmark, or one judge, open a reasoning; `learnt` hears each finding."""

    def __init__(self) -> None:
        self.learnt: Callable[[], None] = lambda: None
        self._found: dict[str, Finding] = {}
        self._failed: dict[str, Finding] = {}
        """Passing failures: shared with those who waited for the same try, and with nobody after them."""
        self._refusals: Counter[str] = Counter()
        self._findings: dict[str, str] = {}
        self._lock = asyncio.Lock()

    @property
    def findings(self) -> dict[str, str]:
        """Role of the last message → what the prompt leaves open: {'user': 'the prompt opens <think>'}."""
        return dict(self._findings)

    @property
    def tags(self) -> list[Tag]:
        """The tags that were found open."""
        return [finding.tag for finding in self._found.values() if finding.tag is not None]

    async def by(
        self,
        conversation: Conversation,
        messages: Messages,
        settings: EvalSettings,
        tools: Tools | None,
        prompt: Prompt | None,
        tags_shown: bool,
    ) -> Tag | None:
        """Return the tag that a prompt of these messages leaves open.

        None if none is open, if that is unknown, or if it makes no difference (++parse_reasoning is given).

        Args:
            conversation: Asks the server to show the prompt.
            messages: The messages.
            settings: The run's settings.
            tools: Tools for the template to show.
            prompt: The prompt that is sent, if not the messages.
            tags_shown: Whether the server writes special tokens.
        """
        if settings.parse_reasoning is not None:
            return None
        role = str(messages[-1].get("role")) if messages else ""
        if (known := self._found.get(role)) is not None:
            return known.tag
        failed = self._failed.get(role)
        async with self._lock:
            if (known := self._found.get(role)) is not None:
                return known.tag
            if (just_failed := self._failed.get(role)) is not None and just_failed is not failed:
                return just_failed.tag
            try:
                finding = self._found[role] = await _find(conversation, messages, settings, tools, prompt, tags_shown)
            except (GaveUp, TemplateKilled) as failure:
                finding = self._failed[role] = unknown(failure, yet=True)
            except Refused as failure:
                finding = unknown(failure)
                self._refusals[role] += 1
                if self._refusals[role] == MOST_REFUSALS:
                    self._found[role] = finding
            if self._findings.get(role) != finding.about:
                self._findings[role] = finding.about
                self.learnt()
            return finding.tag


async def _find(
    conversation: Conversation,
    messages: Messages,
    settings: EvalSettings,
    tools: Tools | None,
    prompt: Prompt | None,
    tags_shown: bool,
) -> Finding:
    """Find out about one prompt. Raises GaveUp and TemplateKilled, which may pass, and Refused, for these messages."""
    endpoint = conversation.endpoint
    if prompt is None and endpoint.reads_reasoning:
        return Finding(None, "the server tells reasoning apart")
    if "chat_template" in settings.inference.extra_body:
        return unknown("the template comes with the requests")
    try:
        shown = await shown_prompt(conversation, messages, settings.chat_template_kwargs, tools, prompt)
    except TemplateKilled:
        raise
    except NorthstarError as failure:
        return unknown(failure)
    if shown is None:
        return unknown("neither the server nor a model's folder shows the prompt")
    tag = tag_left_open(shown.text, settings.end_reasoning_string, before=shown.before, last_message=shown.last_message)
    if tag is None:
        return Finding(None, "the prompt opens none")
    if not tags_shown and tag.end in special_tokens(endpoint.model_folder):
        return unknown(f"the prompt opens {tag.begin}, and the server leaves {tag.end} out of texts")
    return Finding(tag, f"the prompt opens {tag.begin}")
