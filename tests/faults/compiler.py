"""The C compiler that `disk.c` is built with: found, or installed. `python tests/faults/compiler.py` installs it where it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")
NAMES = ("cc", "gcc", "clang")


def find() -> str | None:
    """The path of a C compiler, or None."""
    given = os.environ.get("CC")
    return next(
        (path for name in ([given] if given else []) + list(NAMES) if (path := shutil.which(name))), None
    )


def install() -> None:
    """Through apt where that may be done; elsewhere the tests that need it are skipped, and say so."""
    if find() or sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["gcc", "libc6-dev"]
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *wanted]):
        subprocess.run(["apt-get", *arguments], check=False, env=quiet, stdout=subprocess.DEVNULL)


def built(folder: Path) -> Path | str:
    """The library of `disk.c`, compiled into ``folder``; where it cannot be, the reason."""
    if sys.platform != "linux":
        return "disk.c is written for Linux"
    compiler = find()
    if compiler is None:
        return "no C compiler was found: install gcc, or name one in CC"
    library = folder / "disk.so"
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, SOURCE, "-ldl", "-lpthread"],
        capture_output=True,
        text=True,
        check=False,
    )
    return library if done.returncode == 0 else f"{compiler} did not compile disk.c: {done.stderr[-500:]}"


if __name__ == "__main__":
    install()
    print(find() or "no C compiler could be installed: tests of failing disks will be skipped")
