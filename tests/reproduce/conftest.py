"""A notebook that was tracked, and whose runs are then reproduced."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from nbtrack.reproduce import Options, reproduce
from nbtrack.store import Store
from tests.shells import leave, watching_shell

DATA = "1,2\n2,3\n3,5\n4,4\n5,7\n6,6\n7,9\n8,7\n"


@dataclasses.dataclass
class Project:
    """A folder with a store; cells run in a shell of this process, their runs are found by the cell's name."""

    folder: object
    shell: Any
    made: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def run(self, name, source):
        """Run a cell; its runs are known by ``name`` from then on."""
        self.shell.run_cell(source, store_history=True)
        with Store.open(self.folder / ".nbtrack", create=True) as store:
            known = {each for ids in self.made.values() for each in ids}
            self.made[name] = [one.id for one in reversed(store.find_runs()) if one.id not in known]

    def record(self, name, place=0):
        with Store.open(self.folder / ".nbtrack") as store:
            return store.get_run(self.made[name][place])

    def reproduce(self, name, place=0, **options):
        with Store.open(self.folder / ".nbtrack") as store:
            return reproduce(store, store.get_run(self.made[name][place]), Options(**options))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "data.csv").write_text(DATA)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("IPYTHONDIR", str(folder / ".ipython"))
        shell = watching_shell()
        yield Project(folder, shell)
        leave(shell)
