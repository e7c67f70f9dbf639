"""The ``%track`` line magic and the ``%%track`` cell magic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError as ShellUsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from nbtrack.errors import NbtrackError

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.session import KernelSession

__all__ = ["TrackMagics", "completer"]


def _line_help() -> str:
    from nbtrack.magics.help import line_help

    return line_help()


def _cell_help() -> str:
    from nbtrack.magics.help import cell_help

    return cell_help()


@magics_class
class TrackMagics(Magics):  # type: ignore[misc]  # IPython has no types
    """Runs of this notebook: list them, look at one, steer what is recorded.

    Args:
        shell: the IPython shell.
        session: gives the kernel session that the magics speak to.
    """

    def __init__(self, shell: InteractiveShell, session: Callable[[], KernelSession]) -> None:
        super().__init__(shell)
        self._session = session

    @line_magic("track")  # type: ignore[untyped-decorator]  # as above
    def track(self, line: str) -> Any:
        """Ask for runs, and steer what is recorded; ``%track?`` has an example of each verb."""
        from nbtrack.magics.parsing import parse_line
        from nbtrack.magics.status import status

        try:
            asked = parse_line(line)
            if asked is None:
                return status(self._session())
            verb, given = asked
            return verb.run(self._session(), given)
        except NbtrackError as error:
            raise ShellUsageError(str(error)) from None

    @cell_magic("track")  # type: ignore[untyped-decorator]  # as above
    def track_cell(self, line: str, cell: str) -> Any:
        """Make a cell a run, or say more about its runs; ``%%track?`` has its flags."""
        # Reached only from inside another magic: as the first line of a cell, %%track never gets here.
        return self.shell.run_cell(f"%%track {line}\n{cell}")

    # IPython's help asks an object for getdoc() before it looks at its docstring. So the text is made from the
    # grammar when somebody asks for it.
    track.getdoc = _line_help
    track_cell.getdoc = _cell_help


def completer(session: Callable[[], KernelSession]) -> Callable[[CompletionContext], dict[str, Any]]:
    """A matcher for IPython's completer (its API of version 2) that answers in lines of ``%track`` and ``%%track``."""

    def nbtrack_matcher(context: CompletionContext) -> dict[str, Any]:
        text = context.text_until_cursor
        if "%track" not in text:
            return {"completions": []}
        from IPython.core.completer import SimpleCompletion

        from nbtrack.magics.completion import complete

        try:
            found = complete(text, session())
        except Exception:
            found = None
        if found is None:
            return {"completions": []}
        word, candidates = found
        return {
            "completions": [SimpleCompletion(text=each, type="nbtrack") for each in candidates],
            "matched_fragment": word,
            "ordered": True,
            "suppress": True,
        }

    nbtrack_matcher.matcher_api_version = 2  # type: ignore[attr-defined]  # the protocol's way to tell it
    return nbtrack_matcher
