"""A revised record is what ``dataclasses.replace`` gives."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.records import Execution, Run, State, revised

EXECUTION = Execution(
    id="e", session_id="s", sequence=1, source="", source_digest="b3:", started_at=0.0, state=State.COMPLETE
)
RUN = Run(id="r", label_stem="SVC", state=State.COMPLETE, experiment="", started_at=0.0, execution=EXECUTION)


@given(st.dictionaries(st.sampled_from([each.name for each in fields(Run)]), st.integers() | st.text()))
def test_a_revised_record_is_what_the_standard_library_makes_of_it(values):
    assert revised(RUN, **values) == replace(RUN, **values)


def test_a_field_that_is_none_is_refused_by_name():
    with pytest.raises(TypeError, match="A Run has no field called colour, shape"):
        revised(RUN, shape=1, colour=2, label="SVC-1")
