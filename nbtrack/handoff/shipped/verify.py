"""Checks this bundle: every file is what the manifest says, none is missing, none was added.

With ``--predict`` it also loads the model and compares its predictions for the example rows with the recorded ones.
Needs Python 3.11 and, for ``--predict``, what ``environment/requirements.txt`` names; nbtrack is not needed.

Exit codes: 0 all is well, 1 something is not, 2 wrong use.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import stat
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

__all__ = [
    "Check",
    "check_files",
    "check_predictions",
    "failed",
    "junit",
    "main",
    "manifest_digest",
    "name_problem",
    "passed",
    "read_manifest",
]

FORMAT, VERSION = "nbtrack-bundle", 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_MOST_MANIFEST_BYTES = 16 << 20
_MOST_FILES = 10_000
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_LONGEST_NAME = 240
_PIECE = 1 << 20


class Check(NamedTuple):
    """One thing that was checked: its name, the file it is about, whether it is well, what is to be said."""

    name: str
    subject: str
    ok: bool
    message: str

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON-ready data."""
        return {"check": self.name, "subject": self.subject, "ok": self.ok, "message": self.message}


def passed(name: str, subject: str, message: str) -> Check:
    """What is as it should be."""
    return Check(name, subject, ok=True, message=message)


def failed(name: str, subject: str, message: str) -> Check:
    """What is not."""
    return Check(name, subject, ok=False, message=message)


def name_problem(name: str) -> str | None:
    """Why a file of a bundle may not be called so; None where it may.

    A name is a relative path with ``/``, the same on every system: nothing that leads out of the folder, is
    another file elsewhere, or cannot be written there.
    """
    if not name or len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
        return "it is empty or longer than 240 bytes"
    if name.startswith("/") or "\\" in name or ":" in name:
        return "it is not a relative path with /"
    if (
        any(unicodedata.category(one).startswith("C") for one in name)
        or unicodedata.normalize("NFC", name) != name
    ):
        return "it holds characters that are not shown, or in a form that differs between systems"
    for part in name.split("/"):
        if part in {"", ".", ".."}:
            return "it leads out of the folder or through it"
        if part[-1] in ". " or part.partition(".")[0].lower() in _RESERVED:
            return "some systems cannot write it"
    return None


def read_manifest(text: bytes) -> dict[str, Any]:
    """The manifest, its form checked.

    Raises:
        ValueError: it is none, names a file twice, or is of another format or a newer version.
    """
    if len(text) > _MOST_MANIFEST_BYTES:
        raise ValueError(f"{MANIFEST} is larger than {_MOST_MANIFEST_BYTES} bytes.")
    try:
        manifest = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError) as error:
        raise ValueError(f"{MANIFEST} is not JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{MANIFEST} is not that of an nbtrack bundle.")
    if manifest.get("version") != VERSION:
        raise ValueError(
            f"The bundle has format version {manifest.get('version')!r}; this program reads {VERSION}."
        )
    _check_files_table(manifest.get("files"))
    return manifest


def _check_files_table(files: Any) -> None:
    if not isinstance(files, dict) or not files or len(files) > _MOST_FILES:
        raise ValueError(f"{MANIFEST} names no files, or more than {_MOST_FILES}.")
    folded: dict[str, str] = {}
    for name, told in files.items():
        problem = name_problem(name)
        if problem is not None or name in {MANIFEST, SIGNATURE}:
            raise ValueError(f"{MANIFEST} names {name!r}: {problem or 'it may not name itself'}.")
        twin = folded.setdefault(name.casefold(), name)
        if twin != name:
            raise ValueError(f"{MANIFEST} names {twin!r} and {name!r}, which are one file on some systems.")
        size = told.get("size") if isinstance(told, dict) else None
        if type(size) is not int or size < 0 or not _is_sha256(told.get("sha256")):
            raise ValueError(f"{MANIFEST} does not tell size and sha256 of {name!r}.")


def _is_sha256(text: Any) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")  # noqa: PLR2004 - hex digits


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{MANIFEST} names {next(one for one in names if names.count(one) > 1)!r} twice.")
    return found


