"""The templates of pages: Jinja with everything escaped, and the style that they share."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from northstar.pages.text import first_line, visible


@cache
def environment(package: str = "northstar.pages") -> Environment:
    """Return the environment of a package's own templates and of those here; every value is escaped.

    Filters for whatever a model or a dataset wrote: `visible` (escaped, hidden characters made visible), `first_line`.
    """
    shared = PackageLoader("northstar.pages")
    loader = shared if package == "northstar.pages" else ChoiceLoader([PackageLoader(package), shared])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["visible"] = lambda value: visible(str(value))
    made.filters["first_line"] = lambda value, most=200: first_line(str(value), most)
    return made


@cache
def shared_style() -> Markup:
    """Return the CSS of what pages share, for a <style> or a file of its own."""
    loader = environment().loader
    assert loader is not None
    return Markup(loader.get_source(environment(), "style.css")[0])
