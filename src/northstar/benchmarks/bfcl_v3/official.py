"""The official checkers and simulated tools; runs in bfcl-eval's environment, not in Northstar's.

compute/worker.py calls these functions by name, with JSON in and out. A model's calls can only be method calls on the
simulated classes, where the official handlers evaluate a string. This module keeps nothing between two
requests: each one sends all calls of its conversation so far, and new instances of the classes execute them.
"""

from __future__ import annotations

import ast
import copy
import decimal
import importlib
import inspect
import json
import sys
import types
from typing import Any

MODEL = "northstar"
"""The checker builds identifiers from the model's name; with some names both sides fail, and any answer passes."""

Call = list[Any]
"""[name, {argument: value}]"""

_OURS = (ImportError, PermissionError, MemoryError)
"""Failures of this process rather than of a call: they give no result and no verdict, for model or reference."""

_clean_context = decimal.getcontext().copy()


def prepare() -> None:
    """Import everything needed, but not the list of models, which requires every provider's package."""
    models = types.ModuleType("bfcl_eval.constants.model_config")
    # Function names are sent with underscores for dots, and come back that way.
    models.MODEL_CONFIG_MAPPING = {MODEL: types.SimpleNamespace(underscore_to_dot=True)}  # type: ignore[attr-defined]
    sys.modules[models.__name__] = models
    importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker")
    checker = importlib.import_module("bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker")
    for module in _calling().CLASS_FILE_PATH_MAPPING.values():
        importlib.import_module(module)
    checker.execute_multi_turn_func_call = _executed  # type: ignore[attr-defined]
    importlib.import_module("_strptime")  # as the first call of datetime.strptime does


def check_calls(
    category: str, functions: list[dict[str, Any]], expected: list[Any], calls: list[Call]
) -> dict[str, Any]:
    """Check one answer's calls against the reference: {"valid": …}, if false with "error_type" and "error"."""
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    language = {"java": "Java", "javascript": "JavaScript"}.get(category, "Python")
    answer = [{name: arguments} for name, arguments in calls]
    try:
        verdict = ast_checker(functions, answer, expected, language, category, MODEL)
    except _OURS:
        raise
    except Exception as error:  # for values that the checker did not expect
        return {"valid": False, "error_type": "checker_error", "error": f"{type(error).__name__}: {error}"}
    return _verdict(verdict, verdict.get("error", ""))


def execute(entry: dict[str, Any], steps: list[list[Call]]) -> list[str]:
    """Return the results of the last step's calls, after executing those of all steps before it."""
    tools = _Tools(entry["initial_config"], entry["involved_classes"], _is_long(entry["category"]))
    results: list[str] = []
    for calls in steps:
        results = [tools.call(name, arguments) for name, arguments in calls]
    return results


def check_turns(entry: dict[str, Any], expected: list[list[str]], turns: list[list[list[Call]]]) -> dict[str, Any]:
    """Check a whole conversation, turn → step → calls, with as many turns as the reference: {"valid": …}."""
    from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker import multi_turn_checker

    _instances.clear()
    _reset_precision()
    verdict = multi_turn_checker(turns, expected, entry, entry["category"], MODEL)
    _instances.clear()
    return _verdict(verdict, verdict.get("error_message", ""))


class _Tools:
    """The simulated classes of one entry, with their state."""

    def __init__(self, initial_config: dict[str, Any], classes: list[str], long_context: bool) -> None:
        _reset_precision()
        self.instances: dict[str, Any] = {}
        self._methods: dict[str, Any] = {}
        for name in classes:
            instance = getattr(importlib.import_module(_calling().CLASS_FILE_PATH_MAPPING[name]), name)()
            if name not in _calling().STATELESS_CLASSES:
                instance._load_scenario(copy.deepcopy(initial_config.get(name, {})), long_context=long_context)
                if long_context:  # parts of the large state belong to the module, so changes to them would persist
                    instance.__dict__ = copy.deepcopy(instance.__dict__)
            self.instances[name] = instance
            public = (each for each in inspect.getmembers(instance, inspect.ismethod) if not each[0].startswith("_"))
            self._methods |= dict(public)

    def call(self, name: str, arguments: dict[str, Any], positional: tuple[Any, ...] = ()) -> str:
        """Return the result, or the error, as the official handlers word it."""
        try:
            if name not in self._methods:
                raise NameError(f"name '{name}' is not defined")
            result = self._methods[name](*positional, **arguments)
            return _as_text(result)
        except _OURS:
            raise
        except Exception as error:
            return f"Error during execution: {error}"


_instances: dict[str, _Tools] = {}
"""The two sides of the conversation being checked: the model's and the reference's."""


def _executed(
    func_call_list: list[Any],
    initial_config: dict[str, Any],
    involved_classes: list[str],
    model_name: str,
    test_entry_id: str,
    long_context: bool = False,
    is_evaL_run: bool = False,  # noqa: N803
) -> tuple[list[str], dict[str, Any]]:
    """Replace the official execute_multi_turn_func_call, which evaluates text."""
    del test_entry_id, is_evaL_run
    tools = _instances.get(model_name)
    if tools is None:
        tools = _instances[model_name] = _Tools(initial_config, involved_classes, long_context)
    results = [_call_written(tools, call) if isinstance(call, str) else tools.call(*call) for call in func_call_list]
    return results, tools.instances


def _call_written(tools: _Tools, text: str) -> str:
    """Run a call of the reference, such as 'sort(file_name="a")', whose arguments are literals."""
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    positional = tuple(ast.literal_eval(value) for value in call.args)
    return tools.call(
        call.func.id, {each.arg or "": ast.literal_eval(each.value) for each in call.keywords}, positional
    )


def _as_text(result: Any) -> str:
    if isinstance(result, str):
        return result
    if isinstance(result, dict):
        try:
            return json.dumps(result)
        except Exception:  # the result may contain any object
            return str(result)
    return str(result)


def _reset_precision() -> None:
    """Undo what the simulated calculator does to the precision of the whole process."""
    import mpmath

    mpmath.mp.dps = 15
    decimal.setcontext(_clean_context.copy())


def _is_long(category: str) -> bool:
    return "long_context" in category


def _calling() -> Any:
    return importlib.import_module("bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils")


def _verdict(verdict: dict[str, Any], why: Any) -> dict[str, Any]:
    if verdict["valid"]:
        return {"valid": True}
    message = " ".join(str(part) for part in why) if isinstance(why, list) else str(why)
    return {"valid": False, "error_type": str(verdict.get("error_type", "")), "error": message[:1000]}
