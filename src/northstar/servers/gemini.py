"""Google's Gemini at its OpenAI-compatible address; the key comes from GEMINI_API_KEY."""

from __future__ import annotations

from northstar.servers.openai import OpenAIServer

# Its compatible address refuses requests with a seed: each is a draw of its own all the same.
SERVER = OpenAIServer(
    default_address="https://generativelanguage.googleapis.com/v1beta/openai",
    key_variable="GEMINI_API_KEY",
    model_prefix="models/",
    left_out=frozenset({"seed"}),
)
