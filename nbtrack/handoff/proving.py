"""The bundle just written proves itself: its own ``verify.py`` loads the model in a fresh process and compares."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtrack.handoff.loading import child_environment
from nbtrack.handoff.options import Options
from nbtrack.handoff.redacting import outward
from nbtrack.handoff.shipped.verify import manifest_digest

__all__ = ["proved"]

_TIMEOUT_SECONDS = 1800


def proved(bundle: Path, result: Mapping[str, Any], options: Options) -> str | None:
    """None where all is well; else what is not. Without example rows only the files are checked."""
    predict = ["--predict"] if result["expected"] is not None else []
    # Here it is our own model: the trust that others have to give is given.
    command = [options.python or sys.executable, str(bundle / "verify.py"), "--json", *predict]
    command += ["--trust", manifest_digest(bundle)]
    environment = {name: value for name, value in child_environment().items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - our own interpreter and file
        command,
        cwd=bundle,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.strip().splitlines()
        return outward(lines[-1])[:600] if lines else f"the process ended with {done.returncode}"
    wrong = [one["message"] for one in told["checks"] if not one["ok"]]
    return outward(" ".join(wrong))[:600] if wrong else None
