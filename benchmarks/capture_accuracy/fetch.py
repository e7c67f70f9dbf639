"""Lay out the labelled notebooks, each at its commit and with the files beside it.

    python fetch.py LABELS NOTEBOOKS [--clones CLONES]

``CLONES`` may hold repositories already cloned, as ``owner+name/`` (a git directory, a work tree, or a
folder with one of these named ``repo``); what is missing there is cloned from GitHub. The notebook of a
label ends up at ``NOTEBOOKS/owner/name/path``. Nothing of it belongs into this repository.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path, PurePosixPath

__all__ = ["clone_of", "lay_out"]

# Neighbours above this size are no data a notebook of these reads.
MAX_FILE_BYTES = 20_000_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("notebooks", type=Path)
    parser.add_argument("--clones", type=Path, default=Path("clones"))
    given = parser.parse_args()
    for file in sorted(given.labels.glob("*.json")):
        label = json.loads(file.read_text(encoding="utf-8"))
        path = lay_out(label, clone_of(label["repo"], given.clones), given.notebooks)
        cells = len(json.loads(path.read_text(encoding="utf-8"))["cells"])
        print("ok   " if cells == label["n_cells"] else f"CELLS {cells} != {label['n_cells']}", path)


def clone_of(repo: str, clones: Path) -> Path:
    """The git directory of ``owner/name`` under ``clones``, cloned from GitHub if it is not there."""
    folder = clones / repo.replace("/", "+")
    for candidate in (folder / "repo", folder / ".git", folder):
        if (candidate / "objects").is_dir():
            return candidate
    url = f"https://github.com/{repo}.git"
    subprocess.run(["git", "clone", "--bare", "--filter=blob:limit=20m", url, str(folder)], check=True)
    return folder


def lay_out(label: dict, git_dir: Path, notebooks: Path) -> Path:
    """Write the notebook's folder (with all below it) at the label's commit; returns the notebook's path."""
    root = notebooks / label["repo"]
    folder = PurePosixPath(label["path"]).parent
    inside = [] if folder == PurePosixPath() else ["--", f"{folder}/"]
    listing = _git(git_dir, "ls-tree", "-r", "-l", "-z", label["commit"], *inside).decode()
    for entry in filter(None, listing.split("\0")):
        about, name = entry.split("\t", 1)
        _mode, kind, blob, size = about.split()
        target = root / name
        if kind != "blob" or not size.isdigit() or int(size) > MAX_FILE_BYTES or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_git(git_dir, "cat-file", "blob", blob))
    return root / label["path"]


def _git(git_dir: Path, *args: str) -> bytes:
    return subprocess.run(["git", "--git-dir", str(git_dir), *args], check=True, capture_output=True).stdout


if __name__ == "__main__":
    main()
