"""What bundles are made of: example rows, sources, nets without pickle, requirements, words of others."""

import json
import subprocess
import sys
import tomllib
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.frameworks.saving import CannotWrite, Request, kind_of, write
from nbtrack.handoff import describe
from nbtrack.handoff.definitions import Untold, module_of
from nbtrack.handoff.example import ROWS, input_schema, synthetic
from nbtrack.handoff.redacting import outward
from nbtrack.handoff.requirements import closure, distributions_of
from nbtrack.handoff.shipped import bundle_model
from nbtrack.handoff.shipped.verify import _gap
from nbtrack.observe import data

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@given(
    st.lists(NUMBERS, min_size=1, max_size=30),
    st.lists(st.integers(-(2**31), 2**31), min_size=1, max_size=30),
)
def test_made_up_rows_are_within_the_ranges_of_the_data_and_the_same_each_time(floats, integers):
    import pandas as pd

    rows = min(len(floats), len(integers))
    frame = pd.DataFrame({"f": floats[:rows], "i": integers[:rows]})
    told = data.dataset("X", "train", frame)
    made = synthetic(told)
    assert made == synthetic(told)
    assert made["columns"] == ["f", "i"]
    assert len(made["data"]) == ROWS
    for number, whole in made["data"]:
        assert frame["f"].min() <= number <= frame["f"].max()
        assert frame["i"].min() <= whole <= frame["i"].max()


def test_rows_of_frames_texts_arrays_and_tensors_come_back_in_their_types():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "town": pd.Categorical(["a", "b"] * 4),
            "when": pd.to_datetime(["2020-01-01", "2021-01-01"] * 4),
            "yes": [True, False] * 4,
            "small": np.arange(8, dtype="int8"),
        }
    )
    values = [frame, pd.Series(["some text"] * 4), np.ones((4, 3), "float32"), torch.ones(4, 2, 2)]
    for value in values:
        told = data.dataset("X", "train", value)
        schema, rows = input_schema(told), json.loads(json.dumps(synthetic(told)))
        back = bundle_model.rows_from_json(schema, rows)
        if value is frame:
            assert list(back.dtypes) == list(
                frame.dtypes.astype(object).replace(frame.dtypes["town"], back.dtypes["town"])
            )
        else:
            assert len(back) == ROWS
    assert input_schema(data.dataset("y", "train", np.ones(4))) is None


CELLS = [
    "import numpy as np\nTOP = 3\nunused = 4",
    "def clipped(x):\n    return np.minimum(x, TOP)",
    "class Own:\n    '''Its words.'''\n    def run(self, x, TOPPED=1):\n        y = clipped(x)  # why\n        return y",
    "made = Own()",
]


def test_a_class_brings_what_it_needs_and_nothing_else():
    text = module_of(["Own"], CELLS)
    names = {}
    exec(text, names)
    assert names["Own"]().run(5) == 3
    assert "# why" in text
    assert "unused" not in text
    assert "made = Own" not in text


def test_the_definition_that_was_executed_last_counts():
    assert "return 2" in module_of(["f"], ["def f():\n    return 1", "def f():\n    return 2"])


@pytest.mark.parametrize(
    ("cells", "said"),
    [(["X = load()\ndef f():\n    return X"], "X is computed"), (["x = 1"], "f is defined in no cell")],
)
def test_what_the_source_does_not_tell_is_not_guessed(cells, said):
    with pytest.raises(Untold, match=said):
        module_of(["f"], cells)


class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 3, bias=False)
        self.second = torch.nn.Linear(3, 3, bias=False)
        self.second.weight = self.first.weight
        self.sizes = (1, 2.5, [None, "x"], float("inf"))

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


def nets():
    torch.manual_seed(0)
    yield (
        torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten()),
        (2, 1, 4, 4),
    )
    yield (
        torch.nn.TransformerEncoderLayer(4, 2, 8, activation=torch.nn.functional.gelu, batch_first=True),
        (2, 3, 4),
    )
    yield torch.nn.Sequential(torch.nn.LSTM(3, 2, 2, bidirectional=True, batch_first=True)), (2, 3, 3)
    yield Tied(), (2, 3)


@pytest.mark.parametrize("place", range(4))
def test_a_net_is_made_again_without_a_pickle(tmp_path, place, monkeypatch):
    net, shape = list(nets())[place]
    (tmp_path / "model").mkdir()
    code = tuple({__name__.partition(".")[0]} if isinstance(net, Tied) else ())
    written = write("safetensors", Request(model=net, folder=tmp_path / "model", code=code))
    about = {"format": "safetensors", "kind": "net", "file": written.file, "safe": True, "code": list(code)}
    monkeypatch.setattr(bundle_model, "_is_source", lambda *_: True)
    (tmp_path / "model" / "model.json").write_text(json.dumps(about))
    again = bundle_model.load(tmp_path).model
    rows = torch.randn(shape)
    with torch.no_grad():
        first, second = net.eval()(rows), again(rows)
    if isinstance(first, tuple):
        first, second = first[0], second[0]
    assert torch.equal(first, second)
    if isinstance(net, Tied):
        assert again.first.weight is again.second.weight
        assert again.sizes == net.sizes


def test_a_net_that_cannot_be_described_is_refused_with_the_part(tmp_path):
    net = torch.nn.Sequential(torch.nn.Linear(2, 2))
    net[0].activation = lambda x: x
    with pytest.raises(CannotWrite, match=r"0\.activation"):
        write("safetensors", Request(model=net, folder=tmp_path))
    hooked = torch.nn.Linear(2, 2)
    hooked.register_forward_hook(lambda *_: None)
    with pytest.raises(CannotWrite, match="hooks"):
        write("safetensors", Request(model=hooked, folder=tmp_path))


