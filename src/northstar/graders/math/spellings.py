r"""Tables of the spellings that normalise.py makes one: characters, commands and words."""

from __future__ import annotations


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


GREEK = _names(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)

FUNCTIONS = _names(
    "sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh coth log ln exp gcd lcm max min det deg"
)

UPRIGHT_LETTERS = frozenset("eid")
r"""What stands upright by itself and is a constant or a differential, no unit: \mathrm{e}, \text{i}, \mathrm d."""

UNIT_LETTERS = frozenset("mshglLNJWVKCF")

COUNTS = {
    name: f"\\cdot10^{{{zeros}}}"
    for name, zeros in (("hundred", 2), ("thousand", 3), ("million", 6), ("billion", 9), ("trillion", 12))
}

CHARACTERS = {
    **dict.fromkeys("−–‐‑‒﹣", "-"),
    **dict.fromkeys("×·⋅∙•∗⁎", r"\cdot "),
    **dict.fromkeys("÷∕⁄", "/"),
    **dict.fromkeys("。．", "."),
    **dict.fromkeys("，、", ","),
    **dict.fromkeys("；", ";"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u2061\u2062\u00ad", ""),
    **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    "±": r"\pm ",
    "∓": r"\mp ",
    "∞": r"\infty ",
    "≤": r"\le ",
    "⩽": r"\le ",
    "≥": r"\ge ",
    "⩾": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∈": r"\in ",
    "∉": r"\notin ",
    "∅": r"\emptyset ",
    "∖": r"\setminus ",
    "⟨": r"\langle ",
    "⟩": r"\rangle ",
    "°": r"^{\circ}",
    "º": r"^{\circ}",
    "％": r"\%",
    "…": r"\ldots ",
    "⋯": r"\ldots ",
    "→": r"\to ",
    "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}",
    "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}",
    "ℂ": r"\mathbb{C}",
    "√": "\\sqrt\x00",
    "∛": "\\sqrt[3]\x00",
    "∜": "\\sqrt[4]\x00",
    "¢": r"\text{cents}",
    "€": r"\text{euros}",
    "£": r"\text{pounds}",
    "α": r"\alpha ",
    "β": r"\beta ",
    "γ": r"\gamma ",
    "δ": r"\delta ",
    "ε": r"\epsilon ",
    "ζ": r"\zeta ",
    "η": r"\eta ",
    "θ": r"\theta ",
    "κ": r"\kappa ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "ν": r"\nu ",
    "ξ": r"\xi ",
    "π": r"\pi ",
    "ρ": r"\rho ",
    "σ": r"\sigma ",
    "τ": r"\tau ",
    "φ": r"\phi ",
    "ϕ": r"\phi ",
    "χ": r"\chi ",
    "ψ": r"\psi ",
    "ω": r"\omega ",
    "Γ": r"\Gamma ",
    "Δ": r"\Delta ",
    "∆": r"\Delta ",
    "Θ": r"\Theta ",
    "Λ": r"\Lambda ",
    "Σ": r"\Sigma ",
    "Φ": r"\Phi ",
    "Ψ": r"\Psi ",
    "Ω": r"\Omega ",
}
r"""A root sign takes the whole number behind it, unlike \sqrt: that is what \x00 says."""

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣʸ", "0123456789+-()nixy", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙ", "0123456789+-n", strict=True))

DROPPED = _names(
    r"left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm displaystyle textstyle "
    r"scriptstyle scriptscriptstyle limits nolimits mathstrut strut nonumber notag bf rm it sf tt cal hline boldmath "
    r"tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge checkmark ! / - @ *"
)
"""Commands that change only the looks of what stands around them."""

SPACES = frozenset(
    [
        ",",
        ";",
        ":",
        ">",
        " ",
        "\n",
        "\t",
        "quad",
        "qquad",
        "thinspace",
        "medspace",
        "thickspace",
        "enspace",
        "enskip",
        "hfill",
        "space",
        "nobreakspace",
    ]
)

LOOKS = _names(
    "boxed fbox boldsymbol bm pmb underline underbar mathit mathsf mathtt mathnormal ensuremath smash mathop mathord "
    "mathrel mathbin mathopen mathclose mathpunct llap rlap uline framebox displaylines"
)
"""Commands whose one argument is all that they say."""

UPRIGHT = _names(
    "mathrm mathbf mathup text textbf textit textrm textnormal textsf texttt textup textsl emph mbox hbox operatorname "
    "textsc"
)
"""Commands whose argument may be words, or a formula."""

ARGUMENT_DROPPED = _names("color colorbox hspace vspace phantom hphantom vphantom label tag textcolor mspace hskip")
"""Commands whose first argument says nothing."""

RENAMED = {
    "dfrac": r"\frac",
    "tfrac": r"\frac",
    "cfrac": r"\frac",
    "sfrac": r"\frac",
    "nicefrac": r"\frac",
    "dbinom": r"\binom",
    "tbinom": r"\binom",
    "surd": r"\sqrt",
    "leq": r"\le",
    "leqslant": r"\le",
    "leqq": r"\le",
    "geq": r"\ge",
    "geqslant": r"\ge",
    "geqq": r"\ge",
    "neq": r"\ne",
    "lt": "<",
    "gt": ">",
    "times": r"\cdot",
    "ast": r"\cdot",
    "bullet": r"\cdot",
    "div": "/",
    "lbrace": r"\{",
    "rbrace": r"\}",
    "lbrack": "[",
    "rbrack": "]",
    "lparen": "(",
    "rparen": ")",
    "langle": "(",
    "rangle": ")",
    "lvert": "|",
    "rvert": "|",
    "vert": "|",
    "lceil": r"\lceil",
    "colon": ":",
    "mid": "|",
    "dots": r"\ldots",
    "cdots": r"\ldots",
    "dotsc": r"\ldots",
    "dotsb": r"\ldots",
    "dotsm": r"\ldots",
    "varnothing": r"\emptyset",
    "infin": r"\infty",
    "bigcup": r"\cup",
    "bigcap": r"\cap",
    "isin": r"\in",
    "imath": "i",
    "lor": ",",
    "land": ",",
    "cr": r"\\",
    "newline": " ",
    "newcommand": " ",
    "minus": "-",
    "plus": "+",
    "varepsilon": r"\epsilon",
    "varphi": r"\phi",
    "percent": r"\%",
    "tg": r"\tan",
    "ctg": r"\cot",
    "cotg": r"\cot",
    "arctg": r"\arctan",
    "cosec": r"\csc",
}

WORDS = {
    "sqrt": "\\sqrt\x00",
    "infinity": r"\infty",
    "inf": r"\infty",
    "oo": r"\infty",
    "and": ",",
    "or": ",",
    **dict.fromkeys(["percent", "percentage", "pct"], r"\%"),
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "frac": r"\frac",
    **{name: text for name, text in COUNTS.items() if name != "hundred"},
    **{name: f"\\{name}" for name in GREEK if len(name) > 1 and name[0].islower() and name not in ("mu", "nu", "xi")},
    **{name: f"\\{name}" for name in FUNCTIONS if name not in ("deg", "det", "max", "min")},
}
"""Words of plain text that are no product of letters."""

MATRICES = _names("pmatrix bmatrix Bmatrix matrix smallmatrix array psmallmatrix bsmallmatrix")

TAKES_NO_ARGUMENT = GREEK | _names(
    "cdot le ge ne approx cup cap in notin infty pm mp ldots circ emptyset setminus to sim equiv mid"
)
