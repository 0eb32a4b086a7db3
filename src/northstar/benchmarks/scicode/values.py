"""Encodes values as bytes without pickle, to pass a program's results and the targets between sandboxes.

This file's text is loaded in the sandbox, where it can import only the standard library, NumPy and SciPy.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

_SPARSE_PARTS = ("data", "indices", "indptr", "row", "col", "offsets")
_PLAIN = "biufcUSmM"
"""The kinds of arrays that are stored as plain bytes."""


def encode(value: Any) -> bytes:
    """Encode a value. Raises TypeError unless it consists of numbers, texts, arrays and sparse matrices."""
    blobs: list[bytes] = []
    tree = json.dumps(_tree(value, blobs)).encode()
    return b"".join([struct.pack("<Q", len(tree)), tree, *blobs])


def decode(content: bytes) -> Any:
    """Decode a value without calling anything by name. Raises ValueError and others for malformed content."""
    (length,) = struct.unpack_from("<Q", content)
    return _value(json.loads(content[8 : 8 + length]), _Blobs(content, 8 + length))


class _Blobs:
    """Hands out the bytes of the arrays in order."""

    def __init__(self, content: bytes, start: int) -> None:
        self._content, self._place = content, start

    def take(self, length: int) -> bytes:
        self._place += length
        if length < 0 or self._place > len(self._content):
            raise ValueError("the content is too short")
        return self._content[self._place - length : self._place]


def _tree(value: Any, blobs: list[bytes]) -> Any:
    """Return the JSON form of a value: itself, or a list that begins with its kind."""
    if isinstance(value, np.generic):
        return ["scalar", *_array(np.asarray(value), blobs)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, complex):
        return ["complex", value.real, value.imag]
    if isinstance(value, bytes):
        blobs.append(value)
        return ["bytes", len(value)]
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            return ["objects", list(value.shape), [_tree(each, blobs) for each in value.ravel().tolist()]]
        return ["array", *_array(value, blobs)]
    if isinstance(value, dict):
        return ["dict", [[_tree(key, blobs), _tree(each, blobs)] for key, each in value.items()]]
    if isinstance(value, list | tuple | set | frozenset | range):
        kind = "tuple" if isinstance(value, tuple) else "set" if isinstance(value, set | frozenset) else "list"
        return [kind, [_tree(each, blobs) for each in value]]
    return _special(value, blobs)


def _special(value: Any, blobs: list[bytes]) -> Any:
    """Encode SciPy's sparse matrices, and SymPy's symbols and numbers, without importing either package."""
    module = type(value).__module__.partition(".")[0]
    if module == "scipy" and hasattr(value, "tocoo") and value.format in ("csr", "csc", "coo", "bsr", "dia"):
        parts = {name: _tree(getattr(value, name), blobs) for name in _SPARSE_PARTS if hasattr(value, name)}
        return ["sparse", value.format, list(value.shape), parts]
    if module == "scipy" and hasattr(value, "tocoo"):
        return _special(value.tocsr(), blobs)
    if module == "sympy" and getattr(value, "is_Symbol", False):
        return ["symbol", value.name]
    if module == "sympy" and getattr(value, "is_number", False):
        number = complex(value)
        return _tree(number if number.imag else number.real, blobs)
    raise TypeError(f"a value of type {type(value).__name__} cannot be compared with a target")


def _array(value: Any, blobs: list[bytes]) -> list[Any]:
    if value.dtype.kind not in _PLAIN or value.dtype.hasobject:
        raise TypeError(f"an array of {value.dtype} cannot be compared with a target")
    blobs.append(value.tobytes())
    return [value.dtype.str, list(value.shape), len(blobs[-1])]


def _value(tree: Any, blobs: _Blobs) -> Any:
    if not isinstance(tree, list):
        return tree
    kind, *rest = tree
    if kind in ("array", "scalar"):
        dtype, shape, length = rest
        array = np.frombuffer(blobs.take(length), np.dtype(dtype)).reshape(shape)
        return array[()] if kind == "scalar" else array.copy()
    if kind == "objects":
        array = np.empty(len(rest[1]), dtype=object)
        for place, each in enumerate(rest[1]):
            array[place] = _value(each, blobs)
        return array.reshape(rest[0])
    if kind in ("list", "tuple", "set"):
        values = [_value(each, blobs) for each in rest[0]]
        return {"list": list, "tuple": tuple, "set": set}[kind](values)
    if kind == "dict":
        return {_value(key, blobs): _value(each, blobs) for key, each in rest[0]}
    if kind == "complex":
        return complex(*rest)
    if kind == "bytes":
        return blobs.take(rest[0])
    if kind == "sparse":
        return _sparse(rest[0], rest[1], rest[2], blobs)
    if kind == "symbol":
        import sympy

        return sympy.Symbol(rest[0])
    raise ValueError(f"unknown kind of value '{kind}'")


def _sparse(form: str, shape: list[int], parts: dict[str, Any], blobs: _Blobs) -> Any:
    from scipy import sparse

    arrays = {name: _value(part, blobs) for name, part in parts.items()}
    data = arrays["data"]
    if form == "coo":
        return sparse.coo_matrix((data, (arrays["row"], arrays["col"])), shape=tuple(shape))
    if form == "dia":
        return sparse.dia_matrix((data, arrays["offsets"]), shape=tuple(shape))
    if form not in ("csr", "csc", "bsr"):
        raise ValueError(f"unknown form of sparse matrix '{form}'")
    return getattr(sparse, f"{form}_matrix")((data, arrays["indices"], arrays["indptr"]), shape=tuple(shape))
