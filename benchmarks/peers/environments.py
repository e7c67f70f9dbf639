"""Environments for peers, one each, so that what they require cannot meet: `python environments.py [PEER …]`.

Each has the same libraries to train with and one tracker. What cannot be installed is named, with pip's last line.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".bench"
COMMON = ["ipykernel>=7", "scikit-learn>=1.6", "pandas>=2.2", "matplotlib>=3.9"]
# Beside the name of the distribution what else it is to be tried with, newest first.
PEERS = {
    "nbtrack": [["-e", str(ROOT)]],
    "mlflow": [["mlflow"], ["mlflow==3.17.2"]],
    "wandb": [["wandb"]],
    "aim": [["aim"]],
    "trackio": [["trackio"]],
    "dvclive": [["dvclive"]],
    "lamindb": [["lamindb"]],
    "ipyflow": [["ipyflow"]],
    "kishu": [["kishu"]],
}


def python_of(peer: str) -> Path:
    return FOLDER / peer / "bin" / "python"


def present(peer: str) -> str | None:
    """The version of an installed peer; None: it is not there."""
    if not python_of(peer).exists():
        return None
    code = f"import importlib.metadata as m; print(m.version({peer!r}))"
    found = subprocess.run(
        [python_of(peer), "-c", code], capture_output=True, text=True, check=False, cwd=FOLDER
    )
    return found.stdout.strip() or None


def install(peer: str) -> str | None:
    """Make a peer's environment where it lacks; returns why it could not be made."""
    if present(peer):
        return None
    venv.create(FOLDER / peer, with_pip=True, clear=True)
    pip = [python_of(peer), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    why = ""
    for wanted in PEERS[peer]:
        done = subprocess.run([*pip, *COMMON, *wanted], capture_output=True, text=True, check=False)
        if done.returncode == 0 and present(peer):
            return None
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = (errors or done.stderr.splitlines() or ["?"])[-1]
    return why


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    failed = {peer: why for peer in sys.argv[1:] or PEERS if (why := install(peer)) is not None}
    (FOLDER / "failed.json").write_text(json.dumps(failed, indent=1), encoding="utf-8")
    for peer in PEERS:
        print(f"{peer:10s} {present(peer) or 'not installed: ' + failed.get(peer, 'not tried')}")


if __name__ == "__main__":
    main()
