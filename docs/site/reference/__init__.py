"""The pages of the reference, generated from the code."""

from __future__ import annotations

from docs.site.reference import commands, environment, exit_codes, fields, python_api, settings

INDEX = """\
# Reference

Generated from the code of this version, so that it can't be out of date.

- [Commands](commands/index.md): every command of `ns` with its options.
- [Settings](settings.md): what `++key=value` sets, with type, default and meaning.
- [From Python](python.md): the functions of `import northstar`, and what they return.
- [Parts of a benchmark](benchmark.md): the classes that a benchmark of your own is made of.
- [What a run writes](../records.md): the files of an output folder.
- [Fields of a record](fields.md): each with its type.
- [What is graded](../grading.md): what counts as the answer, and when it is right.
- [Exit codes](exit-codes.md), and [environment variables](environment.md).
"""


PROJECT = """\
# The project

- [Contributing](contributing.md): a benchmark in 20 lines, an option, an executor, and how to work on the code.
- [How fast it is](speed.md): what is measured, and the figures.
- [Inside the sandbox](inside-the-sandbox.md): how programs of a model are kept in.
- [Changes](changes.md): of each version.
"""


def generated_pages() -> dict[str, str]:
    """Return the Markdown of each page by its place on the site."""
    return {
        "reference/index.md": INDEX,
        "project/index.md": PROJECT,
        **commands.pages(),
        "reference/settings.md": settings.page(),
        **python_api.pages(),
        "reference/fields.md": fields.page(),
        "reference/exit-codes.md": exit_codes.page(),
        "reference/environment.md": environment.page(),
    }
