"""Streams as servers' documentation and sources show them, and the answers that they stand for."""

from __future__ import annotations

import json
from typing import Any


def sse(*events: Any, done: bool = True, between: str = "\n\n") -> bytes:
    """Events as a server writes them; a text stands as it is."""
    lines = [each if isinstance(each, str) else f"data: {json.dumps(each)}" for each in events]
    return "".join(f"{line}{between}" for line in [*lines, *(["data: [DONE]"] if done else [])]).encode()


def chunk(delta: Any = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta if delta is not None else {}, "finish_reason": finish}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **fields}


def usage(prompt: int, generated: int, **more: Any) -> dict[str, Any]:
    tokens = {"prompt_tokens": prompt, "completion_tokens": generated, "total_tokens": prompt + generated, **more}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": tokens}


def call(index: int, name: str | None = None, arguments: str = "", **fields: Any) -> dict[str, Any]:
    function = {"arguments": arguments} | ({} if name is None else {"name": name})
    return {"tool_calls": [{"index": index, "function": function, **fields}]}


VLLM = sse(
    chunk({"role": "assistant", "content": ""}),
    chunk({"reasoning": "Two and"}),
    chunk({"reasoning": " two."}),
    chunk({"content": "It is "}),
    chunk({"content": "4."}, "stop", stop_reason=None),
    usage(9, 7),
)
SGLANG = sse(
    chunk({"role": "assistant", "content": "", "reasoning_content": None, "tool_calls": None}),
    chunk({"role": None, "content": None, "reasoning_content": "Two and two.", "tool_calls": None}),
    chunk({"role": None, "content": "It is 4.", "reasoning_content": None, "tool_calls": None}),
    chunk({"role": None, "content": None}, "stop", matched_stop=151645),
    usage(9, 7),
)
LLAMA_CPP = sse(
    chunk({"role": "assistant", "content": None}),
    chunk({"reasoning_content": "Two and two."}),
    chunk({"content": "It is 4."}),
    chunk({}, "stop"),
    {**usage(9, 7), "timings": {"predicted_n": 7}},
)
OPENAI = sse(
    chunk({"role": "assistant", "content": "", "refusal": None}, service_tier="default", system_fingerprint="fp_1"),
    chunk({"content": "It is 4."}, usage=None, obfuscation="x8"),
    chunk({}, "stop", usage=None),
    usage(9, 7, completion_tokens_details={"reasoning_tokens": 3}),
)
OPENROUTER = sse(
    ": OPENROUTER PROCESSING",
    ": OPENROUTER PROCESSING",
    chunk({"role": "assistant", "content": "", "reasoning": "Two and two.", "reasoning_details": []}, provider="X"),
    chunk({"role": "assistant", "content": "It is 4.", "reasoning": None}),
    chunk({"role": "assistant", "content": ""}, "stop", native_finish_reason="STOP"),
    chunk({"role": "assistant", "content": ""}, usage=usage(9, 7)["usage"]),
)
DEEPSEEK = sse(
    ": keep-alive",
    chunk({"role": "assistant", "content": None, "reasoning_content": "Two "}),
    chunk({"content": None, "reasoning_content": "and two."}),
    ": keep-alive",
    chunk({"content": "It is 4.", "reasoning_content": None}),
    chunk({"content": "", "reasoning_content": None}, "stop", usage=usage(9, 7)["usage"]),
)
DASHSCOPE = sse(
    chunk({"content": None, "role": "assistant", "reasoning_content": ""}),
    chunk({"content": None, "reasoning_content": "Two and two."}),
    chunk({"content": "It is 4.", "reasoning_content": None}),
    chunk({"content": "", "reasoning_content": None}, "stop"),
    usage(9, 7),
    between="\r\n\r\n",
)
ANSWERS = {
    "vllm": VLLM,
    "sglang": SGLANG,
    "llama.cpp": LLAMA_CPP,
    "openrouter": OPENROUTER,
    "deepseek": DEEPSEEK,
    "dashscope": DASHSCOPE,
}
"""Each says 'It is 4.' after 'Two and two.', in 7 tokens after 9."""

CALLS = {
    "openai": sse(
        chunk({"role": "assistant", "content": None} | call(0, "add", id="call_a", type="function")),
        chunk(call(0, arguments='{"a": 1,')),
        chunk(call(0, arguments=' "b": 2}')),
        chunk(call(1, "add", id="call_b", type="function")),
        chunk(call(1, arguments='{"a": 3, "b": 4}')),
        chunk({}, "tool_calls"),
        usage(9, 30),
    ),
    "vllm, which gave each part an id": sse(
        chunk({"role": "assistant"}),
        chunk(call(0, "add", id="call_a", type="function")),
        chunk(call(0, arguments='{"a": 1, "b": 2}', id="chatcmpl-tool-x")),
        chunk(call(1, "add", id="call_b", type="function")),
        chunk(call(1, arguments='{"a": 3, "b": 4}', id="chatcmpl-tool-y")),
        chunk({}, "tool_calls"),
        usage(9, 30),
    ),
    "dashscope": sse(
        chunk({"role": "assistant", "content": None} | call(0, "add", '{"a": 1', id="call_a", type="function")),
        chunk({"content": None} | call(0, "", ', "b": 2}', id="", type="function")),
        chunk({"content": None} | call(1, "add", '{"a": 3, "b"', id="call_b", type="function")),
        chunk({"content": None} | call(1, "", ": 4}", id="", type="function")),
        chunk({"content": ""}, "tool_calls"),
        usage(9, 30),
    ),
    "gemini, whole and all of index 0": sse(
        chunk({"role": "assistant"} | call(0, "add", '{"a": 1, "b": 2}', id="call_a")),
        chunk({"role": "assistant"} | call(0, "add", '{"a": 3, "b": 4}', id="call_b")),
        chunk({"role": "assistant"}, "tool_calls"),
        usage(9, 30),
    ),
}
"""Each calls add(a=1, b=2) and add(a=3, b=4)."""
