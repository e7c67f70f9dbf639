"""Bundles in another store: the run with its lineage, the model without loading it."""

from pathlib import Path

import pytest

from nbtrack.errors import UnknownRun
from nbtrack.handoff.export import export
from nbtrack.handoff.importing import import_bundle
from nbtrack.handoff.policy import Policy, check
from nbtrack.run import get
from nbtrack.store import Store
from nbtrack.store.audit import audit
from nbtrack.store.registry import register
from nbtrack.store.removal import remove_runs, tombstones

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


def test_a_run_that_was_removed_can_be_imported_and_removed_again(bundles, elsewhere):
    bundle = Path(bundles().path)
    first = import_bundle(elsewhere, bundle)
    remove_runs(elsewhere, [first.id])
    again = import_bundle(elsewhere, bundle)
    assert again.id == first.id
    assert again.label != first.label
    remove_runs(elsewhere, [again.id])
    assert [stone.label for stone in tombstones(elsewhere)] == [again.label, first.label]
    with pytest.raises(UnknownRun, match=f"{again.label} was removed"):
        elsewhere.get_run(first.id)


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


@pytest.mark.parametrize(
    "label",
    [
        "LogisticRegressionPipeline-1",
        "XGBClassifier-1",
        "LGBMClassifier-1",
        "Net-1",
        "LogisticRegressionPipeline-3",
    ],
)
def test_the_model_of_an_imported_run_can_be_loaded_and_predicts_the_same(bundles, trained, elsewhere, label):
    import numpy as np
    import pandas as pd

    bundle = Path(bundles(label).path)
    import_bundle(elsewhere, bundle)
    there = get(label, store=trained / ".nbtrack").model()
    here = get(elsewhere.find_runs()[0].id, store=elsewhere.folder).model()
    if label == "Net-1":
        import torch

        rows = torch.tensor([[2.0, 3.0], [7.0, 1.0]])
        assert torch.equal(here(rows), there(rows))
        return
    rows = pd.DataFrame({"age": [20, 70, 45], "income": [1e4, 3e4, 5e4]})
    assert np.array_equal(here.predict(rows), there.predict(rows))


def test_what_a_run_was_tested_on_arrives_with_it_so_that_the_gate_can_tell(bundles, store, elsewhere):
    from nbtrack.store.scored import scored_data

    run = import_bundle(elsewhere, Path(bundles().path))
    assert scored_data(elsewhere, run.id) == scored_data(store, run.id)
    (rule,) = check(elsewhere, run, Policy(no_test_rows_in_training=True)).rules
    assert (rule.ok, rule.numbers["rows"]) == (True, 20)
