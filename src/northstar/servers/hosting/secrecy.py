"""What of the user's secrets a server that is started gets to know: no more than it needs."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from northstar.config.plan import ServerPlan
from northstar.core.credentials import has_known_form, is_secret_setting, is_secret_variable, secret_values
from northstar.core.errors import UsageError
from northstar.servers.arguments.arguments import argument_parts, split_words

VARIABLE = "NORTHSTAR_SERVER_ENV"
"""Names, parted by commas, of further secrets that a server is given."""
_NEEDED = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN", "NGC_API_KEY")
"""With these a server downloads a model that is gated, or private."""
_OF_STORAGE = {
    "s3://": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    "gs://": ("GOOGLE_APPLICATION_CREDENTIALS",),
    "az://": ("AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_CLIENT_SECRET"),
}
"""With these one that lies in a store of objects."""
_SHORTEST_KNOWN = 12


def passed_on(plan: ServerPlan, keys: Collection[str]) -> list[str]:
    """The variables that the server gets though they hold secrets. keys: those of other servers, if it asks them."""
    stores = (names for start, names in _OF_STORAGE.items() if start in f"{plan.model} {plan.args} {plan.entrypoint}")
    asked = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return sorted({*_NEEDED, *keys, *(name for names in stores for name in names), *filter(None, asked)})


def check_no_secrets(plan: ServerPlan, words: Sequence[str]) -> None:
    """Raises UsageError for a key in the server's command line, which is written down, and seen by other users."""
    entry = split_words(plan.entrypoint, plan.option("server_entrypoint")) if plan.entrypoint else []
    known = [value for value in secret_values(os.environ) if len(value) >= _SHORTEST_KNOWN]
    for option, each in (("server_args", words), ("server_entrypoint", entry)):
        for name, value in argument_parts(each):
            if value and is_secret_setting(name.lstrip("-")):
                raise UsageError(f"{plan.option(option)}: {name} would be written down; {_SAY_INSTEAD}")
        for word in each:
            name, equals, value = word.partition("=")
            assigned = equals and value and not name.startswith("-") and is_secret_variable(name)
            if assigned or has_known_form(word) or any(secret in word for secret in known):
                raise UsageError(f"{plan.option(option)} holds what looks like a key; {_SAY_INSTEAD}")


_SAY_INSTEAD = f"keep it in the environment, and name its variable in {VARIABLE}, so that the server is given it."
