"""Which errors mean that the model's context is too small."""

from __future__ import annotations

import time

import pytest

from northstar.models.reply.context_words import speaks_of_context, speaks_surely_of_context
from northstar.models.reply.error_body import error_message
from tests.mock_server import FAULTS


@pytest.mark.parametrize("server", sorted(name for name in FAULTS if name.startswith("context_")))
def test_each_servers_own_words_are_understood(server: str) -> None:
    assert speaks_of_context(error_message(FAULTS[server].body))


OF_CONTEXT = [
    # vLLM, of all ages
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, "
    "1000 in the completion). Please reduce the length of the messages or completion.",
    "This model's maximum context length is 4096 tokens. However, your request has 4110 input tokens. Please reduce "
    "the length of the input messages.",
    "max_tokens must be at least 1, got -14.",
    "max_completion_tokens must be at least 1, got -14.",
    "max_tokens must be at least 1, got 0.",
    "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens "
    "and your request has 12 input tokens (5000 > 4096 - 12).",
    "The decoder prompt (length 5000) is longer than the maximum model length of 4096. Make sure that `max_model_len` "
    "is no smaller than the number of text tokens.",
    # SGLang
    "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 "
    "tokens: 4000 tokens from the input messages and 1000 tokens for the completion.",
    # TensorRT-LLM
    "The sum of prompt length (5000.0), query length (0) should not exceed max_num_tokens (4096)",
    "default_max_tokens (-904) must be greater than 0, `default_max_tokens (-904) = max_seq_len (4096) - "
    "splited_prompt_len (5000)`",
    "Prompt length (5000) exceeds maximum input length (4096). Set log level to info and check TRTGptModel logs for "
    "how maximum input length is set",
    # llama.cpp, Ollama, LM Studio, TabbyAPI, MLC
    "the request exceeds the available context size, try increasing it",
    "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "the input length exceeds the context length",
    "input length exceeds maximum context length",
    "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length "
    "of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a "
    "shorter input",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "Error: Input length 6491 exceeds context length 1500",
    "Prompt length 5000 is greater than max_seq_len 4096",
    "Request prompt has 5000 tokens in total, larger than the model input length limit 4096.",
    # TGI, LMDeploy
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens",
    "Input validation error: `inputs` must have less than 1024 tokens. Given: 1500",
    "Input length 5000 exceeds session_len 4096",
    # OpenAI, Azure, GitHub, OpenRouter
    "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (130000 of "
    'text input, 10000 in the output). Please reduce the length of either one, or use the "middle-out" transform.',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
    "no words of any use (context_length_exceeded)",
    "Request body too large for gpt-4o model. Max size: 8000 tokens. (tokens_limit_reached)",
    # Anthropic
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or "
    "`max_tokens` and try again",
    # Gemini, Vertex
    "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
    "Unable to submit request because the input token count is 40000 but model only supports up to 32768. Reduce the "
    "input token count and try again.",
    # DashScope, Zhipu, Moonshot, MiniMax, SiliconFlow, Doubao, Baidu
    "Range of input length should be [1, 30720]",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]",
    "Prompt exceeds max length (1261)",
    "Prompt 超长 (1261)",
    "Invalid request: Your request exceeded model token limit: 8192",
    "invalid params, context window exceeds limit (2013)",
    "length of prompt_tokens (32769) must be less than max_seq_len (32768).",
    "Input length 50000 exceeds the maximum length 32768",
    "prompt tokens too long",
    # Groq, Cerebras, SambaNova, Together, Fireworks, Mistral, xAI, Cohere, Bedrock, watsonx
    "Please reduce the length of the messages or completion.",
    "Please reduce the length of the messages or completion. Current length is 8345 while limit is 8192",
    "The prompt is too long: 131080, model maximum context length: 131071",
    "Prompt contains 40960 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4107.",
    "too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.",
    "Input is too long for requested model.",
    "Too many input tokens. Max input tokens: 8192, request input token count: 10000",
    "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
    "Requested tokens (9000) exceed context window of 8192",
    "The model context length is 8192, but the prompt is 9000 tokens",
    # what is left for the answer
    "`max_tokens` must be at least 1, got -14",
    "'max_tokens' must be at least 1, got -14.",
    "max_tokens should be greater than 0, got -14",
    "max_new_tokens must be positive, got -3",
    "max_completion_tokens must be positive, but -20 was given",
    "max_tokens: Input should be greater than or equal to 1, input: -14",
    "`max_tokens` = -14 must be positive",
    "Invalid value for 'max_tokens': -14",
    # prompt and answer together
    "The sum of prompt tokens and max_tokens exceeds 8192",
    "The length of the prompt (9000 tokens) plus max_tokens (2048) exceeds 8192",
    "input tokens (9000) + max_new_tokens (2048) must be <= 8192",
    "Total tokens of image and text exceed max message tokens",
    "The total number of tokens (9000) exceeds the limit",
    "The request's total token count 9000 exceeds the maximum of 8192",
    "tokens in request more than max tokens allowed",
    # in few words
    "messages too long",
    "Conversation too long",
    "Token limit exceeded",
    "Input exceeds token limit",
    "Prompt is too large: 9000 tokens, maximum 8192",
    "sequence length 9000 exceeds maximum 8192",
    "prompt length 9000 > 8192",
    "Prompt token count of 9000 exceeds the limit of 8192",
    "prompt has 9000 tokens, but the limit is 8192",
    # in Chinese
    "输入长度超过限制",
    "输入长度超出模型限制",
    "输入token数超过最大限制",
    "当前请求的输入长度超过模型最大上下文长度",
    "请求内容超过模型最大长度",
    "上下文长度超出限制",
    "prompt 过长",
]


