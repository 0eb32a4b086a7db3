"""The command `ns`: runs a subcommand and turns every error into one sentence and an exit code."""

from __future__ import annotations

import errno
import gc
import re
import sys
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

from northstar.cli.commands.eval import SETTINGS_HELP, eval_
from northstar.cli.commands.generate import SETTINGS_HELP as GENERATE_HELP
from northstar.cli.commands.generate import generate
from northstar.cli.commands.importing import import_
from northstar.cli.commands.judge import judge
from northstar.cli.commands.plan import plan
from northstar.cli.commands.prepare_data import prepare_data
from northstar.cli.commands.recipes import recipes
from northstar.cli.commands.regrade import regrade
from northstar.cli.commands.results.bundle import bundle, verify
from northstar.cli.commands.results.compare import compare
from northstar.cli.commands.results.export import export
from northstar.cli.commands.results.report import report
from northstar.cli.commands.results.summarize_results import summarize_results
from northstar.cli.commands.results.view import view
from northstar.cli.commands.server import server
from northstar.cli.commands.setup import setup
from northstar.cli.commands.status import cancel, logs, status
from northstar.cli.remote import remember
from northstar.cli.signature import command
from northstar.core.errors import NorthstarError
from northstar.core.open_files import TOO_MANY, why
from northstar.core.streams import OutputLost, hold_streams, lost_of_stderr
from northstar.core.text import printable
from northstar.version import __version__

# Options have underscores, as in related tools; hyphens work, too.
_SETTINGS = {
    "token_normalize_func": lambda argument: argument.replace("-", "_"),
    "help_option_names": ["--help", "-h"],
    "max_content_width": 110,
}

_NOT_NEEDED = ("requeue", "resume", "retry", "rerun", "continue")
"""Commands of other tools that `ns` does not need."""
_GOES_ON = "the same ns eval command goes on with what is missing, and ns judge with what is not judged"

app = typer.Typer(
    name="ns",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings=_SETTINGS,
    help="Evaluates language models: prepare benchmarks, run a model over them many times, grade, print the table.",
    epilog="Try it: ns eval --benchmarks=smoke:4 --output_dir=out",
)
app.command("prepare_data", context_settings=_SETTINGS, no_args_is_help=True)(command(prepare_data))
app.command("eval", context_settings=_SETTINGS, no_args_is_help=True, epilog=SETTINGS_HELP)(command(eval_))
app.command("generate", context_settings=_SETTINGS, no_args_is_help=True, epilog=GENERATE_HELP)(command(generate))
app.command("plan", context_settings=_SETTINGS, no_args_is_help=True)(command(plan))
app.command("judge", context_settings=_SETTINGS, no_args_is_help=True)(command(judge))
app.command("import", context_settings=_SETTINGS, no_args_is_help=True)(command(import_))
app.command("regrade", context_settings=_SETTINGS, no_args_is_help=True)(command(regrade))
app.command("bundle", context_settings=_SETTINGS, no_args_is_help=True)(command(bundle))
app.command("verify", context_settings=_SETTINGS, no_args_is_help=True)(command(verify))
app.command("status", context_settings=_SETTINGS, no_args_is_help=True)(command(status))
app.command("logs", context_settings=_SETTINGS, no_args_is_help=True)(command(logs))
app.command("cancel", context_settings=_SETTINGS, no_args_is_help=True)(command(cancel))
app.command("server", context_settings=_SETTINGS)(command(server))
app.command("setup", context_settings=_SETTINGS)(command(setup))
app.command("compare", context_settings=_SETTINGS, no_args_is_help=True)(command(compare))
app.command("view", context_settings=_SETTINGS, no_args_is_help=True)(command(view))
app.command("export", context_settings=_SETTINGS, no_args_is_help=True)(command(export))
app.command("report", context_settings=_SETTINGS, no_args_is_help=True)(command(report))
app.command("recipes", context_settings=_SETTINGS)(command(recipes))
app.command("summarize_results", context_settings=_SETTINGS, no_args_is_help=True)(command(summarize_results))


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"northstar {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show an error's traceback; works after a command too.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    del debug, version  # main() handles --debug, a callback --version


