"""Loads the model of a run that came as a bundle, in a format of its library's own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbtrack.handoff.archive import extract
from nbtrack.handoff.export import kept_bundle
from nbtrack.handoff.shipped import bundle_model
from nbtrack.records import Run
from nbtrack.store import Store

__all__ = ["kept_model"]


def kept_model(store: Store, run: Run) -> Any:
    """The model from the bundle that was kept with an imported run; None where none was.

    It is the library's own object where that predicts what was recorded, else (a LightGBM classifier, whose file holds
    its booster, and ONNX) one with ``predict``. Source that the bundle has of the model's classes is run.

    Raises:
        BlobCorrupt: the bundle is not what was written.
        ImportError: the model's library is not installed.
    """
    kept = kept_bundle(store, run)
    if kept is None:
        return None
    with tempfile.TemporaryDirectory(prefix="nbtrack-kept-") as place:
        file, folder = Path(place) / "kept.zip", Path(place) / "bundle"
        file.write_bytes(store.read_attachment(kept))
        folder.mkdir()
        extract(file, folder)
        names = [one.stem for one in (folder / "code").iterdir()]
        with _own_modules(folder / "code", names):
            loaded = bundle_model.load(folder, trusted=True)
    return loaded if loaded.about["kind"] in {"lightgbm", "onnx"} else loaded.model


@contextmanager
def _own_modules(code: Path, names: Sequence[str]) -> Iterator[None]:
    """Let modules of these names be the bundle's for a while, and those of the user be his again afterwards."""
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        sys.modules.update(before)
        while str(code) in sys.path:
            sys.path.remove(str(code))
