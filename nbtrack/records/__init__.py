"""The records that layers hand each other: frozen, plain, without behaviour.

Times are seconds since the epoch (UTC) as floats, durations are seconds, sizes are bytes. Ids are UUIDv7
in their hyphenated lower-case text form, so that ids sort by time. A digest is ``<algorithm>:<hex>``.
Sequences are tuples and mappings are never changed after construction.
"""

from __future__ import annotations

from nbtrack.records.bundles import Bundle, Checked, PolicyOutcome, Preview, RuleOutcome, Verification
from nbtrack.records.comparison import Certainty, Comparison, Judgement, Repeats, Summary
from nbtrack.records.differences import DataChange, DataChangeKind, Difference, Reason, ReasonKind
from nbtrack.records.environments import JSON, Environment
from nbtrack.records.graph import Activity, Edge, EdgeKind, LineageGraph, Node, NodeKind
from nbtrack.records.ids import new_id
from nbtrack.records.lineage import GENERATOR, Effects, ExecutedCell, FileUse, Slice
from nbtrack.records.outcomes import Outcomes
from nbtrack.records.registry import Audit, AuditAction, Export, ModelVersion, RegisteredModel
from nbtrack.records.reproductions import (
    Cause,
    Divergence,
    Judged,
    JudgedMetric,
    JudgedModel,
    ModelEvidence,
    PackageChange,
    Reproduction,
    Spread,
    Stability,
    Verdict,
)
from nbtrack.records.revised import revised
from nbtrack.records.runs import (
    Attachment,
    Capture,
    CellError,
    Column,
    Content,
    Dataset,
    Dependency,
    Execution,
    LateMetric,
    Metric,
    MetricOrigin,
    Model,
    ModelBytes,
    Param,
    ParamOrigin,
    Point,
    Problem,
    Run,
    Session,
    SourceFile,
    State,
    Trials,
)
from nbtrack.records.scored import Scored
from nbtrack.records.staleness import StaleCell, TopToBottom
from nbtrack.records.standing import Best, Standing
from nbtrack.records.status import KernelStatus
from nbtrack.records.storage import Collection, Garbage, Tombstone

__all__ = [
    "GENERATOR",
    "JSON",
    "Activity",
    "Attachment",
    "Audit",
    "AuditAction",
    "Best",
    "Bundle",
    "Capture",
    "Cause",
    "CellError",
    "Certainty",
    "Checked",
    "Collection",
    "Column",
    "Comparison",
    "Content",
    "DataChange",
    "DataChangeKind",
    "Dataset",
    "Dependency",
    "Difference",
    "Divergence",
    "Edge",
    "EdgeKind",
    "Effects",
    "Environment",
    "ExecutedCell",
    "Execution",
    "Export",
    "FileUse",
    "Garbage",
    "Judged",
    "JudgedMetric",
    "JudgedModel",
    "Judgement",
    "KernelStatus",
    "LateMetric",
    "LineageGraph",
    "Metric",
    "MetricOrigin",
    "Model",
    "ModelBytes",
    "ModelEvidence",
    "ModelVersion",
    "Node",
    "NodeKind",
    "Outcomes",
    "PackageChange",
    "Param",
    "ParamOrigin",
    "Point",
    "PolicyOutcome",
    "Preview",
    "Problem",
    "Reason",
    "ReasonKind",
    "RegisteredModel",
    "Repeats",
    "Reproduction",
    "RuleOutcome",
    "Run",
    "Scored",
    "Session",
    "Slice",
    "SourceFile",
    "Spread",
    "Stability",
    "StaleCell",
    "Standing",
    "State",
    "Summary",
    "Tombstone",
    "TopToBottom",
    "Trials",
    "Verdict",
    "Verification",
    "new_id",
    "revised",
]
