"""Bundles: what leaves with one before it is written, what was written, what its verification found."""

from __future__ import annotations

from collections.abc import Mapping

from nbtrack.records.environments import JSON
from nbtrack.records.record import record

__all__ = ["Bundle", "Checked", "PolicyOutcome", "Preview", "RuleOutcome", "Verification"]


@record
class Preview:
    """What an export would take out of the machine. Nothing was loaded to tell it.

    ``formats`` are those that the model can be written in, the one that is tried first first. ``columns`` are names
    and dtypes of the model's input, ``example`` are rows as they would be written (None: the bundle has none, or they
    are real ones that are read at export), ``example_origin`` is ``synthetic``, ``real``, ``file`` or ``none``.
    ``texts`` are what the user wrote, by what it is; ``paths`` are the files that the run read; ``cells`` is how many
    cells' sources go along, ``redacted`` in how many places something is replaced. ``warnings`` are whole sentences.
    """

    run_id: str
    label: str
    class_name: str
    framework: str
    formats: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    example: Mapping[str, JSON] | None
    example_origin: str
    texts: Mapping[str, str]
    paths: tuple[str, ...]
    datasets: tuple[str, ...]
    cells: int
    redacted: int
    size_bytes: int
    warnings: tuple[str, ...] = ()


@record
class Bundle:
    """A bundle that was written.

    ``path`` is the folder or zip, ``digest`` the sha256 of its manifest (``sha256:…``), ``format`` the model's,
    ``safe`` whether loading it runs no code but its library's. ``refused`` are formats that did not take the model,
    with why; ``predicted`` says whether the written model was loaded again and gave the recorded predictions (None:
    there was no example to ask it). ``warnings`` are whole sentences.
    """

    run_id: str
    label: str
    path: str
    digest: str
    format: str
    safe: bool
    files: int
    size_bytes: int
    predicted: bool | None
    signed: bool = False
    refused: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@record
class Checked:
    """One thing that a verification looked at: ``check`` is manifest, file, signature, trust or predict."""

    check: str
    subject: str
    ok: bool
    message: str


@record
class Verification:
    """What a verification found; ``digest`` is None where the manifest could not be read."""

    path: str
    ok: bool
    checks: tuple[Checked, ...]
    digest: str | None = None
    label: str | None = None
    safe: bool | None = None


@record
class RuleOutcome:
    """One rule of a policy: whether it holds (None: it cannot be told, which counts as not), and its numbers."""

    rule: str
    ok: bool | None
    message: str
    numbers: Mapping[str, JSON]


@record
class PolicyOutcome:
    """What a policy says of a run; ``digest`` is of the policy's text."""

    run_id: str
    label: str
    digest: str
    rules: tuple[RuleOutcome, ...]

    @property
    def ok(self) -> bool:
        """Whether every rule holds."""
        return all(rule.ok for rule in self.rules)
