"""The command ``nbtrack``: its verbs, and the one place where errors become exit codes."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nbtrack.errors import AmbiguousRun, NbtrackError, QueryError, UnknownRun

__all__ = ["VERBS", "program", "run"]

# Each verb and the module that has it: only the one that is called is imported.
VERBS = {
    "runs": "nbtrack.cli.listing",
    "show": "nbtrack.cli.listing",
    "diff": "nbtrack.cli.diff",
    "slice": "nbtrack.cli.slice",
    "reproduce": "nbtrack.cli.reproduce",
    "lineage": "nbtrack.cli.lineage",
    "register": "nbtrack.cli.registry",
    "models": "nbtrack.cli.registry",
    "rm": "nbtrack.cli.cleaning",
    "gc": "nbtrack.cli.cleaning",
    "export": "nbtrack.cli.bundles",
    "verify": "nbtrack.cli.bundles",
    "import": "nbtrack.cli.bundles",
    "check": "nbtrack.cli.gate",
    "ci": "nbtrack.cli.gate",
    "doctor": "nbtrack.cli.doctor",
    "demo": "nbtrack.cli.demo",
}

# Asked of the package, which every layer stands below; the metadata of what is installed take 20 ms to find.
_VERSION: str = sys.modules["nbtrack"].__version__
_BUG = 70  # EX_SOFTWARE of sysexits.h
_INTERRUPTED = 130  # as shells report a process ended by SIGINT


class _Verbs(click.Group):
    """A group whose verbs are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        home = VERBS.get(cmd_name)
        if home is None:
            return None
        module = importlib.import_module(home)
        # `import` is a word of Python's own.
        command = getattr(module, cmd_name, None) or getattr(module, f"{cmd_name}_")
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="The .nbtrack folder, or the project that has it. Default: the nearest upward.",
)
@click.version_option(_VERSION, message="nbtrack %(version)s")
@click.pass_context
def program(context: click.Context, store: Path | None) -> None:
    """Lists and shows the runs that notebooks left in a project's .nbtrack folder.

    RUN is an id or a unique beginning of one, a label such as RandomForestClassifier-3, `last`,
    best:METRIC (best:-loss for the smallest), or a registered version: NAME@ALIAS, NAME:v3.
    """
    context.obj = store
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(2)


def run(arguments: Sequence[str] | None = None) -> int:
    """Carry out ``arguments`` and return the exit code; errors are told on stderr."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character, such as a bar of a curve, gets a question mark for it.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        # Not click's main(), which has an answer of its own to closed pipes.
        with program.make_context(
            "nbtrack", list(sys.argv[1:] if arguments is None else arguments)
        ) as context:
            program.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        return _leave_quietly()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (click.ClickException, click.Abort, NbtrackError) as error:
        return _tell(error)
    except Exception:
        import traceback

        traceback.print_exc()
        _say("error: This is a bug in nbtrack; the lines above say where.")
        return _BUG
    return 0


def _tell(error: click.ClickException | click.Abort | NbtrackError) -> int:
    if isinstance(error, click.Abort):
        return _INTERRUPTED
    if isinstance(error, click.ClickException):
        _say(f"error: {error.format_message()}")
        context = getattr(error, "ctx", None)
        if context is not None:
            _say(f"hint: {context.command_path} --help")
        return error.exit_code
    _say(f"error: {error}")
    for line in _hints(error):
        _say(line)
    return error.exit_code


def _hints(error: NbtrackError) -> list[str]:
    """What the error knows beyond its message."""
    message = str(error)
    if isinstance(error, QueryError):
        return [f"  {error.query}", f"  {' ' * error.position}^"]
    if isinstance(error, AmbiguousRun):
        return [f"  {one}" for one in error.candidates if one not in message]
    if isinstance(error, UnknownRun):
        unnamed = [label for label in error.nearest if label not in message]
        return [f"hint: nearest are {', '.join(unnamed)}"] if unnamed else []
    return []


def _say(line: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        click.echo(line, err=True)


def _leave_quietly() -> int:
    # The reader had enough. Python flushes stdout once more at its end, which must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
