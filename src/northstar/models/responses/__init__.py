"""The Responses API: chat requests in its words, and its answers in those of a chat completion."""
