"""Builds the site with Sphinx."""

from __future__ import annotations

from pathlib import Path

from docs.site.staging import stage

CONFIGURATION = Path(__file__).parent


def build(out: Path, temporary: Path) -> int:
    """Build the site into `out`; return 0, or 1 where Sphinx warned of anything.

    Args:
        out: The folder of the site.
        temporary: An empty folder for the sources and what Sphinx keeps of them.
    """
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    sources = temporary / "sources"
    sources.mkdir()
    stage(sources)
    with patch_docutils(CONFIGURATION), docutils_namespace():
        site = Sphinx(
            sources,
            CONFIGURATION,
            out,
            temporary / "doctrees",
            "html",
            status=None,
            freshenv=True,
            warningiserror=True,
        )
        site.build(force_all=True)
        return site.statuscode
