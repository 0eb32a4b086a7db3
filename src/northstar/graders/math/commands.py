r"""Rewrites the commands, words and groups of a formula, token by token, in time linear in its length."""

from __future__ import annotations

import re

from northstar.graders.math.cursor import Cursor, joined
from northstar.graders.math.spellings import (
    ARGUMENT_DROPPED,
    COUNTS,
    DROPPED,
    FUNCTIONS,
    LOOKS,
    MATRICES,
    RENAMED,
    SPACES,
    TAKES_NO_ARGUMENT,
    UNIT_LETTERS,
    UPRIGHT,
    UPRIGHT_LETTERS,
    WORDS,
)

_WORDS_ONLY = re.compile(r"(?![A-Za-z] ?- ?[A-Za-z]\Z)[A-Za-z(\[][A-Za-z .,'’:()\[\]-]*[/^]?[A-Za-z .,'’()\[\]-]*")
_LONGEST_WORDS = 200
_ARGUMENTS = {"\\frac": 2, "\\binom": 2, "\\sqrt": 1, "^": 1, "_": 1}
_WHOLE_ARGUMENT = "\x00"
"""Behind \\sqrt: the root is written in plain text and takes the whole number or bracket behind it."""


def rewritten(text: str) -> str:
    r"""Return a formula with one name for each command, braces only where they hold an argument, no useless spaces.

    >>> rewritten(r"\boldsymbol{\dfrac\pi2} \cdot \bigl(x^10\bigr)")
    '\\frac{\\pi}{2}\\cdot(x^{10})'
    """
    return _Rewriting(text).result()


