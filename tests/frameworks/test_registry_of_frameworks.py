import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from nbtrack import frameworks
from nbtrack.frameworks import Call, registry

X, y = np.arange(6.0).reshape(3, 2), np.arange(3.0)


@pytest.mark.parametrize("file", registry.BUILT_IN)
def test_each_file_names_the_packages_that_the_registry_loads_it_for(file):
    framework = registry._load(file)
    assert framework.packages == registry.BUILT_IN[file]
    assert framework.name == file


def in_a_new_process(source):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", source], check=True, capture_output=True, text=True
    ).stdout


def test_importing_the_registry_imports_no_library_and_no_framework_file():
    loaded = in_a_new_process(
        "import sys, nbtrack.frameworks as f\n"
        "print([framework.name for framework in f.present()])\n"
        "print({'numpy', 'pandas', 'sklearn', 'torch', 'nbtrack.frameworks.torch'} & set(sys.modules))"
    )
    assert loaded == "['generic']\nset()\n"


def test_a_library_is_asked_once_the_user_imported_it():
    names = in_a_new_process(
        "import nbtrack.frameworks as f\n"
        "f.present()\n"
        "import numpy\n"
        "print([framework.name for framework in f.present()])"
    )
    assert names == "['numpy', 'generic']\n"


def test_asking_again_gives_the_same_frameworks():
    assert frameworks.present() is frameworks.present()
    assert frameworks.present()[-1].name == "generic"


class Hostile:
    """Raises whenever it is looked at."""

    @property
    def __class__(self):
        raise RuntimeError("no")

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")

    __hash__ = None


def test_hostile_objects_are_nobody_s_and_raise_nothing():
    hostile = Hostile()
    for name in ("fit", "step", "optimize", "predict", "score", "evaluate"):
        call = Call(name, hostile, hostile, (hostile, X), {"y": hostile}, dict)
        assert frameworks.predictor(call) is None
        assert frameworks.scores(call, hostile) is None
        frameworks.training(call)
    assert frameworks.owner(hostile) is None


def test_hostile_data_and_names_in_sight_do_not_stop_a_model_from_being_seen():
    model = LinearRegression()
    found = frameworks.training(Call("fit", model.fit, model, (X, y), {"extra": Hostile()}, dict))
    assert found is None or found[1].model is model


def test_an_interrupt_passes_through():
    class Interrupting:
        @property
        def __class__(self):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frameworks.owner(Interrupting())


class FlaxLike:
    name = "flaxlike"
    packages = ("numpy",)

    def owns(self, value):
        return isinstance(value, str)

    def training(self, call):
        raise AttributeError(call.name)


@pytest.fixture
def installed(monkeypatch):
    """Entry points as if distributions had installed them."""

    def install(**entries):
        points = EntryPoints(EntryPoint(name, value, registry._GROUP) for name, value in entries.items())
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points.select(group=group))
        forget()

    def forget():
        registry._third_parties.cache_clear()
        registry._roots.cache_clear()
        registry._known.clear()

    yield install
    monkeypatch.undo()
    forget()


def test_a_third_party_s_framework_is_asked_after_ours_and_before_the_last_resort(installed, monkeypatch):
    monkeypatch.setitem(sys.modules, "flaxlike_nbtrack", sys.modules[__name__])
    installed(flaxlike="flaxlike_nbtrack:FlaxLike")
    assert [framework.name for framework in frameworks.present()][-2:] == ["flaxlike", "generic"]
    assert frameworks.owner("a str").name == "flaxlike"
    model = LinearRegression()
    assert frameworks.training(Call("fit", model.fit, model, (X, y), {}, dict))[0].name == "sklearn"
    assert frameworks.training(Call("other", print, None, (), {}, dict)) is None


def test_a_third_party_s_framework_that_fails_to_load_is_one_warning(installed):
    installed(broken="no_such_module:framework")
    with pytest.warns(UserWarning, match="broken"):
        frameworks.present()
    assert frameworks.present()[-1].name == "generic"
