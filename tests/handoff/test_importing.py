"""Bundles in another store: the run with its lineage, the model without loading it."""

from pathlib import Path

import pytest

from nbtrack.handoff.export import export
from nbtrack.handoff.importing import import_bundle
from nbtrack.store import Store
from nbtrack.store.audit import audit
from nbtrack.store.registry import register

from .conftest import QUICK


@pytest.fixture
def elsewhere(tmp_path):
    with Store.open(tmp_path / "elsewhere" / ".nbtrack", create=True) as opened:
        yield opened


def test_a_run_arrives_with_its_params_metrics_data_and_cells(bundles, store, elsewhere):
    there = store.get_run("LogisticRegressionPipeline-1")
    here = import_bundle(elsewhere, Path(bundles().path))
    assert (here.id, here.params, here.metrics, here.datasets) == (
        there.id,
        there.params,
        there.metrics,
        there.datasets,
    )
    assert here.execution.source == there.execution.source
    cells = {one.id for one in elsewhere.executions(here.execution.session_id)}
    assert {one.execution_id for one in here.depends_on} <= cells
    assert [one for one in elsewhere.doctor(full=True) if one.severity == "error"] == []
    (entry,) = audit(elsewhere, subject=here.id)
    assert (entry.action, entry.after) == ("import", bundles().digest)


def test_importing_twice_leaves_the_run_as_it_is(bundles, elsewhere):
    first = import_bundle(elsewhere, Path(bundles().path))
    assert import_bundle(elsewhere, Path(bundles().path)) == first
    assert len(elsewhere.find_runs()) == 1


def test_a_pickled_model_arrives_byte_for_byte(bundles, store, elsewhere):
    run = import_bundle(elsewhere, Path(bundles("LogisticRegressionPipeline-2").path))
    assert run.model.stored
    there, here = store.read_model(run.id), elsewhere.read_model(run.id)
    assert bytes(there[0]) == bytes(here[0])
    assert [bytes(one) for one in there[1]] == [bytes(one) for one in here[1]]


def test_a_model_of_another_format_is_exported_again_as_it_came(bundles, elsewhere, tmp_path):
    run = import_bundle(elsewhere, Path(bundles().path))
    assert not run.model.stored
    again = export(elsewhere, run, tmp_path / "again", options=QUICK)
    assert again.digest == bundles().digest
    assert (tmp_path / "again" / "card.md").read_bytes() == (Path(bundles().path) / "card.md").read_bytes()
    version, _ = register(elsewhere, run.id, "churn")
    assert version.reference == "churn:v1"
