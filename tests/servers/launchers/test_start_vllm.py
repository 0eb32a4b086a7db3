"""The launcher gives plugins the module names that vLLM had; small packages are laid out like two of its versions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from northstar.servers.launchers import launcher

TODAY = {
    "vllm/__init__.py": "",
    "vllm/entrypoints/__init__.py": "",
    "vllm/entrypoints/openai/__init__.py": "",
    "vllm/entrypoints/generate/__init__.py": "",
    "vllm/entrypoints/generate/base/__init__.py": "",
    "vllm/entrypoints/generate/base/protocol.py": "class ToolCall: pass",
    "vllm/entrypoints/openai/chat_completion/__init__.py": "",
    "vllm/entrypoints/openai/chat_completion/protocol.py": "class ChatCompletionRequest: pass",
    "vllm/tokenizers/__init__.py": "class TokenizerLike: pass",
    "vllm/transformers_utils/__init__.py": "",
    "vllm/tool_parsers/__init__.py": "from vllm.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager",
    "vllm/tool_parsers/abstract_tool_parser.py": (
        "class ToolParser:\n"
        "    def __init__(self, tokenizer, tools=None): self.tokenizer, self.tools = tokenizer, tools\n"
        "class ToolParserManager: pass\n"
    ),
}
BEFORE = {
    "vllm/__init__.py": "",
    "vllm/entrypoints/__init__.py": "",
    "vllm/entrypoints/openai/__init__.py": "",
    "vllm/entrypoints/openai/protocol.py": "class ToolCall: old = True\nclass ChatCompletionRequest: pass",
    "vllm/entrypoints/openai/tool_parsers/__init__.py": "",
    "vllm/entrypoints/openai/tool_parsers/abstract_tool_parser.py": TODAY["vllm/tool_parsers/abstract_tool_parser.py"],
    "vllm/transformers_utils/__init__.py": "",
    "vllm/transformers_utils/tokenizer.py": "AnyTokenizer = object",
}
PLUGIN = """
from vllm.entrypoints.openai.protocol import ChatCompletionRequest, ToolCall
from vllm.entrypoints.openai.tool_parsers.abstract_tool_parser import ToolParser, ToolParserManager
from vllm.transformers_utils.tokenizer import AnyTokenizer

class Old(ToolParser):
    def __init__(self, tokenizer):
        super().__init__(tokenizer)

class New(ToolParser):
    def __init__(self, tokenizer, tools=None):
        super().__init__(tokenizer, tools)
"""


def run(folder: Path, files: dict[str, str], server: str) -> str:
    """What the launcher prints, with `server` as vLLM's API server."""
    for name, content in {**files, "vllm/entrypoints/openai/api_server.py": server}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    words = [sys.executable, launcher("start_vllm"), "--model", "m"]
    done = subprocess.run(words, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("files", "given"), [(TODAY, "'t', ['tool']"), (BEFORE, "'t'")], ids=["today", "before"])
def test_an_old_plugin_loads_in_new_and_old_versions(files: dict[str, str], given: str, tmp_path: Path) -> None:
    assert run(tmp_path, files, PLUGIN + f"print(ToolCall.__name__, Old({given}).tokenizer)") == "ToolCall t"


def test_a_constructor_that_takes_the_tools_gets_them(tmp_path: Path) -> None:
    assert run(tmp_path, TODAY, PLUGIN + "print(New('t', ['tool']).tools)") == "['tool']"


def test_an_old_parser_is_one_of_todays(tmp_path: Path) -> None:
    server = PLUGIN + "import vllm.tool_parsers as today\nprint(issubclass(Old, today.ToolParser))"
    assert run(tmp_path, TODAY, server) == "True"


def test_what_a_version_still_has_is_left_to_it(tmp_path: Path) -> None:
    assert run(tmp_path, BEFORE, PLUGIN + "print(ToolCall.old)") == "True"


def test_a_module_that_never_was_stays_unknown(tmp_path: Path) -> None:
    server = "try:\n    import vllm.entrypoints.openai.nothing\nexcept ModuleNotFoundError as error: print(error)"
    assert run(tmp_path, TODAY, server) == "No module named 'vllm.entrypoints.openai.nothing'"


def test_a_name_that_never_was_stays_unknown(tmp_path: Path) -> None:
    server = "try:\n    from vllm.entrypoints.openai.protocol import No\nexcept ImportError as error: print('cannot')"
    assert run(tmp_path, TODAY, server) == "cannot"


def test_the_server_runs_as_its_main_program_with_all_arguments(tmp_path: Path) -> None:
    assert run(tmp_path, TODAY, "import sys; print(__name__, sys.argv[1:])") == "__main__ ['--model', 'm']"


def test_processes_that_the_server_spawns_know_the_old_names_too(tmp_path: Path) -> None:
    server = (
        "import multiprocessing\n"
        "import vllm.worker\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=vllm.worker.work)\n"
        "    process.start(); process.join()\n"
    )
    worker = "def work():\n    from vllm.entrypoints.openai.protocol import ToolCall\n    print(ToolCall.__name__)"
    assert run(tmp_path, {**TODAY, "vllm/worker.py": worker}, server) == "ToolCall"
