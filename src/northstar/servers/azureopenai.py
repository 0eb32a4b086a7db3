"""Azure OpenAI, by its v1 interface: --server_address is https://RESOURCE.openai.azure.com, --model the deployment."""

from __future__ import annotations

from northstar.servers.openai import OpenAIServer

SERVER = OpenAIServer(
    address_variable="AZURE_OPENAI_ENDPOINT",
    address_ending="/openai/v1",
    key_variable="AZURE_OPENAI_API_KEY",
    needs_key=True,
    key_header="api-key",
    lists_models=False,  # it lists what can be deployed, not what is
)
