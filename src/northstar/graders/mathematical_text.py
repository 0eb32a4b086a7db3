"""Says whether a short answer is mathematics: parsers of mathematics find a number in nearly any text."""

from __future__ import annotations

import re

LONGEST = 2000
"""Characters: longer answers are compared as text, as math.compare does anyway."""

_FORMULA_MARKS = re.compile(r"\\[()\[\]]|\$|\\left|\\right|\\[,;!:]|\\quad")
_UPRIGHT = re.compile(r"\\(?:text|mathrm|mathbf|mathit|textbf|mbox|operatorname\*?|rm)\s*\{([^{}]{0,40})\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[a-z]{1,12}\*?\}(?:\{[lcr|]{1,12}\})?")
_COMMAND = re.compile(r"\\[A-Za-z]+|\\.")
_SCIENTIFIC = re.compile(r"(?<=[0-9.])[eE][-+]?(?=[0-9])")
_RUN = re.compile(r"[^\W\d_]+")
_NAMES = (
    "sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan log ln lg exp sqrt mod gcd lcm max min sup inf "
    "lim det tr dim ker deg arg sgn erf and or if otherwise for pi alpha beta gamma delta epsilon zeta eta theta "
    "kappa lambda mu nu xi rho sigma tau phi chi psi omega infinity infty oo "
)
_UNITS = (
    "mm cm dm m km in ft mi kg g mg lb s ms ns min h hr Hz kHz MHz GHz N kN J kJ MJ W kW MW V mV kV A mA K C Pa "
    "kPa MPa atm mol eV keV MeV GeV T rad deg L mL nm pm cal kcal meter meters metre metres second seconds minute "
    "minutes hour hours day days year years degree degrees percent dollars "
)
_SHORT_WORDS = (
    "a am an as at be by do go he i in is it me my no of off on our out own per so the to too up us was we who "
    "why yes you not all any are but can did get had has her him his how its may new now old one two six ten see "
    "she th st nd rd vs way via day bit cat dog man red set sum top few lot more pm ad bc ce "
)
_UNIT_AT_END = re.compile(r"(?<=[0-9)}])\s*([A-Za-zµ]{1,8})(?:\^?\{?-?[0-9]\}?|[²³])?\.?\Z")
_NO_MATHEMATICS = re.compile(
    r"""(?<![\w)\]}])[(][a-z]{1,3}[)]\s       # (a) the first of several answers
      | [^\W\d_][0-9]                         # H2O, e4, d0nkDN
      | _\{?[0-9]{1,2}\}?[A-Z]                # H_2O
      | [0-9]\s?:\s?[0-9]{2}(?![0-9])         # a time of day
      | (?<![0-9])[0-9]{1,8}[./-][0-9]{1,8}[./-][0-9]{1,8}(?![0-9]*\^) # a date, a version
      | \A\s*[0-9]{1,4}\s?[-–−]\s?[0-9]{1,4}\s*\Z # a score, a range, years
      | [-+*/=^]\s*\Z                         # A+, C++
      | \A\s*\*                               # *args
      | ["“”@#?]|://""",
    re.VERBOSE,
)


def is_mathematics(text: str) -> bool:
    r"""Return whether a text is a number, a formula or a quantity, and nothing else.

    >>> is_mathematics(r"$\frac{1}{2}$"), is_mathematics("(a) Yes; (b) 4."), is_mathematics("d0nkDN")
    (True, False, False)
    """
    if len(text) > LONGEST:
        return False
    text = _ENVIRONMENT.sub(" ", _FORMULA_MARKS.sub(" ", text)).strip().removesuffix(".").rstrip()
    text = _UPRIGHT.sub(r" \1 ", text)
    bare = _SCIENTIFIC.sub("0", _COMMAND.sub(" ", text)).strip()
    if _NO_MATHEMATICS.search(bare):
        return False
    unit = _UNIT_AT_END.search(bare)
    if unit and unit[1] in _UNITS.split():
        bare = bare[: unit.start()]
    runs = [run for run in _RUN.findall(bare) if run not in _NAMES.split()]
    if any(not _may_be_variables(run) for run in runs):
        return False
    operated = re.search(r"[0-9+*/=<>^∞√π|]|(?<=\S)\s?[-–−]|\\[A-Za-z]", text) is not None
    return operated or (len(runs) == 1 and len(runs[0]) == 1)


def _may_be_variables(run: str) -> bool:
    """Return whether letters side by side may be a product of variables, and no word."""
    if len(run) == 1:
        return run.isascii() or "Ͱ" <= run <= "Ͽ" or run in "ℝℤℚℕℂℓ"
    return len(run) < 4 and run.isascii() and run.islower() and run not in _SHORT_WORDS.split()