@pytest.mark.parametrize("message", OF_CONTEXT)
def test_the_words_of_many_servers_are_understood(message: str) -> None:
    assert speaks_of_context(message)


OF_OTHERS = [
    # what passes
    "upstream request timeout: prompt took longer than the maximum of 60 s",
    "Server overloaded: too many tokens in flight",
    "Request queue is full: number of input requests exceeds max",
    "Prompt queue length exceeds limit",
    "Too many input tokens waiting, server busy",
    "max_num_tokens worker restarted",
    "number of input tokens in queue too high, try later",
    "The number of concurrent requests exceeds the limit",
    "Your request was queued for longer than the maximum of 60 seconds",
    "Too many tokens, please wait before trying again.",
    "请求频率超过限制",
    "请求次数超过每分钟限制",
    # values of other fields
    "temperature: input 2.5 is larger than the maximum allowed 2",
    "top_p: input should be less than or equal to 1",
    "seed: input value is larger than the maximum 2147483647",
    "n must be less than or equal to 128, got 0",
    "stop: input length exceeds maximum of 4 sequences",
    "The user field exceeds the maximum length of 64 characters",
    "metadata: value length exceeds the maximum of 512",
    "tool description exceeds the maximum length of 1024",
    "logit_bias has too many tokens: the maximum is 300",
    "Access token length exceeds the limit",
    # other things than text
    "The image input exceeds the maximum size of 5 MB",
    "prompt contains too many images (12), the maximum is 10",
    "messages.0.content: the image URL is too long",
    "Input audio exceeds the maximum length of 30 seconds",
    "The input array exceeds the maximum length of 2048 items",
    "Request payload size exceeds the limit: 4194304 bytes.",
    "图片大小超过限制",
    # limits of answers
    "`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens` is less than the "
    "`context_window` for this model",
    "max_tokens (9000) exceeds the maximum of 8192",
    "max_tokens must be greater than 0",
    "max_tokens must be an integer, got 0.5",
    "max_completion_tokens exceeds the maximum number of output tokens, 4096",
    "",
    "Incorrect API key provided",
    "Unrecognized request argument supplied: top_k",
    # limits of rates
    "Rate limit reached: 30000 tokens per minute",
    "Request too large for gpt-4 in organization org on tokens per min (TPM): Limit 10000, Requested 20000. The "
    "input or output tokens must be reduced in order to run successfully.",
    "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 8000, please reduce your "
    "message size and try again.",
    "Too many tokens, please wait before trying again: your quota is used up.",
    # limits of answers: the setting is wrong for every prompt
    "max_tokens must be at least 1",
    "max_tokens is too large: 5000. This model supports at most 4096 completion tokens, whereas you provided 5000.",
    "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet-20241022",
    "Range of max_tokens should be [1, 8192]",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
    "The maximum tokens you requested exceeds the model limit of 4096. Try again with a lower value.",
    # a server that does not come up
    "Loading model with a context length of 131072, which takes longer than usual",
    "failed to create context with context size 131072: not enough memory, reduce the context length",
    "CUDA out of memory: prompt tokens exceed the maximum of the pool",
    # other lengths
    "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got 80.",
    "Conversation roles must alternate user/assistant/user/assistant",
    "Request Entity Too Large",
    "The uploaded file exceeds the maximum size",
    "prompt is too short",
    "Your stop sequences exceed the maximum of 4",
]


@pytest.mark.parametrize("message", OF_OTHERS)
def test_other_errors_are_not_mistaken_for_it(message: str) -> None:
    assert not speaks_of_context(message)


@pytest.mark.parametrize("message", OF_OTHERS)
def test_least_of_all_where_it_must_be_sure(message: str) -> None:
    assert not speaks_surely_of_context(message)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
        "the request exceeds the available context size, try increasing it",
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
        "The sum of prompt length (5000.0), query length (0) should not exceed max_num_tokens (4096)",
        "prompt is too long: 210000 tokens > 200000 maximum",
        "max_tokens must be at least 1, got -14.",
        "no words of any use (context_length_exceeded)",
    ],
)
def test_what_servers_say_of_nothing_else_is_sure(message: str) -> None:
    assert speaks_surely_of_context(message)


@pytest.mark.parametrize(
    "message",
    [
        "Prompt exceeds max length",
        "Model overloaded: your prompt exceeds the available context size",
        "CUDA out of memory: the prompt exceeds the context length",
        "Input is too long",
        "too many tokens",
        "Loading model with maximum context length: 4096",
        "Context size has been exceeded.",  # llama.cpp, where others fill the context that all share
    ],
)
def test_what_may_be_said_of_a_server_that_is_full_is_not_sure(message: str) -> None:
    assert not speaks_surely_of_context(message)


@pytest.mark.parametrize(
    "word", ["prompt ", "input exceeds ", "context length ", "max_tokens ", "request message ", "超过"]
)
def test_a_hostile_error_takes_no_time(word: str) -> None:
    begun = time.process_time()
    speaks_of_context(word * 100_000)
    assert time.process_time() - begun < 0.5
