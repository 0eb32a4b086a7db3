"""A tool parser as people released them in 2025: modules and a constructor that vLLM has since changed.

Finds <TOOLCALL>[{"name": …, "arguments": {…}}]</TOOLCALL>.
"""

import json
import re
from collections.abc import Sequence

from vllm.entrypoints.openai.protocol import (
    ChatCompletionRequest,
    DeltaMessage,
    ExtractedToolCallInformation,
    FunctionCall,
    ToolCall,
)
from vllm.entrypoints.openai.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager
from vllm.logger import init_logger
from vllm.transformers_utils.tokenizer import AnyTokenizer

logger = init_logger(__name__)
FOUND = re.compile(r"<TOOLCALL>(.*?)</TOOLCALL>", re.DOTALL)


@ToolParserManager.register_module("llama_nemotron_json")
class OldStyleToolParser(ToolParser):  # type: ignore[misc]
    def __init__(self, tokenizer: AnyTokenizer):
        super().__init__(tokenizer)
        print("the old-style tool parser is in use", flush=True)  # vLLM shows no log of a plugin's

    def extract_tool_calls(self, model_output: str, request: ChatCompletionRequest) -> ExtractedToolCallInformation:
        found = FOUND.search(model_output)
        if found is None:
            return ExtractedToolCallInformation(tools_called=False, tool_calls=[], content=model_output)
        calls = [
            ToolCall(type="function", function=FunctionCall(name=call["name"], arguments=json.dumps(call["arguments"])))
            for call in json.loads(found[1])
        ]
        before = model_output[: found.start()]
        return ExtractedToolCallInformation(tools_called=True, tool_calls=calls, content=before or None)

    def extract_tool_calls_streaming(
        self,
        previous_text: str,
        current_text: str,
        delta_text: str,
        previous_token_ids: Sequence[int],
        current_token_ids: Sequence[int],
        delta_token_ids: Sequence[int],
        request: ChatCompletionRequest,
    ) -> DeltaMessage | None:
        raise NotImplementedError("it does not stream")
