"""The ``%track`` line magic and the ``%%track`` cell magic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError as ShellUsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class

from nbtrack.errors import NbtrackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from nbtrack.capture.session import KernelSession

__all__ = ["TrackMagics"]


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

    @line_cell_magic  # type: ignore[untyped-decorator]  # as above
    def track(self, line: str, cell: str | None = None) -> Any:
        """Track training cells as runs.

        As a line::

            %track                               status: store, experiment, last runs, cost so far
            %track on | off                      automatic runs for training cells
            %track experiment churn              group the following runs
            %track runs "accuracy > 0.9" -n 20   a table, newest first
            %track show last                     one run, whole
            %track note last "too deep"          write a note on a run
            %track tag last stage=final          set a tag
            m = %track load best:accuracy        the model of a run

        A run is named by its id or a unique beginning of it, its label, ``last``, or ``best:METRIC``
        (``best:-loss`` for the smallest).

        As the first line of a cell, which then is a run even if nothing in it trains::

            %%track -n baseline -t stage=final -p lr,epochs -d X,y -m model -M auc=roc_auc_score(y,p)

        ``-n`` name, ``-e`` experiment, ``-t key=value`` tag, ``-p a,b`` variables to keep as params, ``-d X,y`` data,
        ``-m model`` the variable that holds the model, ``-M name=EXPR`` a metric, ``--note TEXT``, ``--keep-data``,
        ``--no-model``, ``--off`` (make no run of this cell), ``-q`` (show nothing).
        """
        if cell is not None:
            # Reached only from inside another magic: as the first line of a cell, %%track never gets here.
            return self.shell.run_cell(f"%%track {line}\n{cell}")
        from nbtrack.magics.parsing import parse_line

        try:
            given = parse_line(line)
            return _VERBS[given.verb](self._session(), given)
        except NbtrackError as error:
            raise ShellUsageError(str(error)) from None


def _status(session: KernelSession, _: argparse.Namespace) -> None:
    from nbtrack.render.line import run_line
    from nbtrack.render.numbers import duration, size
    from nbtrack.store import Store

    watching = "watching" if session.automatic else "not watching (%track on)"
    print(f"nbtrack: {watching} · store {session.folder}", end="")  # noqa: T201 - a magic's answer
    if not session.folder.is_dir():
        print(" (made with the first run)")  # noqa: T201 - as above
        return
    with Store.open(session.folder) as store:
        runs = store.find_runs(limit=3)
        print(f" ({size(store.size_bytes())}) · experiment {session.experiment or 'by notebook'}")  # noqa: T201 - as above
    print(f"capture has cost {duration(session.seconds)} in this kernel so far")  # noqa: T201 - as above
    for run in runs:
        print(run_line(run))  # noqa: T201 - as above
    if runs:
        print(f"try: %track show {runs[0].label}")  # noqa: T201 - as above


def _switch(session: KernelSession, given: argparse.Namespace) -> None:
    session.automatic = given.verb == "on"
    print("nbtrack: watching training cells" if session.automatic else "nbtrack: off")  # noqa: T201 - as above


def _experiment(session: KernelSession, given: argparse.Namespace) -> None:
    if given.name:
        session.experiment = given.name
    print(f"experiment {session.experiment or 'by notebook'}")  # noqa: T201 - as above


def _runs(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import runs

    return runs(" ".join(given.query) or None, limit=given.n, store=session.folder)


def _show(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    return get(given.run, store=session.folder)


def _load(session: KernelSession, given: argparse.Namespace) -> Any:
    from nbtrack.run import get

    return get(given.run, store=session.folder).model()


def _note(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.store import Store

    with Store.open(session.folder) as store:
        run = store.get_run(given.run)
        store.update_run(run.id, note=" ".join(given.text))
    print(f"noted on {run.label}")  # noqa: T201 - as above


def _tag(session: KernelSession, given: argparse.Namespace) -> None:
    from nbtrack.magics.parsing import split_pair
    from nbtrack.store import Store

    tags = dict(split_pair(each, "tag") for each in given.tags)
    with Store.open(session.folder) as store:
        run = store.get_run(given.run)
        store.update_run(run.id, tags={**run.tags, **tags})
    print(f"{run.label}: {', '.join(f'{name}={value}' for name, value in tags.items())}")  # noqa: T201 - as above


_VERBS = {
    None: _status,
    "on": _switch,
    "off": _switch,
    "experiment": _experiment,
    "runs": _runs,
    "show": _show,
    "load": _load,
    "note": _note,
    "tag": _tag,
}
