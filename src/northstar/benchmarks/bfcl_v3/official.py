"""Runs in the environment of bfcl-eval, not in Northstar's: the official checkers and the simulated tools.

Its functions are called through compute/worker.py, by name, with JSON in and out. Calls that a model chose are
method calls on the simulated classes and nothing else; the official handlers make a string of them and evaluate it. A
conversation has no state here: each question brings all calls since its beginning, and every instance is made anew.
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
"""The checker builds identifiers from the model's name: with some names both sides fail, and garbage passes."""

Call = list[Any]
"""[name, {argument: value}]"""

_OURS = (ImportError, PermissionError, MemoryError)
"""What this process lacks is not what a call did: no result and no verdict, for the model or the reference."""

_clean_context = decimal.getcontext().copy()


def prepare() -> None:
    """Import all that is needed. The list of models, which asks for every provider's package, is never read."""
    models = types.ModuleType("bfcl_eval.constants.model_config")
    # Names of functions are sent with underscores for dots, so they come back with them.
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
    """{"valid": …} of the calls of one answer against the reference, else with "error_type" and "error"."""
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    language = {"java": "Java", "javascript": "JavaScript"}.get(category, "Python")
    answer = [{name: arguments} for name, arguments in calls]
    try:
        verdict = ast_checker(functions, answer, expected, language, category, MODEL)
    except _OURS:
        raise
    except Exception as error:  # of values that it did not think of
        return {"valid": False, "error_type": "checker_error", "error": f"{type(error).__name__}: {error}"}
    return _verdict(verdict, verdict.get("error", ""))


def execute(entry: dict[str, Any], steps: list[list[Call]]) -> list[str]:
    """The results of the last step's calls, after those of all steps before it."""
    tools = _Tools(entry["initial_config"], entry["involved_classes"], _is_long(entry["category"]))
    results: list[str] = []
    for calls in steps:
        results = [tools.call(name, arguments) for name, arguments in calls]
    return results


def check_turns(entry: dict[str, Any], expected: list[list[str]], turns: list[list[list[Call]]]) -> dict[str, Any]:
    """{"valid": …} of a whole conversation: turn → step → calls, as many turns as the reference has."""
    from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker import multi_turn_checker

    _instances.clear()
    _reset_precision()
    verdict = multi_turn_checker(turns, expected, entry, entry["category"], MODEL)
    _instances.clear()
    return _verdict(verdict, verdict.get("error_message", ""))


class _Tools:
    """The simulated classes of one entry, in one state."""

    def __init__(self, initial_config: dict[str, Any], classes: list[str], long_context: bool) -> None:
        _reset_precision()
        self.instances: dict[str, Any] = {}
        self._methods: dict[str, Any] = {}
        for name in classes:
            instance = getattr(importlib.import_module(_calling().CLASS_FILE_PATH_MAPPING[name]), name)()
            if name not in _calling().STATELESS_CLASSES:
                instance._load_scenario(copy.deepcopy(initial_config.get(name, {})), long_context=long_context)
                if long_context:  # parts of the large state belong to the module: what is done to them must not stay
                    instance.__dict__ = copy.deepcopy(instance.__dict__)
            self.instances[name] = instance
            public = (each for each in inspect.getmembers(instance, inspect.ismethod) if not each[0].startswith("_"))
            self._methods |= dict(public)

    def call(self, name: str, arguments: dict[str, Any], positional: tuple[Any, ...] = ()) -> str:
        """The result as text, or the error, in the official words."""
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
"""Of the conversation that is being checked: the model's, and the reference's."""


def _executed(
    func_call_list: list[Any],
    initial_config: dict[str, Any],
    involved_classes: list[str],
    model_name: str,
    test_entry_id: str,
    long_context: bool = False,
    is_evaL_run: bool = False,  # noqa: N803
) -> tuple[list[str], dict[str, Any]]:
    """In place of the official execute_multi_turn_func_call, which evaluates text."""
    del test_entry_id, is_evaL_run
    tools = _instances.get(model_name)
    if tools is None:
        tools = _instances[model_name] = _Tools(initial_config, involved_classes, long_context)
    results = [_call_written(tools, call) if isinstance(call, str) else tools.call(*call) for call in func_call_list]
    return results, tools.instances


def _call_written(tools: _Tools, text: str) -> str:
    """A call of the reference, 'sort(file_name="a")', whose arguments are literals."""
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
        except Exception:  # it may hold any object
            return str(result)
    return str(result)


def _reset_precision() -> None:
    """The simulated calculator sets the precision of the whole process."""
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
    said = " ".join(str(part) for part in why) if isinstance(why, list) else str(why)
    return {"valid": False, "error_type": str(verdict.get("error_type", "")), "error": said[:1000]}
