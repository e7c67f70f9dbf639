"""All routes: which path is answered by which class."""

from __future__ import annotations

from nbtrack.server import comparing, listing, run, work
from nbtrack.server.answer import Nothing, Route
from nbtrack.server.description import DescriptionRoute

__all__ = ["PREFIX", "ROUTES"]

PREFIX = "/nbtrack/api"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RUN = f"runs/(?P<run>{_UUID})"

# Paths below the prefix, as regular expressions; the first that fits answers.
ROUTES: tuple[tuple[str, type[Route]], ...] = (
    ("status", listing.StatusRoute),
    ("stores", listing.StoresRoute),
    ("runs", listing.RunsRoute),
    ("table", listing.TableRoute),
    ("names", listing.NamesRoute),
    (_RUN, run.RunRoute),
    (f"{_RUN}/curves", run.CurvesRoute),
    (f"{_RUN}/output", run.OutputRoute),
    (f"{_RUN}/attachments/(?P<digest>b3(?::|%3[Aa])[0-9a-f]{{64}})", run.AttachmentRoute),
    (f"{_RUN}/datasets/(?P<position>[0-9]{{1,5}})", run.DatasetRoute),
    (f"{_RUN}/lineage", run.LineageRoute),
    (f"{_RUN}/slice", run.SliceRoute),
    (f"{_RUN}/export", work.ExportRoute),
    (f"{_RUN}/export/preview", work.PreviewRoute),
    (f"{_RUN}/reproduce", work.ReproduceRoute),
    (f"{_RUN}/register", work.RegisterRoute),
    ("diff", comparing.DiffRoute),
    ("compare", comparing.CompareRoute),
    (r"compare\.html", comparing.CompareFileRoute),
    ("models", work.ModelsRoute),
    ("jobs", work.JobsRoute),
    (f"jobs/(?P<job>{_UUID})", work.JobRoute),
    (r"openapi\.json", DescriptionRoute),
    ("(?P<rest>.*)", Nothing),
)