def check_files(folder: Path) -> tuple[dict[str, Any] | None, list[Check]]:
    """The manifest (None: it cannot be read) and what was found about each file; nothing is loaded."""
    try:
        if not stat.S_ISREG((folder / MANIFEST).lstat().st_mode):
            return None, [failed("manifest", MANIFEST, f"{MANIFEST} is not a plain file.")]
        with (folder / MANIFEST).open("rb") as file:
            manifest = read_manifest(file.read(_MOST_MANIFEST_BYTES + 1))
    except OSError as error:
        return None, [failed("manifest", MANIFEST, f"{MANIFEST} cannot be read: {error.strerror}.")]
    except ValueError as error:
        return None, [failed("manifest", MANIFEST, str(error))]
    checks = [passed("manifest", MANIFEST, f"format version {VERSION}")]
    files: dict[str, Any] = manifest["files"]
    present = dict(_present(folder))
    for name in sorted(present.keys() - files.keys() - {MANIFEST, SIGNATURE}):
        # Python runs a compiled file in place of the source beside it: it is no less an addition than others.
        hint = " Python wrote it; delete it." if "__pycache__/" in name else ""
        checks.append(failed("file", name, f"{name} is not in the manifest: it was added or renamed.{hint}"))
    for name, told in sorted(files.items()):
        checks.append(_check_file(folder, name, told, present.get(name)))
    return manifest, checks