class _Rewriting(Cursor):
    def result(self) -> str:
        while self._place < len(self._tokens):
            self._step(self._tokens[self._place])
        return joined(self._out)

    def _step(self, token: str) -> None:
        place = self._place
        self._place += 1
        if place in self._replaced:
            self._out.append(self._replaced[place])
            if more := self._wanted.get(place):
                self._expect(more)
        elif token[0] == "\\" and len(token) > 1:
            self._command(token[1:])
        elif token.isspace() or token == "~":
            self._out.append(" ")
        elif token.isalpha() and token.isascii():
            self._word(token)
        elif token == "{":
            self._group(place)
        elif token == "**":
            self._write("^")
        elif token == "*":
            self._out.append("\\cdot")
        elif token == "...":
            self._out.append("\\ldots")
        elif token == "%":
            self._out.append("\\%")
        elif token == "$":
            self._out.append("\\$" if self._peek().isdigit() else " ")
        elif token == ",":
            self._comma(place)
        elif token == "'":
            self._prime()
        elif token in ('"', "`", _WHOLE_ARGUMENT):
            pass
        else:
            self._write(token)

    def _word(self, token: str) -> None:
        """Read letters: a name of WORDS, a word behind a number (5 apples), else a product."""
        known = WORDS.get(token) or (WORDS.get(token.lower()) if len(token) > 3 else None)
        behind = self._out[-2] if len(self._out) > 1 and self._out[-1] == " " else ""
        if known:
            self._write(known)
        elif len(token) > 3 and (behind.isdigit() or behind in ("}", "\\%")):
            self._out.append(f"\\text{{{token}}}")
        elif behind.startswith("\\text{") and len(token) > 1:
            self._out[-2:] = [f"{behind[:-1]} {token}}}"]
        else:
            self._write(token)

    def _prime(self) -> None:
        """Keep the prime of f'(x), y'' or A', but no apostrophe, minute or quotation mark."""
        last, behind = (self._out[-1] if self._out else ""), self._peek()
        is_apostrophe = len(last) > 1 and last[-2:].isalpha() and "a" <= behind[:1].lower() <= "z"
        is_quoted = self._tokens[0] in "'`"
        if (last[-1:].isalpha() or last in ("'", ")", "}")) and not is_apostrophe and not is_quoted:
            self._out.append("'")

    def _write(self, token: str) -> None:
        """Write a token that may take arguments."""
        whole = token.endswith(_WHOLE_ARGUMENT)
        token = token.removesuffix(_WHOLE_ARGUMENT)
        self._out.append(token)
        if token.startswith("\\sqrt"):
            self._skip_spaces()
            whole = whole or self._peek() == _WHOLE_ARGUMENT
            self._place += self._peek() == _WHOLE_ARGUMENT
            self._root(whole)
        elif token in ("^", "_"):
            self._script()
        elif count := _ARGUMENTS.get(token):
            self._expect(count)

    def _root(self, whole: bool) -> None:
        close = self._closes.get(self._place, -1)
        if self._peek() == "[" and close > 0:  # \sqrt[3]{2}
            self._out.append("".join(self._tokens[self._place : close + 1]).replace(" ", ""))
            self._place = close + 1
            self._skip_spaces()
            whole = self._peek() == _WHOLE_ARGUMENT
            self._place += whole
            close = self._closes.get(self._place, -1)
        if self._peek() == "(" and close > 0 and self._tokens[close] == ")":
            self._replaced[self._place], self._replaced[close] = "{", "}"
        elif whole and self._peek().isdigit():
            self._out.append("{" + self._take_number() + "}")
        else:
            self._expect(1)

    def _script(self) -> None:
        """Read an exponent or index: a bracket, a signed whole number, or what TeX takes."""
        self._skip_spaces()
        close = self._closes.get(self._place, -1)
        if self._out[-1] == "^" and self._peek() == "(" and close > 0 and self._tokens[close] == ")":
            self._replaced[self._place], self._replaced[close] = "{", "}"
            return
        sign = ""
        if self._peek() in ("-", "+"):
            sign = self._peek()
            self._place += 1
            self._skip_spaces()
        if self._peek().isdigit():
            self._out.append("{" + sign.replace("+", "") + self._take_number() + "}")
        elif sign:
            self._place -= 1
        else:
            self._expect(1)

    def _expect(self, count: int) -> None:
        """Put braces around the next argument if it is a single sign, as TeX reads it."""
        while count:
            self._skip_spaces()
            token = self._peek()
            place = self._place
            if token[1:] in LOOKS or token[1:] in UPRIGHT:  # x^\mathrm{T}
                self._place += 1
                continue
            if token == "{" and (close := self._closes.get(place, -1)) > 0:
                if place not in self._replaced:
                    self._replaced[place], self._replaced[close] = "{", "}"
                self._wanted[close] = count - 1
                return
            if token.isdigit() or (token.isalpha() and token.isascii()):
                self._out.append("{" + token[0] + "}")
                if token[1:]:
                    self._tokens[place] = token[1:]
                else:
                    self._place += 1
            elif token[1:] in TAKES_NO_ARGUMENT and token[0] == "\\":
                self._out.append("{" + RENAMED.get(token[1:], token) + "}")
                self._place += 1
            else:
                return  # another command, or nothing: left as it is
            count -= 1

    def _command(self, name: str) -> None:
        if name in DROPPED:
            if name in ("left", "right") and self._peek() == ".":
                self._place += 1
        elif name in SPACES:
            self._out.append(" ")
        elif name in ARGUMENT_DROPPED:
            self._drop_argument()
        elif name in UPRIGHT:
            self._upright(is_text=name.startswith(("text", "emph", "mbox", "hbox", "mathrm", "mathbf")))
        elif name in LOOKS:
            self._skip_spaces()
        elif name in ("begin", "end"):
            self._environment(name)
        elif name == "\\":
            self._out.append("\\\\")
            self._drop_argument("[")
        elif name == "over":
            pass
        elif name == "degree":
            self._out.extend(("^", "{\\circ}"))
        else:
            self._write(RENAMED.get(name, "\\" + name))

    def _upright(self, is_text: bool) -> None:
        r"""Read \mathrm{…}, \text{…} and the like: a constant, a function, words, or a formula."""
        if self._peek() == "*":
            self._place += 1
        self._skip_spaces()
        place, close = self._place, self._closes.get(self._place, -1)
        if self._peek() != "{" or close < 0:  # \mathrm d
            return
        inside = "".join(self._tokens[place + 1 : min(close, place + _LONGEST_WORDS)]).replace("~", " ").strip()
        inside = inside.replace("\\,", " ").replace("\\ ", " ").strip()
        raised = bool(self._out) and self._out[-1] in ("^", "_")
        first, _, rest = inside.partition(" ")
        if inside in UPRIGHT_LETTERS or (
            len(inside) == 1 and inside.isalpha() and (raised or not self._may_be_unit(inside))
        ):
            self._out.append("{" + inside + "}" if raised else inside)
        elif inside in FUNCTIONS:
            self._out.append("\\" + inside)
        elif inside.strip(" ,").lower() in ("and", "or", "and/or"):
            self._out.append(",")
        elif first.lower() in COUNTS and self._out:
            self._out.append(COUNTS[first.lower()] + (f"\\text{{{rest}}}" if rest.isalpha() else ""))
        elif inside.strip("()").lower() in ("percent", "pct", "percentage"):
            self._out.append("\\%")
        elif close - place < _LONGEST_WORDS and _WORDS_ONLY.fullmatch(inside) and is_text:
            self._out.append("\\text{" + " ".join(inside.split()) + "}")
        else:
            return  # a formula: its braces are read next
        self._place = close + 1

    def _may_be_unit(self, letter: str) -> bool:
        r"""Return whether an upright letter is a unit or a choice: 5\mathrm{m}, \text{A}, but not 2\mathrm{x}."""
        return not any(token != " " for token in self._out[-3:]) or letter in UNIT_LETTERS

    def _environment(self, name: str) -> None:
        close = self._closes.get(self._place, -1)
        if self._peek() != "{" or close < 0:
            return
        kind = "".join(self._tokens[self._place + 1 : min(close, self._place + 4)]).strip().removesuffix("*")
        self._place = close + 1
        if kind not in MATRICES:
            self._out.append(f"\\{name}{{{kind}}}")
            return
        bare = kind in ("matrix", "smallmatrix", "array")
        if name == "begin":
            if kind == "array":
                self._drop_argument()
            if bare and self._out and self._out[-1] in ("(", "["):
                self._out.pop()
            self._out.append("\\begin{pmatrix}")
            return
        while self._out and self._out[-1] in ("\\\\", " "):
            self._out.pop()
        self._out.append("\\end{pmatrix}")
        if bare:
            self._close_matrix()

    def _close_matrix(self) -> None:
        """Skip the bracket behind an array, whose opening one was dropped."""
        place = self._place
        while place < len(self._tokens) and (self._tokens[place].isspace() or self._tokens[place] == "\\right"):
            place += 1
        if place < len(self._tokens) and self._tokens[place] in (")", "]"):
            self._place = place + 1

    def _group(self, place: int) -> None:
        r"""Read a group that is no known command's argument: its braces are only seen by \overline and the like."""
        close = self._closes.get(place, -1)
        before = next((token for token in reversed(self._out[-3:]) if token != " "), "")
        is_text = before.startswith(("\\text", "\\begin", "\\end"))
        has_owner = before in ("^", "_") or (before[:1] == "\\" and before[1:2].isalpha() and not is_text)
        if close == place + 2 and self._tokens[place + 1] == ",":  # 10{,}080
            self._place = close + 1
            self._comma(close, sure=True)
        elif close > 0 and (not has_owner or before[1:] in TAKES_NO_ARGUMENT):
            self._replaced[close] = ""
        elif close > 0:
            self._out.append("{")
            self._replaced[close] = "}"
        # a brace that is never closed says nothing

    def _comma(self, place: int, sure: bool = False) -> None:
        r"""Drop a comma that groups digits for certain (10{,}080, 10,\!080), else write it."""
        after = place + 1
        while (
            after < len(self._tokens)
            and after < place + 4
            and (self._tokens[after] == "\\!" or self._tokens[after].isspace())
        ):
            sure = sure or self._tokens[after] == "\\!"
            after += 1
        behind = self._tokens[after] if after < len(self._tokens) else ""
        if sure and len(behind) == 3 and behind.isdigit() and self._out and self._out[-1].isdigit():
            self._out[-1] += behind
            self._place = after + 1
        else:
            self._out.append(",")
