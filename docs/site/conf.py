"""Sphinx's configuration of the site."""

from __future__ import annotations

from typing import Any

from docs.site.navigation import ROOT
from northstar.version import __version__

project = "Northstar"
author = "Northstar"
project_copyright = "Northstar, Apache License 2.0"
release = version = __version__
extensions = ["myst_parser"]
root_doc = "index"
language = "en"
nitpicky = True
highlight_language = "text"

myst_heading_anchors = 4
myst_linkify_fuzzy_links = False

html_theme = "pydata_sphinx_theme"
html_title = "Northstar"
html_static_path = [str(ROOT / "docs" / "site" / "static")]
html_js_files = ["northstar.js"]
html_css_files = ["northstar.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars: dict[str, list[str]] = {"start": [], "index": []}
html_theme_options: dict[str, Any] = {
    "show_prev_next": True,
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}
