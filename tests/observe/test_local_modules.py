"""Which of the imported modules are the user's own, however often some come and go."""

import sys
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.observe import local_modules as looked


@pytest.fixture
def modules(monkeypatch):
    """A `sys.modules` of its own."""
    mine = dict(sys.modules)
    monkeypatch.setattr(sys, "modules", mine)
    monkeypatch.setattr(looked, "_found", (0, None, ()))
    return mine


def module(name, *, own):
    made = ModuleType(name)
    made.__file__ = f"/home/somebody/project/{name}.py" if own else f"/lib/site-packages/{name}.py"
    return made


@settings(max_examples=200)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["import", "remove", "look"]), st.integers(0, 5), st.booleans()),
        max_size=20,
    )
)
def test_they_are_those_that_a_first_look_would_find(steps):
    with pytest.MonkeyPatch.context() as patch:
        modules = {"sys": sys, "of_others": module("of_others", own=False)}
        patch.setattr(sys, "modules", modules)
        patch.setattr(looked, "_found", (0, None, ()))
        for step, number, own in [*steps, ("look", 0, False)]:
            name = f"module_{number}"
            if step == "import":
                modules.setdefault(name, module(name, own=own))
            elif step == "remove":
                modules.pop(name, None)
            else:
                assert list(looked.local_modules()) == [
                    each for each in modules.values() if looked.is_local(each)
                ]


def test_only_what_is_new_is_looked_at(modules, monkeypatch):
    looked.local_modules()
    asked = []
    real = looked.is_local
    monkeypatch.setattr(looked, "is_local", lambda each: asked.append(each) or real(each))
    modules["only_here"] = module("only_here", own=True)  # a name that no other test has imported
    assert looked.local_modules()[-1].__name__ == "only_here"
    assert [each.__name__ for each in asked] == ["only_here"]
