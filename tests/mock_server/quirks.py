"""The failures that are one server's own, by server and by name."""

from __future__ import annotations

from tests.mock_server.shapes import Fault, as_json, completion, ended, error_in_200, failing

VLLM_CONTEXT = as_json(
    {
        "error": {
            "message": "This model's maximum context length is 2048 tokens. However, you requested 4120 tokens "
            "(2072 in the messages, 2048 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        }
    }
)
LLAMACPP_CONTEXT = as_json(
    {
        "error": {
            "code": 400,
            "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 2072,
            "n_ctx": 2048,
        }
    }
)
OPENAI_CONTEXT = as_json(
    {
        "error": {
            "message": "Your input exceeds what this model can read. Please shorten the messages.",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        }
    }
)


def _said(status: int, error: object) -> Fault:
    return Fault(status, as_json({"error": error}))


QUIRKS: dict[str, dict[str, Fault]] = {
    "vLLM": {
        "context_vllm": Fault(400, VLLM_CONTEXT),
        "context_vllm_negative": failing(400, "max_tokens must be at least 1, got -14."),
        "vllm_abort": ended("abort"),
        "vllm_error": ended("error"),
    },
    "SGLang": {
        "sglang_abort": ended("abort", ""),
        "sglang_abort_object": ended({"type": "abort", "message": "Scheduler hit an exception", "status_code": 503}),
        "sglang_abort_context": ended(
            {
                "type": "abort",
                "message": "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
                "status_code": 400,
                "err_type": "BadRequestError",
            }
        ),
    },
    "TensorRT-LLM": {"trtllm_cancelled": ended("cancelled"), "trtllm_not_finished": ended("not_finished")},
    "llama.cpp": {"context_llamacpp": Fault(400, LLAMACPP_CONTEXT)},
    "LMDeploy": {
        "context_lmdeploy": failing(400, "Input length 5000 exceeds session_len 4096"),
        "lmdeploy_no_room": completion(
            {},
            choices=[{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "length"}],
            usage={"prompt_tokens": 5000, "completion_tokens": 0, "total_tokens": 5000},
        ),
    },
    "OpenAI and Azure": {
        "context_openai": Fault(400, OPENAI_CONTEXT),
        "filtered": ended("content_filter", ""),
        "refusal": completion({"role": "assistant", "content": None, "refusal": "I'm sorry, I can't help with that."}),
    },
    "OpenRouter": {
        "openrouter_error": ended("error", native_finish_reason="engine_error"),
        "openrouter_native": ended("stop", native_finish_reason="abort"),
        "openrouter_choice_error": ended("stop", error={"code": 502, "message": "Provider returned error"}),
        "openrouter_429": error_in_200({"code": 429, "message": "Provider returned error"}),
        "openrouter_402": error_in_200({"code": 402, "message": "This request requires more credits."}),
        "openrouter_raw_context": error_in_200(
            {"code": 502, "message": "Provider returned error", "metadata": {"raw": VLLM_CONTEXT.decode()}}
        ),
        "openrouter_odd_reason": ended(None, native_finish_reason="wandered_off"),
        "openrouter_native_cut": ended("stop", native_finish_reason="MAX_TOKENS"),
        "openrouter_context": error_in_200(
            {"code": 400, "message": "This endpoint's maximum context length is 4096 tokens. You requested about 5000."}
        ),
    },
    "Anthropic": {
        "context_anthropic": failing(400, "prompt is too long: 210000 tokens > 200000 maximum"),
        "anthropic_overloaded": Fault(
            body=as_json({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
        ),
    },
    "Gemini": {
        "context_gemini": failing(
            400, "The input token count (40000) exceeds the maximum number of tokens allowed (32768)."
        ),
        "gemini_safety": ended("SAFETY", None),
        "gemini_thought_alone": completion(
            {},
            choices=[{"index": 0, "message": {"role": "assistant"}, "finish_reason": "length"}],
            usage={"prompt_tokens": 11, "completion_tokens": 0, "total_tokens": 2058},
        ),
    },
    "DeepSeek": {"deepseek_resource": ended("insufficient_system_resource")},
    "Mistral": {"mistral_error": ended("error")},
    "DashScope": {
        "context_dashscope": failing(400, "Range of input length should be [1, 30720]"),
        "dashscope_stream": failing(
            400, "This model only support stream mode, please enable the stream parameter to access the model. "
        ),
    },
    "Zhipu": {
        "context_zhipu": _said(400, {"code": "1261", "message": "Prompt exceeds max length"}),
        "zhipu_network": ended("network_error", ""),
    },
    "MiniMax": {
        "minimax_limit": Fault(
            body=as_json({"choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit reached"}})
        ),
    },
    "Groq": {"context_groq": failing(400, "Please reduce the length of the messages or completion.")},
    "LiteLLM": {
        "litellm_400": error_in_200({"message": "litellm.BadRequestError: OpenAIException - no"}),
        "litellm_context": error_in_200(
            "Error code: 400 - {'error': {'message': 'Your input exceeds the context window of this model.'}}"
        ),
    },
    "proxies": {
        "empty_without_reason": completion(
            {}, choices=[{"index": 0, "message": {"role": "assistant", "content": ""}}], usage=None
        ),
        "error_in_message": completion({"role": "assistant", "content": "half of i", "error": "connection lost"}),
        "code_beside_answer": completion({"role": "assistant", "content": "half of i"}, code=500, msg="boom"),
        "stop_reason_abort": ended(None, "half of i", stop_reason="abort"),
        "success_error": completion(
            {"role": "assistant", "content": r"\boxed{5}"}, error={"code": 0, "message": "success"}
        ),
        "error_in_stream": Fault(body=b'data: {"error": {"message": "slow down", "code": 429}}\n\ndata: [DONE]\n\n'),
        "overloaded_504": failing(504, "upstream request timeout: prompt took longer than the maximum of 60 s"),
        "queue_full_503": failing(503, "Request queue is full: number of input requests exceeds max"),
        "null_content": completion({"role": "assistant", "content": None}, usage=None),
        "zero_error": completion(
            {"role": "assistant", "content": r"\boxed{5}"}, error={"message": "", "type": "", "param": "", "code": None}
        ),
        "error_object": Fault(body=as_json({"object": "error", "message": "no", "type": "BadRequest", "code": 400})),
        "error_text": error_in_200("upstream connect error"),
        "detail_in_200": Fault(body=as_json({"detail": "Internal Server Error"})),
        "error_429_text": error_in_200({"code": "429", "message": "slow down"}),
        "error_quota": error_in_200({"type": "insufficient_quota", "message": "You exceeded your current quota"}),
        "error_401": error_in_200({"code": "invalid_api_key", "message": "Incorrect API key provided"}),
        "error_403": error_in_200({"code": 403, "message": "Forbidden"}),
        "error_404": error_in_200({"code": "model_not_found", "message": "The model `mock` does not exist"}),
        "error_500": error_in_200({"code": 500, "message": "boom"}),
    },
}
"""Server → name → fault."""
