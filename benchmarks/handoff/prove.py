"""Does a bundle predict the same where there is nothing but what its requirements name?

For each bundle: a copy elsewhere, a new virtual environment with its ``requirements.txt`` and nothing else, no nbtrack
in it, and the bundle's own ``verify.py --predict`` there. Prints a line for each; ends with 1 where one fails.

    python benchmarks/handoff/prove.py BUNDLE…
"""

import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path


def prove(bundle: Path) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory() as place:
        moved, environment = Path(place) / "moved" / "model", Path(place) / "venv"
        if bundle.is_dir():
            shutil.copytree(bundle, moved)
        else:
            zipfile.ZipFile(bundle).extractall(moved)
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        said = subprocess.run(
            [
                python,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
                moved / "requirements.txt",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if said.returncode:
            return False, said.stderr.strip().splitlines()[-1]
        without = subprocess.run(
            [python, "-c", "import nbtrack"], cwd=moved, capture_output=True, check=False
        )
        if not without.returncode:
            return False, "nbtrack is in the environment"
        digest = subprocess.run(
            [python, "-c", "import hashlib; print(hashlib.sha256(open('manifest.json', 'rb').read()).hexdigest())"],
            cwd=moved, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        done = subprocess.run(
            [python, "verify.py", "--predict", "--trust", f"sha256:{digest}"],
            cwd=moved, capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
        return done.returncode == 0, "; ".join(line.removeprefix("ok").strip() for line in lines)


def main() -> int:
    wrong = 0
    for name in sys.argv[1:]:
        ok, said = prove(Path(name))
        wrong += not ok
        print(f"{'ok    ' if ok else 'FAILED'} {Path(name).name}: {said}", flush=True)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
