"""Looks at what gives access: the hub and its token, and the keys of servers. Names only; no secret is shown."""

from __future__ import annotations

import os

from northstar.core.credentials import shown_address
from northstar.doctor.check import Check
from northstar.servers.openai import ADDRESS_VARIABLE, key_variables

_OFFLINE = "Unset HF_HUB_OFFLINE to download; what is prepared works without."
_UNREACHED = (
    "Check the network, HF_ENDPOINT and HTTPS_PROXY. Without the hub, copy a data folder that was prepared elsewhere "
    "(--data_dir)."
)
_OTHER_KEYS = ("WANDB_API_KEY", "MLFLOW_TRACKING_TOKEN")


def hub(seconds: float) -> list[Check]:
    """Return whether the hub answers, and whether it takes the token that is set."""
    from huggingface_hub import constants, get_token
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    endpoint = shown_address(constants.ENDPOINT)
    where = token_source()
    details = {"endpoint": endpoint, "token": where, "offline": bool(constants.HF_HUB_OFFLINE)}
    said = f"a token is set ({where})" if where else "no token is set, which public benchmarks don't need"
    if details["offline"]:
        return [Check("hub", "warn", f"HF_HUB_OFFLINE is set: nothing is downloaded; {said}", _OFFLINE, details)]
    headers = {"Authorization": f"Bearer {get_token()}"} if where else {}
    try:
        status = get_session().get(f"{constants.ENDPOINT}/api/whoami-v2", headers=headers, timeout=seconds).status_code
    except Exception as error:  # requests' or httpx's, by huggingface_hub's version
        why = type(error).__name__
        return [Check("hub", "warn", f"{endpoint} can't be reached ({why}); {said}", _UNREACHED, details)]
    details["status"] = status
    if where and status == 401:
        todo = f"Make a token at {endpoint}/settings/tokens and set it, or remove this one."
        return [Check("hub", "fail", f"{endpoint} refuses the token ({where})", todo, details)]
    todo = "" if where else "For gated benchmarks (gpqa, hle): accept their terms, then hf auth login, or set HF_TOKEN."
    return [Check("hub", "ok", f"{endpoint} answers; {said}", todo, details)]


def token_source() -> str:
    """Return where the hub's token comes from, without it; '' if there is none."""
    from huggingface_hub import get_token

    if get_token() is None:
        return ""
    named = next((name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)), None)
    return named or "hf auth login"


def keys(_: float) -> list[Check]:
    """Return which variables with keys are set, and which address."""
    known = sorted({*key_variables(), *_OTHER_KEYS})
    there = [name for name in known if os.environ.get(name, "").strip()]
    address = os.environ.get(ADDRESS_VARIABLE, "").strip()
    details = {"set": there, "known": known, ADDRESS_VARIABLE: shown_address(address) if address else None}
    asks = f"; {ADDRESS_VARIABLE} is {shown_address(address)}" if address else ""
    wrong = [name for name in there if not _could_be_key(os.environ[name])]
    if wrong:
        todo = "Set it again, without spaces and line breaks."
        return [Check("keys", "fail", f"{', '.join(wrong)} holds characters that no key has{asks}", todo, details)]
    if there:
        return [Check("keys", "ok", f"set: {', '.join(there)}{asks}", "", details)]
    todo = "For models of a provider: MODEL_API_KEY or OPENAI_API_KEY; for a judge: JUDGE_API_KEY."
    return [Check("keys", "ok", f"none is set{asks}", todo, details)]


def _could_be_key(value: str) -> bool:
    key = value.strip()
    return key.isascii() and key.isprintable() and " " not in key
