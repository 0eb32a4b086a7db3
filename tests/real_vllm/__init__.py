"""The real vLLM, its CPU build, in an environment of its own, with a small model: for tests and for the bench.

NORTHSTAR_TEST_VLLM names the interpreter of such an environment; `make`, or CI=true, makes one in the user's cache
(3.5 GB, some minutes, once). Without either, whoever needs it is told why there is none.
"""

from tests.real_vllm.environment import NoVllm, find_interpreter, model_folder

__all__ = ["NoVllm", "find_interpreter", "model_folder"]
