"""Checks a bundle of anybody's: names, digests, signature; loads its model only where that was asked for and allowed.

The bundle's own programs are never run. Predicting uses this package's loader, in a process of its own; a model that
is a pickle, or comes with source of its own, runs code of the bundle's maker, and needs ``trust``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbtrack.errors import BundleRefused, UsageError
from nbtrack.handoff.archive import extract
from nbtrack.handoff.loading import child_environment
from nbtrack.handoff.shipped import verify as shipped
from nbtrack.handoff.signing import signature_problem
from nbtrack.records import Checked, Verification

__all__ = ["opened", "verify"]

_TIMEOUT_SECONDS = 1800
_CHILD = """
import json, sys
from pathlib import Path
from nbtrack.handoff.shipped import bundle_model, verify
folder = Path(sys.argv[1])
manifest = verify.read_manifest((folder / "manifest.json").read_bytes())
checks = verify.check_predictions(folder, manifest, bundle_model, trusted=sys.argv[2] == "trusted")
print(json.dumps([one.to_dict() for one in checks]))
"""


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The bundle's folder: ``path`` itself, or what a zip holds, extracted to a temporary place.

    Raises:
        UsageError: there is nothing at ``path``.
        BundleRefused: the zip is not one of a bundle, or holds what may not be extracted.
    """
    if path.is_dir():
        yield path.resolve()  # who loads its model does so from within
        return
    if not path.is_file():
        raise UsageError(f"There is no bundle at {path}: give its folder or its zip.")
    with tempfile.TemporaryDirectory(prefix="nbtrack-bundle-") as folder:
        extract(path, Path(folder))
        yield Path(folder)


def verify(
    path: Path,
    *,
    predict: bool = False,
    trust: str | None = None,
    key: Path | None = None,
    python: str = "",
) -> Verification:
    """What there is to say of the bundle at ``path``, a folder or a zip.

    Args:
        path: the bundle.
        predict: also load the model and compare its predictions.
        trust: the digest of the bundle (``sha256:…``) whose code may run.
        key: the public key (PEM) that must have signed it.
        python: the interpreter to load the model with; empty: this one.

    Raises:
        UsageError: there is nothing at ``path``, or the key cannot be read.
    """
    try:
        with opened(path) as folder:
            return _verified(folder, path, predict=predict, trust=trust, key=key, python=python)
    except BundleRefused as error:
        refused = Checked(check="archive", subject=error.subject, ok=False, message=str(error))
        return Verification(path=str(path), ok=False, checks=(refused,))


def _verified(  # noqa: PLR0913 - as above, and the folder
    folder: Path, path: Path, *, predict: bool, trust: str | None, key: Path | None, python: str
) -> Verification:
    manifest, found = shipped.check_files(folder)
    checks = [_checked(one) for one in found]
    if manifest is None:
        return Verification(path=str(path), ok=False, checks=tuple(checks))
    digest = shipped.manifest_digest(folder)
    if key is not None:
        problem = signature_problem(folder, key)
        message = f"{path.name}: {problem}." if problem else f"signed by {key.name}"
        checks.append(
            Checked(check="signature", subject=shipped.SIGNATURE, ok=problem is None, message=message)
        )
    sound = all(one.ok for one in checks)
    if predict and sound:
        refused = _untrusted(manifest, digest, trust, signed=key is not None)
        checks += (
            [refused] if refused else _predicted(folder, python, trusted=trust == digest or key is not None)
        )
    run, model = manifest.get("run"), manifest.get("model")
    return Verification(
        path=str(path),
        ok=all(one.ok for one in checks),
        checks=tuple(checks),
        digest=digest,
        label=str(run.get("label")) if isinstance(run, dict) else None,
        safe=model.get("safe") is True if isinstance(model, dict) else None,
    )


def _checked(one: shipped.Check) -> Checked:
    return Checked(check=one.name, subject=one.subject, ok=one.ok, message=one.message)


def _untrusted(manifest: dict[str, Any], digest: str, trust: str | None, *, signed: bool) -> Checked | None:
    """Why the model may not be loaded; None where it may: nothing of the bundle runs, or its maker is trusted."""
    model = manifest["model"] if isinstance(manifest.get("model"), dict) else {}
    if trust is not None and trust != digest:
        message = f"--trust names {trust}, and this bundle is {digest}."
        return Checked(check="trust", subject="manifest.json", ok=False, message=message)
    source = [
        name for name in manifest["files"] if name.startswith("code/") and name != "code/bundle_model.py"
    ]
    what = "is a pickle, which runs code" if model.get("safe") is not True else ""
    what = what or (
        f"comes with source of its own ({', '.join(sorted(source)[:3])}), which runs" if source else ""
    )
    if not what or trust == digest or signed:
        return None
    message = f"The model {what} when it is loaded. If you trust where it comes from: --trust {digest}"
    return Checked(check="trust", subject="model", ok=False, message=message)


def _predicted(folder: Path, python: str, *, trusted: bool) -> list[Checked]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and source
        [python or sys.executable, "-c", _CHILD, str(folder), "trusted" if trusted else "untrusted"],
        env=child_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    try:
        told = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or [f"the process ended with {done.returncode}"])[-1]
        return [
            Checked(check="predict", subject="model", ok=False, message=f"The model cannot be loaded: {last}")
        ]
    return [Checked(**one) for one in told]
