"""`ns settings`."""

from __future__ import annotations

from typing import Annotated

import typer


def settings(
    word: Annotated[
        str | None,
        typer.Argument(help="Only those with this in their name, else in their meaning: temp.", show_default=False),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON list, for programs.")] = False,
) -> None:
    """List the settings of ns eval, ++key=value: what each takes, its default, what it means.

    Example: ns settings temperature
    """
    import json
    import shutil
    import textwrap
    from dataclasses import asdict

    from northstar.config.listing.settings import all_settings, found_settings

    found = all_settings() if word is None else found_settings(word, all_settings())
    if json_:
        print(json.dumps([asdict(each) for each in found], indent=2), flush=True)
        return
    columns = max(40, shutil.get_terminal_size((120, 40)).columns)
    for each in found:
        print(f"++{each.key}  [{each.type}{f'; default {each.default}' if each.default else ''}]")
        print(textwrap.fill(each.about, columns, initial_indent="    ", subsequent_indent="    "))
    if word is None:
        print("\nAsk for one: ns settings WORD. A judge has the same: --extra_judge_args='++inference.temperature=0'.")
