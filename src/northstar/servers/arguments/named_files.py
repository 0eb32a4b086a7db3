"""Files that a server's arguments must find: plugins and templates, which it would miss after minutes of loading."""

from __future__ import annotations

from pathlib import Path

from northstar.config.mounts import missing_mount
from northstar.config.plan import ServerPlan
from northstar.servers.arguments.arguments import argument_parts, server_words

_NAMING_FILES = ("plugin", "chat-template", "chat_template")
"""In the names of arguments whose values, where they are paths, must be files."""


def missing_files(plan: ServerPlan) -> list[str]:
    """A sentence for each plugin or template that the plan's arguments name and that is not there.

    In a container only the server sees them, and nothing is said.
    """
    if plan.step is not None and plan.step.contained:
        return []
    missing: list[str] = []
    option = ""
    for name, value in argument_parts(server_words(plan)):
        option = name if name.startswith("-") else option
        given = value if name.startswith("-") else name
        if given is None or not any(part in option for part in _NAMING_FILES) or not _is_path(given):
            continue
        path = Path(plan.seen(given)).expanduser()
        if not path.exists():
            missing.append(f"{plan.option('server_args')}: {option}: there is no {given}.{missing_mount(path)}")
    return missing


def _is_path(text: str) -> bool:
    """'chatml' is the name of a template, and so may be a template itself."""
    return text.startswith(("/", "./", "../", "~/")) or (text.endswith((".py", ".jinja")) and "\n" not in text)
