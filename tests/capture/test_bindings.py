"""What names are bound to, looked at again and again."""

from hypothesis import given
from hypothesis import strategies as st

from nbtrack.capture.bindings import Bindings

NAMES = st.sampled_from(["a", "b", "c", "d", "_i1", "_i2", "_x"])
STEPS = st.lists(st.tuples(st.sampled_from(["bind", "delete"]), NAMES), max_size=6)


@given(st.lists(STEPS, max_size=8))
def test_a_look_that_knows_the_names_of_before_tells_what_going_through_all_would(cells):
    namespace, bindings = {}, Bindings()
    for steps in cells:
        for step, name in steps:
            if step == "bind":
                namespace[name] = object()
            else:
                namespace.pop(name, None)
        assert bindings.look(namespace) == {
            name: id(value) for name, value in namespace.items() if not name.startswith("_")
        }