@pytest.mark.parametrize(
    "path", ["os:system", "builtins:eval", "torch:load", "torch.hub:load", "torch.serialization:load"]
)
def test_an_architecture_names_layers_only(path):
    with pytest.raises(bundle_model.Untrusted):
        bundle_model._named(path, set())


@pytest.mark.parametrize(
    "name", ["os.system", "numpy.load", "numpy.lib.npyio.load", "subprocess.Popen", "builtins.eval"]
)
def test_a_skops_file_loads_no_code_from_elsewhere(name):
    assert not bundle_model._may_load(name, set())
    assert bundle_model._may_load("sklearn.linear_model._logistic.LogisticRegression", set())


def test_equal_estimators_give_equal_skops_files(tmp_path):
    from sklearn.ensemble import RandomForestClassifier

    X, y = np.random.default_rng(0).normal(size=(30, 3)), [0, 1] * 15
    files = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = RandomForestClassifier(3, random_state=0).fit(X, y)
        write("skops", Request(model=model, folder=tmp_path / name))
        files.append((tmp_path / name / "model.skops").read_bytes())
    assert files[0] == files[1]
    with zipfile.ZipFile(tmp_path / "one" / "model.skops") as archive:
        assert archive.namelist()[:2] == ["schema.json", "1.npy"]


def test_onnx_predicts_the_same_by_onnxruntime(tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    from sklearn.linear_model import LogisticRegression

    X, y = np.random.default_rng(0).normal(size=(40, 3)), np.array(["no", "yes"] * 20)
    model = LogisticRegression().fit(X, y)
    written = write("onnx", Request(model=model, folder=tmp_path, rows=X[:5]))
    about = {
        "format": "onnx",
        "kind": written.kind,
        "file": written.file,
        "safe": True,
        "input": {"kind": "array"},
    }
    session = bundle_model._onnx(tmp_path, about)
    found = bundle_model.outputs_of(session, about, X)["predict"]
    assert found.tolist() == model.predict(X).tolist()


def test_onnx_of_a_frame_takes_columns_whatever_their_names(tmp_path):
    pytest.importorskip("skl2onnx")
    pytest.importorskip("onnxruntime")
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["mean radius", "b"])
    model = LinearRegression().fit(frame, frame["b"] * 2 + 1)
    written = write("onnx", Request(model=model, folder=tmp_path, rows=frame.head()))
    schema = {"kind": "frame", "columns": [{"name": name, "dtype": "float64"} for name in frame]}
    about = {"format": "onnx", "kind": written.kind, "file": written.file, "safe": True, "input": schema}
    found = bundle_model.outputs_of(bundle_model._onnx(tmp_path, about), about, frame)["predict"]
    assert np.allclose(found.reshape(-1), model.predict(frame), rtol=1e-3, atol=1e-5)


def test_requirements_are_what_is_required_and_pinned():
    direct = distributions_of(["sklearn"])
    assert list(direct) == ["scikit-learn"]
    needed = closure(direct)
    assert {"scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"} <= set(needed)
    assert "pandas" not in needed
    assert not any("+" in version for version in closure(["torch"]).values())


def test_the_signature_is_in_the_words_of_mlflow():
    schema = {"kind": "frame", "columns": [{"name": "a", "dtype": "int64"}, {"name": "b", "dtype": "str"}]}
    told = describe.signature(schema, {"predict": {"dtype": "int64", "shape": [5], "data": []}})
    assert json.loads(told["inputs"])[0] == {"type": "long", "name": "a", "required": True}
    assert json.loads(told["inputs"])[1]["type"] == "string"
    assert json.loads(told["outputs"]) == [
        {"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}
    ]


def test_predictions_are_compared_by_value_and_kind():
    assert _gap(1.0, 1.0) == 0
    assert _gap("NaN", float("nan")) == 0
    assert _gap("yes", "no") == float("inf")
    assert _gap(1.0, float("nan")) == float("inf")
    assert _gap(1, 1.5) == 0.5


def test_home_folders_and_secrets_do_not_leave():
    text = outward("open('/home/ann/data/x.csv'); C:\\Users\\bob\\y; password = 'hunter2hunter2'")
    assert "ann" not in text
    assert "bob" not in text
    assert "hunter2" not in text


def test_the_loader_and_the_checker_need_the_standard_library_only():
    source = (
        "import sys; sys.modules['nbtrack'] = sys.modules['numpy'] = None; sys.path.insert(0, sys.argv[1]);"
        "import bundle_model, verify; print('fine')"
    )
    folder = bundle_model.__file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", source, folder], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr


def test_kinds_are_told_by_the_class():
    assert kind_of(torch.nn.Linear(1, 1)) == "net"
    assert kind_of(object()) == "estimator"


def test_a_lock_file_pins_what_is_needed_by_hash_where_a_resolver_is_at_hand(tmp_path, monkeypatch):
    import hashlib
    import shutil

    from packaging.pylock import Pylock

    from nbtrack.handoff.locking import _installed, lock

    if shutil.which("uv") is None and _installed() is None:
        pytest.skip("there is no resolver here")
    wheel = tmp_path / "links" / "tiny-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("UV_OFFLINE", "1")
    (tmp_path / "requirements.txt").write_text("tiny==1.0\n")
    assert lock(tmp_path, "3.11.7") is None
    told = Pylock.from_dict(tomllib.loads((tmp_path / "pylock.toml").read_text("utf-8")))
    told.validate()
    (package,) = told.packages
    assert (package.name, str(package.version)) == ("tiny", "1.0")
    assert package.wheels[0].hashes["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "requirements.txt").write_text("nowhere==1.0\n")
    assert "nowhere" in lock(tmp_path, "3.11.7")
    assert not (tmp_path / "pylock.toml").exists()