def main(argv: list[str] | None = None) -> NoReturn:
    """Run `ns` and exit: 0 success, 1 failure, 2 wrong usage, 130 stopped."""
    hold_streams()
    gc.set_threshold(20_000, 20, 20)  # a run has many objects and few cycles
    given = sys.argv[1:] if argv is None else argv
    debug = "--debug" in given
    rest = [argument for argument in given if argument != "--debug"]
    for argument in rest:
        if not argument.isprintable() and any("\ud800" <= character <= "\udfff" for character in argument):
            sys.exit(_fail(f"{argument!a} is not UTF-8; arguments must be.", 2, debug))
        if re.fullmatch(r"--(?!\w*args=)[\w-]+=", argument):
            sys.exit(_fail(f"{argument} has no value; is a variable of the shell not set?", 2, debug))
    remember(given)
    code = _run(rest, debug)
    if (lost := lost_of_stderr()) is not None:
        print(f"note: some messages on stderr were lost: {lost.strerror}.", file=sys.stderr)
    sys.exit(code)


def _run(argv: list[str], debug: bool) -> int:
    command = typer.main.get_command(app)
    name = argv[0] if argv else ""
    if name in _NOT_NEEDED:
        return _fail(f"there is no command {name}: {_GOES_ON}.", 2, debug)
    try:
        code = command.main(argv, prog_name="ns", standalone_mode=False)
        sys.stdout.flush()
    except OutputLost as lost:
        return _lost(lost, debug)
    except NorthstarError as error:
        return _fail(str(error), error.exit_code, debug, "error: " if error.is_failure else "")
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped.", 130, debug, "")
    except OSError as error:
        if error.errno in TOO_MANY:
            return _fail(f"{why(error)}.", 1, debug)
        if error.filename is None:
            return _fault(error, debug)
        return _fail(f"cannot use {error.filename}: {error.strerror}.", 1, debug)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error; its class depends on typer's version
            if not error.format_message():  # a command without arguments printed its help
                return 2
            return _fail(_usage_message(error), getattr(error, "exit_code", 2), debug)
        return _fault(error, debug)
    return code if isinstance(code, int) else 0


def _lost(lost: OutputLost, debug: bool) -> int:
    """Say nothing after a broken pipe: its reader wanted no more."""
    return lost.exit_code if lost.why.errno == errno.EPIPE else _fail(str(lost), lost.exit_code, debug)


def _fault(error: Exception, debug: bool) -> int:
    hint = "This is a bug in Northstar; the same command with --debug shows where."
    return _fail(f"{type(error).__name__}: {error}. {hint}", 1, debug)


def _fail(message: str, code: int, debug: bool, heading: str = "error: ") -> int:
    if debug:
        import traceback

        traceback.print_exc()
    from northstar.models.secrets import without_secrets

    with suppress(OutputLost):  # report the failure itself
        sys.stdout.flush()
    print(f"{heading}{printable(without_secrets(message))}", file=sys.stderr)
    return code


def _usage_message(error: Any) -> str:
    context = getattr(error, "ctx", None)
    option = getattr(error, "option_name", "")
    if option and context and context.info_name == "prepare_data":
        from northstar.api.source_options import setting_meant

        if setting := setting_meant(option):
            return f"there is no option {option}: write {setting}=PATH."
    if option and context and context.info_name in ("eval", "generate", "judge"):
        from northstar.config.settings import setting_named

        if path := setting_named(option.lstrip("-")):
            return f"there is no option {option}: it is a setting, ++{'.'.join(path)}=…"
    message = " ".join(error.format_message().split()).rstrip(".?")
    return f"{message[:1].lower()}{message[1:]}. All options: {context.command_path if context else 'ns'} --help"
