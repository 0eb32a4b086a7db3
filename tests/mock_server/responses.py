"""The mock server's Responses API: a request as the chat request that it stands for, and an answer in its form."""

from __future__ import annotations

from typing import Any

from tests.mock_server.shapes import Fault, as_json


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The chat request that a response's request stands for; KeyError or TypeError for what is none."""
    messages: list[dict[str, Any]] = []
    if body.get("instructions"):
        messages.append({"role": "system", "content": body["instructions"]})
    for item in [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]:
        kind = item.get("type", "message")
        last = messages[-1] if messages and messages[-1]["role"] == "assistant" else None
        if kind == "function_call_output":
            messages.append({"role": "tool", "content": item["output"], "tool_call_id": item["call_id"]})
        elif kind == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            if last is None:
                messages.append(last := {"role": "assistant", "content": ""})
            last.setdefault("tool_calls", []).append(call)
        elif kind == "message":
            content = item["content"]
            text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
            messages.append({"role": item["role"], "content": text})
    chat = {name: value for name, value in body.items() if name not in ("input", "instructions", "tools")}
    chat["messages"] = messages
    if "tools" in body:
        functions = [{name: tool[name] for name in tool if name not in ("type", "strict")} for tool in body["tools"]]
        chat["tools"] = [{"type": "function", "function": function} for function in functions]
    if "max_output_tokens" in body:
        chat["max_tokens"] = body["max_output_tokens"]
    return chat


def as_response(answer: dict[str, Any]) -> dict[str, Any]:
    """The response that says what a chat completion says."""
    choice, usage = answer["choices"][0], answer["usage"]
    message = choice["message"]
    output: list[dict[str, Any]] = []
    if thought := message.get("reasoning_content"):
        content = [{"type": "reasoning_text", "text": thought}]
        output.append({"type": "reasoning", "id": "rs_0", "summary": [], "content": content})
    if message.get("content"):
        output.append(said(message["content"]))
    for number, call in enumerate(message.get("tool_calls", ())):
        function = call["function"]
        output.append(called(function["name"], function["arguments"], call.get("id") or f"call_{number}"))
    cut = choice["finish_reason"] == "length"
    return {
        "id": "resp_mock",
        "object": "response",
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "error": None,
        "model": answer["model"],
        "output": output,
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
            "total_tokens": usage["total_tokens"],
        },
    }


def said(text: str, **fields: Any) -> dict[str, Any]:
    """An item of text."""
    content: list[dict[str, Any]] = [{"type": "output_text", "text": text, "annotations": [], "logprobs": None}]
    return {"type": "message", "id": "msg_0", "role": "assistant", "status": "completed", "content": content, **fields}


def called(name: str, arguments: str, call_id: str = "call_0") -> dict[str, Any]:
    """An item of a call."""
    return {"type": "function_call", "id": "fc_0", "call_id": call_id, "name": name, "arguments": arguments}


def response(*output: Any, **fields: Any) -> Fault:
    """A 200 with a response of these items; `fields` replace its own (None: left out)."""
    answer = {
        "id": "resp_0",
        "object": "response",
        "status": "completed",
        "model": "mock",
        "output": list(output),
        "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        **fields,
    }
    return Fault(body=as_json({name: value for name, value in answer.items() if value is not None}))
