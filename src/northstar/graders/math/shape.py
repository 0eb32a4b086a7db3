r"""Takes a normalised answer apart: lists, sets, tuples, intervals, unions, matrices, named values, scalars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Scalar:
    """Anything without parts that are compared one by one."""

    text: str


@dataclass(frozen=True)
class Several:
    r"""Parts in brackets: `()`, `[]`, `[)`, `\{\}`, `matrix`, `row`, `union`; or without any: `list`."""

    brackets: str
    parts: tuple[Shape, ...]


@dataclass(frozen=True)
class Named:
    r"""A value with its name: x = 5, x \in [1, 2], 1 < x; `relation` is the sign between them."""

    name: str
    body: Shape
    relation: str = "="


Shape = Scalar | Several | Named

DOTS = Scalar("\\ldots")
DEEPEST = 6
MOST_PARTS = 200

_TOKEN = re.compile(r"\\(?:begin|end|text)\{[^{}]*\}|\\[A-Za-z]+|\\.|<=|>=|!=|.", re.DOTALL)
_OPENING = frozenset(["(", "[", "{", "\\{"])
_CLOSING = frozenset([")", "]", "}", "\\}"])
_RELATIONS = {"<": "<", ">": ">", "\\le": "<=", "\\ge": ">=", "<=": "<=", ">=": ">=", "=": "=", "\\in": "in"}
_NAME = re.compile(
    r"(?:\\text\{[^{}]*\}|\\(?:angle|triangle|alpha|beta|gamma|delta|epsilon|theta|lambda|mu|nu|rho|sigma|tau|phi|omega|"
    r"[A-Z][a-z]+)|\\(?:overline|vec|hat|widehat|mathbb|mathcal)\{[A-Za-z]+\}|[A-Za-z']|_\{[A-Za-z0-9]+\}|\(-?[A-Za-z0-9]"
    r"(?:,[A-Za-z])*\)| ){1,12}"
)
_VARIABLE = re.compile(r"\\(?!pi|infty)[a-z]+|[a-zA-Z](?:_\{[A-Za-z0-9]+\})?")


@lru_cache(maxsize=16_384)
def shape_of(text: str, depth: int = 0) -> Shape:
    r"""Return the parts of a normalised answer.

    >>> shape_of("x=5")
    Named(name='x', body=Scalar(text='5'), relation='=')
    >>> shape_of(r"3<\lambda\le4").body == shape_of("(3,4]")
    True
    """
    if depth > DEEPEST:
        return Scalar(text)
    groups = [_split(group, {","}) for group in _split(text, {";"})]
    if len(groups) > 1 or len(groups[0]) > 1:
        return _several(groups, depth)
    union = _split(text, {"\\cup"})
    if len(union) > 1:
        name, body = _named_prefix(union[0])
        whole = Several("union", tuple(shape_of(part, depth + 1) for part in (body, *union[1:])))
        return Named(name, whole, "in") if name else whole
    return _related(text, depth) or _bracketed(text, depth) or _plus_minus(text) or Scalar(text)


def _several(groups: list[list[str]], depth: int) -> Shape:
    if sum(map(len, groups)) > MOST_PARTS:
        return Scalar(";".join(",".join(group) for group in groups))
    if len(groups) > 1 and all(len(group) > 1 for group in groups):
        shapes = [_flat([shape_of(part, depth + 1) for part in group]) for group in groups]
        if not all(isinstance(part, Named) for group in shapes for part in group):
            return Several("list", tuple(Several("list", group) for group in shapes))
        return Several("list", tuple(part for group in shapes for part in group))
    parts = _flat([shape_of(part, depth + 1) for group in groups for part in group if part])
    first = parts[0] if parts else None
    if isinstance(first, Named) and first.relation != "=" and len(parts) > 1:
        named = [part for part in parts if isinstance(part, Named) and part.name == first.name]
        if len(named) == len(parts):  # x < 2 or x > 3
            return Named(first.name, Several("union", tuple(part.body for part in named)), "in")
    if isinstance(first, Named) and not any(isinstance(part, Named) for part in parts[1:]):  # x = 1, 2
        return Named(first.name, Several("list", (first.body, *parts[1:])), first.relation)
    return Several("list", parts)


def _flat(parts: list[Shape]) -> tuple[Shape, ...]:
    r"""Replace 1 \pm x by the two numbers that it stands for."""
    flat: list[Shape] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Several) and part.brackets == "plus-minus" else [part])
    return tuple(flat)


def _named_prefix(text: str) -> tuple[str, str]:
    for sign in ("\\in", "="):
        parts = _split(text, {sign})
        if len(parts) == 2 and _NAME.fullmatch(parts[0]):
            return parts[0].strip(), parts[1]
    return "", text


def _related(text: str, depth: int) -> Named | None:
    """Read x = 5, x = 1/2 = 0.5, x in A, 3 < x <= 4, 2 < x."""
    parts = _split(text, _RELATIONS.keys(), keep=True)
    if len(parts) < 3:
        return None
    sides, signs = parts[::2], [_RELATIONS[sign] for sign in parts[1::2]]
    if set(signs) <= {"=", "in"} and _NAME.fullmatch(sides[0]) and all(sides):
        return Named(sides[0].strip(), shape_of(sides[-1], depth + 1), signs[-1])
    if len(signs) == 2 and _VARIABLE.fullmatch(sides[1]):
        if set(signs) <= {"<", "<="}:
            return _between(sides[1], sides[0], sides[2], signs[0], signs[1])
        if set(signs) <= {">", ">="}:
            return _between(sides[1], sides[2], sides[0], signs[1], signs[0])
    if len(signs) == 1 and signs[0] not in ("=", "in"):
        left, right = sides
        turned = _VARIABLE.fullmatch(right) is not None
        if turned == (_VARIABLE.fullmatch(left) is not None):
            return None
        name, bound = (right, left) if turned else (left, right)
        if ("<" in signs[0]) != turned:
            return _between(name, "-\\infty", bound, "<", signs[0])
        return _between(name, bound, "\\infty", signs[0], "<")
    return None


def _between(name: str, low: str, high: str, left: str, right: str) -> Named:
    brackets = ("[" if "=" in left else "(") + ("]" if "=" in right else ")")
    return Named(name, Several(brackets, (Scalar(low), Scalar(high))), "in")


def _bracketed(text: str, depth: int) -> Shape | None:
    if text.startswith("\\begin{pmatrix}") and text.endswith("\\end{pmatrix}"):
        inside = text[15:-13]
        if "\\begin" in inside:
            return None
        rows = [_split(row, {"&"}) for row in _split(inside, {"\\\\"})]
        return Several("matrix", tuple(Several("row", tuple(map(Scalar, row))) for row in rows))
    tokens: list[str] = _TOKEN.findall(text)
    if len(tokens) > 2 and tokens[-1].startswith("\\text") and tokens[-2] in _CLOSING:
        text = text.removesuffix(tokens.pop())  # (0, 5] \text{ cm}
    if len(tokens) < 2 or tokens[0] not in _OPENING or tokens[-1] not in _CLOSING or _closes_early(tokens):
        return None
    inside = text[len(tokens[0]) : -len(tokens[-1])]
    body = shape_of(inside, depth + 1)
    brackets = tokens[0][-1] + tokens[-1][-1]
    if brackets == "{}":
        brackets = "\\{\\}"
        if body == Scalar(""):
            return Scalar("\\emptyset")
    if isinstance(body, Several) and body.brackets in ("list", "plus-minus"):
        return Several(brackets, body.parts)
    if brackets == "()" and not isinstance(body, Named):
        return body
    return Several(brackets, (body,)) if brackets == "\\{\\}" and isinstance(body, Scalar) else None


def _closes_early(tokens: list[str]) -> bool:
    depth = 0
    for token in tokens[:-1]:
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth <= 0:
            return True
    return depth != 1


def _plus_minus(text: str) -> Several | None:
    parts = _split(text, {"\\pm"})
    if len(parts) != 2 or not parts[1] or "\\mp" in text or "\\pm" in parts[1]:
        return None
    plus = f"{parts[0]}+{parts[1]}" if parts[0] else parts[1]
    return Several("plus-minus", (Scalar(plus), Scalar(f"{parts[0]}-{parts[1]}")))


def _split(text: str, separators: object, keep: bool = False) -> list[str]:
    """Split at separators outside of brackets; with `keep`, every second part is a separator."""
    parts, depth, start, place = [], 0, 0, 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in _OPENING or token.startswith("\\begin"):
            depth += 1
        elif token in _CLOSING or token.startswith("\\end"):
            depth -= 1
        elif depth == 0 and token in separators:  # type: ignore[operator]
            place = match.start()
            parts.append(text[start:place].strip())
            if keep:
                parts.append(token)
            start = match.end()
    parts.append(text[start:].strip())
    return parts
