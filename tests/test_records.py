"""Records: frozen dataclasses in all but how they are made."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Mapping

import pytest

import nbtrack.records
from nbtrack.records import Metric, Param, Point
from nbtrack.records.record import record

RECORDS = [one for one in vars(nbtrack.records).values() if dataclasses.is_dataclass(one)]


@record
class Some:
    """One field of each kind."""

    name: str
    size: int = 3
    told: Mapping[str, int] = dataclasses.field(default_factory=dict)
    seen: int = dataclasses.field(default=0, compare=False, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The same, as dataclasses make it."""

    name: str
    size: int = 3
    told: Mapping[str, int] = dataclasses.field(default_factory=dict)
    seen: int = dataclasses.field(default=0, compare=False, repr=False)


def parameters(kind):
    """Name, kind and annotation of each; of what is made for each record, the default is a marker of their own."""
    return [(each.name, each.kind, each.annotation) for each in inspect.signature(kind).parameters.values()]


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_takes_its_fields_by_name_and_has_slots_for_them_alone(kind):
    given = {each.name: each for each in dataclasses.fields(kind)}
    assert list(inspect.signature(kind).parameters) == list(given)
    made = kind(**{name: f"<{name}>" for name in given})
    assert {name: getattr(made, name) for name in given} == {name: f"<{name}>" for name in given}
    assert not hasattr(made, "__dict__")


@pytest.mark.parametrize("given", [{"name": "a"}, {"name": "b", "size": 1, "told": {"x": 1}, "seen": 4}])
def test_a_record_is_what_a_frozen_dataclass_of_the_same_fields_is(given):
    ours, theirs = Some(**given), Usual(**given)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert repr(ours) == repr(theirs).replace("Usual", "Some")
    assert parameters(Some) == parameters(Usual)
    changed = dataclasses.replace(ours, size=7)
    assert (changed.size, ours.size) == (7, theirs.size)
    assert changed != ours
    assert ours != theirs
    assert ours == Some(**given) == dataclasses.replace(ours, seen=99)


def test_defaults_that_are_made_are_made_for_each_record():
    assert Some(name="a").told is not Some(name="a").told


def test_records_hash_by_what_they_compare_by():
    assert hash(Param(name="C", value=1, origin="fit")) == hash(Param(name="C", value=1, origin="fit"))
    assert len({Point(1, 2.0, 3.0), Point(1, 2.0, 3.0), Point(1, 2.0, 4.0)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Some(name="a"))


def test_a_record_can_not_be_changed():
    param = Param(name="C", value=1, origin="fit")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'value'"):
        param.value = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'value'"):
        del param.value
    assert param.value == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_records_can_be_copied_and_pickled(copied):
    metric = Metric(name="loss", value=0.5, origin="loop", curve=(Point(0, 1.0, 2.0),))
    assert copied(metric) == metric


def test_what_is_missing_or_too_much_is_refused_as_of_any_function():
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        Some()
    with pytest.raises(TypeError, match="unexpected keyword argument 'nam'"):
        Some(name="a", nam="b")
    with pytest.raises(TypeError, match="positional"):
        Some("a")
