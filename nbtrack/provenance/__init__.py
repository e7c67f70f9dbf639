"""What stored runs came from: the graph of a session, slices. Reads the store, asks the lineage; writes nothing."""

from __future__ import annotations

from nbtrack.provenance.slices import RunSlice, run_slice, run_slices

__all__ = ["RunSlice", "run_slice", "run_slices"]
