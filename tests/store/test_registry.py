"""Registered models: versions that never change, aliases that leave a trace, references that find them."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.errors import StoreCorrupt, UnknownRun, UsageError
from nbtrack.records import ModelBytes, new_id
from nbtrack.store import registry
from nbtrack.store.audit import audit, record
from nbtrack.store.blobs import blob_digest


def trained(kernel):
    run = kernel.run(kernel.execution())
    weights = f"weights of {run.id}".encode()
    blob = blob_digest(weights)
    model = replace(run.model, digest=blob, stored=True, blobs=(blob,), size_bytes=len(weights))
    stored = ModelBytes(
        digest=blob, stream=weights, buffers=(), blob_digests=(blob,), size_bytes=len(weights)
    )
    (saved,) = kernel.save(replace(run, model=model), models={run.id: stored})
    return saved


def test_versions_count_from_one_and_an_alias_moves_with_a_trace(kernel):
    first, second = trained(kernel), trained(kernel)
    registry.register(kernel.store, first.label, "churn", alias="champion")
    version, new = registry.register(kernel.store, second.label, "churn", alias="champion")
    assert (version.version, version.aliases, new) == (2, ("champion",), True)
    moved = [one for one in audit(kernel.store, subject="churn") if one.action == "alias"]
    assert [(one.before, one.after) for one in moved] == [("v1", "v2"), (None, "v1")]
    assert all(one.who and one.at for one in moved)


def test_the_audit_of_a_model_has_what_was_checked_and_exported_of_its_versions(kernel):
    first, other = trained(kernel), trained(kernel)
    registry.register(kernel.store, first.id, "churn")
    record(kernel.store, "check", first.id, detail={"ok": True}, after="holds")
    record(kernel.store, "check", other.id, detail={"ok": True}, after="holds")
    assert [(one.action, one.subject) for one in audit(kernel.store, subject="churn")] == [
        ("check", first.id),
        ("register", "churn:v1"),
    ]


def test_a_run_registered_twice_stays_the_version_it_is(kernel):
    run = trained(kernel)
    registry.register(kernel.store, run.id, "churn")
    version, new = registry.register(kernel.store, run.id, "churn")
    assert (version.version, new) == (1, False)


def test_references_to_versions_and_aliases_find_the_run(kernel):
    first, second = trained(kernel), trained(kernel)
    registry.register(kernel.store, first.id, "churn", alias="champion")
    registry.register(kernel.store, second.id, "churn")
    assert kernel.store.get_run("churn@champion").id == first.id
    assert kernel.store.get_run("churn:v2").id == second.id
    assert registry.version_of(kernel.store, "churn@champion").reference == "churn:v1"


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("churm:v1", "churn"),
        ("churn:v9", ":v1"),
        ("churn@champoin", "@champion"),
        ("churn", "churn is a registered model"),
    ],
)
def test_a_reference_to_no_version_names_those_there_are(kernel, ref, said):
    registry.register(kernel.store, trained(kernel).id, "churn", alias="champion")
    with pytest.raises(UnknownRun, match=said):
        kernel.store.get_run(ref)


def test_a_run_knows_the_versions_that_it_is(kernel):
    run = trained(kernel)
    registry.register(kernel.store, run.id, "churn", alias="champion")
    wanted = ({"name": "churn", "version": 1, "aliases": ["champion"]},)
    assert kernel.store.get_run(run.id).registered == wanted
    assert kernel.store.find_runs()[0].registered == wanted


def test_a_run_without_a_stored_model_cannot_be_registered(kernel):
    run = kernel.train()
    with pytest.raises(UsageError, match="its model is not stored"):
        registry.register(kernel.store, run.id, "churn")
    assert registry.registered_models(kernel.store) == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "a:v1", "a@b", "last", "best", "é", "x" * 101])
def test_a_name_that_could_be_something_else_is_refused(kernel, name):
    with pytest.raises(UsageError):
        registry.register(kernel.store, trained(kernel).id, name)


def test_an_alias_cannot_look_like_a_version(kernel):
    with pytest.raises(UsageError):
        registry.register(kernel.store, trained(kernel).id, "churn", alias="v2")


def test_an_alias_can_be_removed_and_the_audit_says_so(kernel):
    registry.register(kernel.store, trained(kernel).id, "churn", alias="champion")
    registry.remove_alias(kernel.store, "churn", "champion")
    assert registry.registered_model(kernel.store, "churn").aliases == {}
    last = audit(kernel.store, subject="churn")[0]
    assert (last.action, last.before, last.after) == ("alias", "v1", None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'somebody else'",
        "DELETE FROM audit",
        "UPDATE model_versions SET version = 7",
        "DELETE FROM model_versions",
        "DELETE FROM runs",
    ],
)
def test_neither_audit_nor_versions_nor_their_runs_can_be_changed_by_sql(kernel, statement):
    registry.register(kernel.store, trained(kernel).id, "churn")
    with pytest.raises(StoreCorrupt), kernel.store.writing() as connection:
        connection.execute(statement)


def test_doctor_finds_an_entry_of_the_audit_that_was_changed_or_removed(kernel):
    run = trained(kernel)
    for reason in ("one", "two", "three"):
        record(kernel.store, "check", run.id, detail={"why": reason})
    assert [one for one in kernel.store.doctor() if one.subject == "audit"] == []
    with kernel.store.writing() as connection:
        connection.execute("DROP TRIGGER audit_is_never_shortened")
        connection.execute("DELETE FROM audit WHERE pk = 2")
    assert [one.message for one in kernel.store.doctor() if one.subject == "audit"] == [
        "Entry 3 of the audit is not what was appended, or one before it is missing."
    ]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 3)), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_an_alias_always_stands_for_the_version_it_was_moved_to_last(kernel, moves):
    name = f"churn-{new_id()}"
    for _ in range(3):
        registry.register(kernel.store, trained(kernel).id, name)
    for alias, version in moves:
        registry.move_alias(kernel.store, name, alias, version)
    assert registry.registered_model(kernel.store, name).aliases == dict(moves)
