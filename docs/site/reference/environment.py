"""The environment variables that Northstar reads. tests/docs holds that the code reads no others."""

from __future__ import annotations

from docs.site.reference.markdown import code, table

KEYS = {
    "MODEL_API_KEY": "the key of the model's server; goes before the one of its kind below",
    "JUDGE_API_KEY": "the key of the judge's server; goes before `OPENAI_API_KEY`",
    "OPENAI_API_KEY": "the key of OpenAI, and of any server at an address",
    "AZURE_OPENAI_API_KEY": "the key of Azure's",
    "GEMINI_API_KEY": "the key of Google's",
    "HF_TOKEN": "the Hugging Face Hub's, for gated data and models; what `hf auth login` keeps is read as well",
}
PLACES = {
    "OPENAI_BASE_URL": "the address that a `--model` is asked at, where neither an address nor a server type is given",
    "AZURE_OPENAI_ENDPOINT": "the address of an `azureopenai` server, where `--server_address` gives none",
    "NORTHSTAR_DATA_DIR": "where prepared rows lie, as `--data_dir`",
    "NORTHSTAR_CONFIG_DIR": "where cluster configs lie, as `--config_dir`",
    "NORTHSTAR_SANDBOX_ENV": "the environment of packages that programs of a model may import, or where to make it",
    "NORTHSTAR_INSTRUCTIONS_ENV": "the same of ifbench's and ifeval's verifiers",
    "NORTHSTAR_BFCL_V3_ENV": "the same of BFCL's checkers",
    "NORTHSTAR_GITHUB_ENDPOINT": "an address that is asked in place of GitHub's",
    "NORTHSTAR_PROMPTS_ENDPOINT": "an address that is asked for the prompts of libraries",
    "NORTHSTAR_SERVER_ENV": "variables, separated by commas, that a started server gets although they look secret",
    "NORTHSTAR_SSH_COMMAND": "the command in place of `ssh` to a cluster's login node",
    "NORTHSTAR_LEASE_SECONDS": "how long a job that shares a run may be silent before others take its work",
}
OTHERS = {
    "HF_ENDPOINT": "a mirror of the Hugging Face Hub",
    "HF_HOME": "where the hub's cache and token lie",
    "HF_HUB_CACHE": "where the hub's cache lies",
    "HF_HUB_OFFLINE": "`1`: ask the hub nothing; use what is there",
    "XDG_CACHE_HOME": "where caches of a user lie",
    "CUDA_VISIBLE_DEVICES": "the GPUs that a started server may use",
    "HTTPS_PROXY": "a proxy, also as `HTTP_PROXY`; `NO_PROXY` holds what is reached without one",
    "SSL_CERT_FILE": "certificates to trust, as a PEM file",
}


def page() -> str:
    """Return the page of environment variables."""
    parts = ["# Environment variables\n"]
    for heading, names in (("Keys", KEYS), ("Northstar's own", PLACES), ("Of the surroundings", OTHERS)):
        lines = [(code(name), meaning) for name, meaning in names.items()]
        parts += [f"## {heading}\n", table(("variable", "meaning"), lines)]
    parts.insert(2, "Keys are read from the environment alone, go to their own server, and are written nowhere.\n")
    return "\n".join(parts)
