r"""Spellings that keep the value of a MATH-500 answer, and changes that don't; each leaves what it can't apply to."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

Rewriting = Callable[[str], str]

_WHOLE = re.compile(r"-?[0-9]+")
_BIG = re.compile(r"(?<![0-9.])[1-9][0-9]{3,}(?![0-9.])")
_SQUARE_ROOT = re.compile(r"\\sqrt\{([0-9]+)\}")
_POWER = re.compile(r"\^(?:\{([0-9])\}|([0-9]))")
_INTERVAL = re.compile(r"\(([^,()]*), ?([^,()]*)\]")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FULL_WIDTH = str.maketrans("()[],0123456789+=", "（）［］，０１２３４５６７８９＋＝")
_VULGAR = {r"\frac{1}{2}": "½", r"\frac{1}{4}": "¼", r"\frac{3}{4}": "¾", r"\frac{1}{3}": "⅓", r"\frac{2}{3}": "⅔"}


def swap(old: str, new: str) -> Rewriting:
    """Replace a text wherever it stands."""
    return lambda text: text.replace(old, new)


def sub(pattern: str, new: str) -> Rewriting:
    """Replace what a pattern matches."""
    return lambda text: re.sub(pattern, new, text)


def around(left: str, right: str) -> Rewriting:
    """Wrap the whole answer."""
    return lambda text: left + text + right


def of_numbers(rewrite: Rewriting) -> Rewriting:
    """Only for answers that are whole numbers."""
    return lambda text: rewrite(text) if _WHOLE.fullmatch(text) else text


def of_values(rewrite: Rewriting) -> Rewriting:
    """Only for answers that are a formula for one number: no words, lists, equations, bases or units."""
    odd = re.compile(r"text|mbox|,|=|circ|_|\\\$|pm|cup|begin|\\\{")
    return lambda text: text if odd.search(text) else rewrite(text)


def thousands(separator: str) -> Rewriting:
    """Group the digits of large whole numbers, wherever they stand."""
    return lambda text: (
        text if "," in text or "_" in text else _BIG.sub(lambda big: f"{int(big[0]):,}".replace(",", separator), text)
    )


def vulgar(text: str) -> str:
    """Write ½ and the like."""
    for latex, sign in _VULGAR.items():
        text = text.replace(latex, sign)
    return text


def decimal(text: str) -> str:
    """Write a fraction whose decimals end as such."""
    match = re.fullmatch(r"(-?)\\d?frac\{([0-9]+)\}\{([0-9]+)\}", text)
    if not match:
        return text
    value = Fraction(int(match[2]), int(match[3]))
    shown = f"{float(value):.10g}"
    return match[1] + shown if Fraction(shown) == value else text


def reversed_list(text: str) -> str:
    """Give a bare list, or the terms of a sum, in the other order."""
    if re.fullmatch(r"-?[0-9]+(, ?-?[0-9]{1,2})+", text):
        return ", ".join(reversed(re.split(", ?", text)))
    if match := re.fullmatch(r"([0-9a-z\\]+) ?\+ ?([0-9a-z\\{}]+(?: ?\\sqrt\{?[0-9]+\}?)?)", text):
        return f"{match[2]} + {match[1]}"
    return text


def named_array(text: str) -> str:
    r"""Write a matrix as \left(\begin{array}{…}…\end{array}\right)."""
    columns = "c" * (text.split(r"\\")[0].count("&") + 1)
    text = text.replace(r"\begin{pmatrix}", rf"\left(\begin{{array}}{{{columns}}}")
    return text.replace(r"\end{pmatrix}", r"\end{array}\right)")


def plain(text: str) -> str:
    """Write as in a program: sqrt(3), pi, (1)/(2), no backslash."""
    if re.search(r"[0-9] ?\\frac|text|mbox|begin|circ|cup|\\\{|\\!|\\\$|infty|\\pm|\\in\b|cot|_", text):
        return text
    text = re.sub(r"\\(?:left|right)", "", text)
    for _ in range(2):
        text = re.sub(r"\\sqrt\{([^{}]*)\}|\\sqrt([0-9])", lambda m: f"sqrt({m[1] or m[2]})", text)
        text = re.sub(r"\\d?frac ?(?:\{([^{}]*)\}|([0-9])) ?(?:\{([^{}]*)\}|([0-9]))", _divided, text)
    text = re.sub(r"(?<=[0-9a-z]) ?\\pi", "*pi", text).replace(r"\pi", "pi")
    return re.sub(r"(?<=[0-9]) ?(?=sqrt)", "*", text)


def _divided(match: re.Match[str]) -> str:
    top, bottom = (part for part in match.groups() if part is not None)
    return f"({top})/({bottom})"


SPELLINGS: dict[str, Rewriting] = {
    r"\dfrac": sub(r"\\frac(?![0-9 ])", r"\\dfrac"),
    r"\tfrac": sub(r"\\d?frac(?![0-9 ])", r"\\tfrac"),
    "p/q": sub(r"(?<![0-9 ])\\d?frac\{([0-9]+)\}\{([0-9]+)\}", r"\1/\2"),
    r"\frac12": sub(r"\\d?frac\{([0-9])\}\{([0-9])\}", r"\\frac\1\2"),
    "decimals": decimal,
    "½": vulgar,
    r"{1 \over 2}": sub(r"\\d?frac\{([0-9]+)\}\{([0-9]+)\}", r"{\1 \\over \2}"),
    r"\left( \right)": lambda text: re.sub(
        r"(?<!\\right)([)\]])", r"\\right\1", re.sub(r"(?<!\\left)([(\[])", r"\\left\1", text)
    ),
    r"\bigl( \bigr)": lambda text: re.sub(
        r"(?:\\right)?([)\]])", r"\\bigr\1", re.sub(r"(?:\\left)?([(\[])", r"\\bigl\1", text)
    ),
    r"\Big( \Big)": sub(r"(?:\\left|\\right)?([()\[\]])", r"\\Big\1"),
    r"no \left": sub(r"\\(?:left|right) ?", ""),
    r"\mathrm for \text": sub(r"\\(?:text|mbox)", r"\\mathrm"),
    r"\textbf for \text": sub(r"\\(?:text|mbox)", r"\\textbf"),
    r"no \text": sub(r"\\(?:text|mbox)\{([^{}]*)\}", r"\1"),
    r"\boldsymbol{…}": around(r"\boldsymbol{", "}"),
    r"\bm{…}": around(r"\bm{", "}"),
    r"\mathbf{…}": around(r"\mathbf{", "}"),
    r"\mathrm{…} around a number": of_numbers(around(r"\mathrm{", "}")),
    r"\underline{…}": around(r"\underline{", "}"),
    r"\color{red}{…}": around(r"\color{red}{", "}"),
    r"\textcolor{blue}{…}": around(r"\textcolor{blue}{", "}"),
    r"\displaystyle": around(r"\displaystyle ", ""),
    r"\boxed{…}": around(r"\boxed{", "}"),
    "$…$": around("$", "$"),
    "$$…$$": around("$$", "$$"),
    r"\(…\)": around(r"\(", r"\)"),
    r"\[…\]": around("\\[\n", "\n\\]"),
    "{…}": around("{", "}"),
    "full stop": around("", "."),
    "full stop and space": around(" ", " . "),
    "no spaces": sub(r"(?<![a-z]) | (?![a-z])", ""),
    "more spaces": sub(r"([+=,-])", r" \1 "),
    r"\, at the end and \;": lambda text: re.sub(r"([+=,])", r"\1\\;", text) + r"\,",
    "new line": around("\n", "\n"),
    "1,234": thousands(","),
    "1{,}234": thousands("{,}"),
    r"1,\!234": thousands(r",\!"),
    r"1\,234": thousands(r"\,"),
    "1\\ 234": thousands(r"\ "),
    "1 234": thousands(" "),
    "1 234 (narrow space)": thousands("\u202f"),
    "no separator": sub(r"(?<![(,] )(?<=[0-9]),(?:\\! ?)?(?=[0-9]{3}(?![0-9)]))", ""),
    "5.0": of_numbers(around("", ".0")),
    "5.00": of_numbers(around("", ".00")),
    "+5": lambda text: f"+{text}" if re.fullmatch("[0-9]+", text) else text,
    "leading zero": sub(r"(?<![0-9])\.(?=[0-9])", "0."),
    "no leading zero": sub(r"(?<![0-9])0\.(?=[0-9])", "."),
    "trailing zero": sub(r"(\.[0-9]+)", r"\g<1>0"),
    "x =": of_values(around("x = ", "")),
    "x = … = …": of_numbers(lambda text: f"x = 2 \\cdot {text} - {text} = {text}"),
    "° sign": sub(r"\^\\circ", "°"),
    r"^{\circ}": sub(r"\^\\circ", r"^{\\circ}"),
    "no degrees": sub(r"\^\\circ", ""),
    r"\text{ degrees}": sub(r"\^\\circ", r" \\text{ degrees}"),
    r"\degree": sub(r"\^\\circ", r"\\degree"),
    "a unit": of_numbers(around("", r"\text{ units}")),
    r"a unit \mathrm{~cm}^2": of_numbers(around("", r"\mathrm{~cm}^2")),
    "percent": of_numbers(around("", r"\%")),
    "dollar sign": of_numbers(around(r"\$", "")),
    "no dollar sign": sub(r"\\\$", ""),
    "π": sub(r"\\pi(?![a-z])", "π"),
    "√3": lambda text: _SQUARE_ROOT.sub(r"√\1", text),
    "√(3)": lambda text: _SQUARE_ROOT.sub(r"√(\1)", text),
    r"\sqrt(3)": lambda text: _SQUARE_ROOT.sub(r"\\sqrt(\1)", text),
    r"\sqrt3": sub(r"\\sqrt\{([0-9])\}", r"\\sqrt\1"),
    "3^{1/2}": lambda text: _SQUARE_ROOT.sub(r"\1^{1/2}", text) if not re.search(r"[0-9] ?\\sqrt", text) else text,
    "∞": sub(r"\\infty", "∞"),
    "∪": sub(r"\\cup", "∪"),
    "−": swap("-", "−"),
    "x²": lambda text: _POWER.sub(lambda power: (power[1] or power[2]).translate(_SUPERSCRIPTS), text),
    "x^{2}": sub(r"\^([0-9])", r"^{\1}"),
    "x**2": lambda text: text if "mbox" in text else _POWER.sub(r"**\1\2", text),
    "（3，4）": lambda text: text if re.search("text|mbox|begin", text) else text.translate(_FULL_WIDTH),
    "𝟓": of_numbers(lambda text: text.translate({ord("0") + n: 0x1D7CE + n for n in range(10)})),
    "sqrt(3), pi": plain,
    r"\cdot": sub(r"(?<=[0-9]) ?(?=\\(?:sqrt|pi))", r" \\cdot "),
    r"\times": sub(r"(?<=[0-9]) ?(?=\\(?:sqrt|pi))", r" \\times "),
    "*": sub(r"(?<=[0-9]) ?(?=\\(?:sqrt|pi))", "*"),
    r"\\[4pt] in matrices": sub(r"\\\\", r"\\\\[4pt]"),
    "bmatrix": sub(r"pmatrix", "bmatrix"),
    "array": lambda text: named_array(text) if "pmatrix" in text else text,
    "other order": reversed_list,
    r"3 < \lambda \le 4": lambda text: _INTERVAL.sub(r"\1 < \\lambda \\le \2", text) if "left" not in text else text,
    r"x \in": lambda text: f"x \\in {text}" if re.match(r"(\\left)?[(\[].*(infty|cup|\])", text) else text,
    "and": sub(r"^(-?[0-9]+), ?(-?[0-9]+)$", r"\1 \\text{ and } \2"),
    "{1, 2}": sub(r"^(-?[0-9]+(?:, ?-?[0-9]{1,2})+)$", r"\\{\1\\}"),
    "± as two": sub(r"^([0-9]+) \\pm ([0-9]*) ?(\\sqrt\{[0-9]+\})$", r"\1 + \2\3, \1 - \2\3"),
    "+-": sub(r"\\pm", "±"),
    "_{8}": sub(r"_([0-9])$", r"_{\1}"),
    r"_{\text{8}}": sub(r"_\{?([0-9])\}?$", r"_{\\text{\1}}"),
}


def bumped(text: str) -> str:
    """Add one to the last digit that stands in the answer."""
    return re.sub(r"[0-9](?=[^0-9]*$)", lambda digit: str((int(digit[0]) + 1) % 10), text)


def other_sign(text: str) -> str:
    """Turn the first plus or minus of a value around, or put a minus in front."""
    if re.fullmatch(r"\\text.*|\\begin.*|0|1 \\pm.*|3 \\pm.*", text) or "=" in text or "pm" in text:
        return text
    if re.search(r"[-+]", text):
        return re.sub(r"[-+]", lambda sign: "-" if sign[0] == "+" else "+", text, count=1)
    return "-" + text if re.match(r"[0-9\\]", text) and not text.startswith((r"\left", r"\{")) else text


CHANGES: dict[str, Rewriting] = {
    "last digit + 1": bumped,
    "first digit + 1": lambda text: re.sub(r"[0-9]", lambda digit: str((int(digit[0]) + 1) % 10), text, count=1),
    "another digit at the end": of_numbers(lambda text: text + "3" if text != "0" else text),
    "other sign": other_sign,
    "times √2": of_values(lambda text: text if text == "0" else text + r"\sqrt(2)"),
    "times sqrt(2)": of_values(lambda text: text if text == "0" else f"({text}) sqrt(2)"),
    "plus e": of_values(around("", r"+\mathrm{e}")),
    "plus i": of_values(around("", r"+\mathrm{i}")),
    "times i": of_values(lambda text: text if text == "0" else f"({text})\\mathrm{{i}}"),
    "times t": of_values(lambda text: text if text == "0" else f"({text}) t"),
    "plus 10^-4": of_numbers(around("", ".0001")),
    "other letter": sub(r"(?<![a-z\\])([a-z])(?![a-z])", r"w"),
    "other upright word": sub(r"\\text\{([A-Za-z]+)\}", r"\\text{un\1}"),
    "other choice": sub(r"\\text\{\(([A-E])\)\}", r"\\text{(F)}"),
    "other base": sub(r"_\{?[0-9]\}?$", "_7"),
    "other exponent": sub(r"\^\{?[0-9]\}?", "^{17}"),
    "other function": sub(r"\\cot", r"\\tan"),
    "coordinates swapped": sub(r"^\(([^,()]+),([^,()]+)\)$", r"(\2,\1)"),
    "one more coordinate": sub(r"\)$", ", 1)"),
    "one more in the list": sub(r"^(-?[0-9]+(?:, ?-?[0-9]+)+)$", r"\1, 99"),
    "pair as set": sub(r"^\(([^,()]+),([^,()]+)\)$", r"\\{\1,\2\\}"),
    "open instead of closed": sub(r"\]$", ")"),
    "closed instead of open": sub(r"\)$", "]"),
    "closed on the left": sub(r"^(?:\\left)?\(", "["),
    "dots at the end": lambda text: text + r", \ldots" if "," in text and text[-1].isdigit() else text,
    "other unit": lambda text: re.sub(r"inches|cm|cents|degrees", "miles", text),
    r"√ gone": sub(r"\\sqrt", ""),
    r"π gone": lambda text: re.sub(r"(?<=[0-9]) ?\\pi", "", text),
    "fraction upside down": lambda text: re.sub(
        r"\\d?frac\{([^{}]+)\}\{([^{}]+)\}", lambda m: text if m[1] == m[2] else rf"\frac{{{m[2]}}}{{{m[1]}}}", text
    ),
    "matrix entry": sub(r"(?<=[ -])([0-9]+)(?=[^0-9]*\\end)", r"37"),
    "matrix transposed": lambda text: re.sub(r" \\\\ ", " & ", text) if "begin" in text and "&" not in text else text,
    "ten times": of_numbers(lambda text: text if text == "0" else text + "0"),
    "half": of_values(lambda text: text if text == "0" else f"\\frac{{{text}}}{{2}}"),
    "with 10^{-30}": of_numbers(lambda text: text if text == "0" else f"{text} \\times 10^{{-30}}"),
}