def _present(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below the folder but folders, without following links."""
    waiting = [(folder, "")]
    while waiting:
        here, prefix = waiting.pop()
        with os.scandir(here) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), name + "/"))
                else:
                    yield name, entry.stat(follow_symlinks=False)


def _check_file(folder: Path, name: str, told: dict[str, Any], status: os.stat_result | None) -> Check:
    if status is None:
        return failed("file", name, f"{name} is missing.")
    if not stat.S_ISREG(status.st_mode):
        return failed("file", name, f"{name} is a link or a special file, not a plain one.")
    if status.st_size != told["size"]:
        return failed("file", name, f"{name} has {status.st_size} bytes; it had {told['size']}.")
    digest = hashlib.sha256()
    with (folder / name).open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    if digest.hexdigest() != told["sha256"]:
        return failed("file", name, f"{name} was changed: its sha256 is not the one in the manifest.")
    return passed("file", name, told["sha256"])


def manifest_digest(folder: Path) -> str:
    """The sha256 of the manifest, which stands for the whole bundle: ``sha256:…``."""
    return "sha256:" + hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def check_predictions(folder: Path, manifest: dict[str, Any], loader: Any, *, trusted: bool) -> list[Check]:
    """Load the model with ``loader`` (the module ``bundle_model``) and compare what it says of the example rows."""
    expected_file = folder / "example" / "expected.json"
    if "example/expected.json" not in manifest["files"]:
        return [failed("predict", "example", "The bundle has no example to predict on; its card says why.")]
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    try:
        model = loader.load(folder, trusted=trusted)
        found = model.outputs(loader.read_example(folder))
    except ImportError as error:
        return [
            failed(
                "predict",
                "model",
                f"The model cannot be loaded here: {error}. Install environment/requirements.txt first.",
            )
        ]
    except Exception as error:
        return [
            failed(
                "predict",
                "model",
                f"The model cannot be loaded or used: {type(error).__name__}: {error}",
            )
        ]
    return [_compared(name, told, found.get(name), expected) for name, told in expected["outputs"].items()]


def _compared(name: str, told: dict[str, Any], found: Any, expected: dict[str, Any]) -> Check:
    if found is None:
        return failed("predict", name, f"The model gives no {name} here.")
    if list(found.shape) != told["shape"]:
        return failed("predict", name, f"{name} has shape {list(found.shape)}; recorded was {told['shape']}.")
    rtol, atol = expected["rtol"], expected["atol"]
    worst, differing = 0.0, 0
    for recorded, now in zip(_flat(told["data"]), _flat(found.tolist()), strict=True):
        gap = _gap(recorded, now)
        worst = max(worst, gap)
        close = math.isnan(gap) or (gap > 0 and not gap <= atol + rtol * abs(float(_number(recorded) or 0)))
        differing += close
    within = f"within {rtol:g} relative and {atol:g} absolute tolerance"
    if differing:
        return failed(
            "predict", name, f"{differing} values of {name} differ by up to {worst:g}, not {within}."
        )
    return passed("predict", name, f"{name} is as recorded, {within} (largest difference {worst:g})")


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _gap(recorded: Any, now: Any) -> float:
    """How far two values are apart; 0 for equal ones, infinity where they are no numbers."""
    special = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
    if isinstance(recorded, str) and isinstance(now, float):
        recorded = special.get(recorded, recorded)
    if recorded == now or (recorded != recorded and now != now):  # noqa: PLR0124 - two NaNs agree
        return 0.0
    first, second = _number(recorded), _number(now)
    if first is None or second is None:
        return 0.0 if str(recorded) == str(now) else math.inf
    gap = abs(first - second)
    return math.inf if math.isnan(gap) else gap


def junit(checks: list[Check], name: str) -> str:
    """The checks as JUnit XML, which CI systems show."""
    failed = sum(not one.ok for one in checks)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<testsuite name={_xml(name)} tests="{len(checks)}" failures="{failed}" errors="0" skipped="0">'
    )
    for one in checks:
        head = f"  <testcase classname={_xml(one.name)} name={_xml(one.subject)}"
        lines.append(f"{head}/>" if one.ok else f"{head}><failure message={_xml(one.message)}/></testcase>")
    return "\n".join([*lines, "</testsuite>"]) + "\n"


def _xml(text: str) -> str:
    # XML has no way to write most control characters.
    return quoteattr("".join(one if one >= " " and one.isprintable() else "?" for one in text))


def main(arguments: list[str] | None = None) -> int:
    """Check the bundle that this file is in, or the folder given, and print what was found; the exit code."""
    parser = argparse.ArgumentParser(prog="verify.py", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(__file__).resolve().parent, help="the bundle"
    )
    parser.add_argument("--predict", action="store_true", help="load the model and compare its predictions")
    parser.add_argument(
        "--trust", metavar="DIGEST", help="load a pickled model of the bundle with this digest"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON and nothing else")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write a JUnit report for CI")
    given = parser.parse_args(arguments)
    manifest, checks = check_files(given.folder)
    sound = manifest is not None and all(one.ok for one in checks)
    if given.predict and sound and manifest is not None:
        checks += _predict(given.folder, manifest, given.trust)
    if given.junit is not None:
        given.junit.write_text(junit(checks, "nbtrack bundle"), encoding="utf-8")
    ok = all(one.ok for one in checks)
    if given.as_json:
        print(json.dumps({"ok": ok, "checks": [one.to_dict() for one in checks]}, indent=2))
    else:
        _say(checks, manifest)
    return 0 if ok else 1


def _predict(folder: Path, manifest: dict[str, Any], trust: str | None) -> list[Check]:
    digest = manifest_digest(folder)
    if not manifest["model"]["safe"] and trust != digest:
        said = "The model is a pickle, which runs code when it is loaded."
        return [failed("trust", "model", f"{said} If you trust where it comes from: --trust {digest}")]
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder / "code"))
    import bundle_model  # type: ignore[import-not-found]  # it stands in the bundle's code/

    return check_predictions(folder, manifest, bundle_model, trusted=trust == digest)


def _say(checks: list[Check], manifest: dict[str, Any] | None) -> None:
    files = [one for one in checks if one.name == "file"]
    for one in checks:
        if not one.ok:
            print(f"FAILED  {one.message}")
        elif one.name not in {"file", "manifest"}:
            print(f"ok      {one.message}")
    if manifest is not None and all(one.ok for one in files):
        print(f"ok      {len(files)} files are as the manifest says")


if __name__ == "__main__":
    sys.exit(main())
