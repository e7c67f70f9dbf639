from __future__ import annotations

import pickle
import subprocess
import sys
import threading
import warnings

import lightgbm
import numpy as np
import pytest
import torch
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbtrack.digests import digest_bytes
from nbtrack.errors import CaptureError
from nbtrack.observe.models import (
    IN_STREAM_BYTES,
    OUT_OF_BAND_BYTES,
    SMALL_BYTES,
    describe,
    deserialize,
    serialize,
)

rng = np.random.default_rng(0)
X = rng.random((200, 8))
y = (X[:, 0] > 0.5).astype(int)
LARGE = OUT_OF_BAND_BYTES // 8 + 1


def perceptron() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 300), torch.nn.ReLU(), torch.nn.Linear(300, 300))


MODELS = {
    "forest": lambda: RandomForestClassifier(5, random_state=0).fit(X, y),
    "boosting": lambda: HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, y),
    "neighbours": lambda: KNeighborsClassifier().fit(X, y),
    "pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y),
    "xgboost": lambda: xgboost.XGBClassifier(n_estimators=3).fit(X, y),
    "booster": lambda: xgboost.train({"max_depth": 2}, xgboost.DMatrix(X, y), 3),
    "lightgbm": lambda: lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, y),
    "torch": perceptron,
    "arrays": lambda: {"weights": np.arange(LARGE, dtype=float), "bias": np.zeros(3)},
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_the_same_model_has_the_same_digest_twice_and_so_has_an_equal_training(make):
    model = make()
    assert serialize(model).digest == serialize(model).digest
    assert serialize(make()).digest == serialize(model).digest


@pytest.mark.parametrize("name", ["forest", "boosting", "neighbours", "pipeline", "xgboost", "lightgbm"])
def test_an_estimator_comes_back_and_predicts_the_same(name):
    model = MODELS[name]()
    packed = serialize(model)
    again = deserialize(packed.stream, [bytes(buffer) for buffer in packed.buffers])
    assert np.array_equal(again.predict(X), model.predict(X))


def test_another_model_has_another_digest():
    assert serialize(LogisticRegression(C=1.0)).digest != serialize(LogisticRegression(C=2.0)).digest
    weights = np.zeros(LARGE)
    other = weights.copy()
    other[-1] = 1
    assert serialize(weights).digest != serialize(other).digest


def test_blob_digests_and_size_are_those_of_the_bytes():
    packed = serialize(MODELS["arrays"]())
    parts = [packed.stream, *packed.buffers]
    assert packed.blob_digests == tuple(map(digest_bytes, parts))
    assert packed.size_bytes == sum(memoryview(part).nbytes for part in parts)
    assert packed.digest not in packed.blob_digests


def test_large_arrays_are_views_on_the_models_memory_and_small_ones_are_in_the_stream():
    model = {"large": np.zeros(LARGE), "small": np.zeros(10)}
    packed = serialize(model)
    (view,) = packed.buffers
    assert np.shares_memory(np.frombuffer(view), model["large"])
    assert view.c_contiguous


def test_a_thousand_middling_arrays_are_not_a_thousand_blobs():
    middling = [np.full(LARGE, number, dtype=float) for number in range(1000)]
    packed = serialize(middling)
    assert len(packed.buffers) == 1000
    assert len(packed.blob_digests) < 100
    again = deserialize(packed.stream, packed.buffers)
    assert all(np.array_equal(one, two) for one, two in zip(again, middling, strict=True))


def test_many_small_arrays_are_not_copied_into_the_stream():
    small = [np.full(SMALL_BYTES // 8, number, dtype=float) for number in range(1000)]
    packed = serialize(small)
    assert len(packed.stream) < IN_STREAM_BYTES + 200_000
    again = deserialize(packed.stream, packed.buffers)
    assert all(np.array_equal(one, two) for one, two in zip(again, small, strict=True))


def test_arrays_in_column_order_are_kept():
    model = np.asfortranarray(rng.random((LARGE // 8, 9)))
    packed = serialize(model)
    again = deserialize(packed.stream, packed.buffers)
    assert np.array_equal(again, model)
    assert again.flags.f_contiguous


def test_models_that_share_weights_share_bytes():
    weights = np.arange(LARGE, dtype=float)
    one, two = serialize({"w": weights, "head": 1}), serialize({"w": weights, "head": 2})
    assert one.digest != two.digest
    assert one.blob_digests[1] == two.blob_digests[1]


def test_equal_torch_weights_share_bytes_in_different_nets():
    one, two = perceptron(), torch.nn.ModuleList([perceptron(), torch.nn.Linear(2, 2)])
    assert set(serialize(one).blob_digests[1:]) & set(serialize(two).blob_digests[1:])


def test_a_loaded_model_can_be_trained_further_from_read_only_bytes():
    packed = serialize({"w": np.zeros(LARGE), "net": perceptron()})
    again = deserialize(packed.stream, [bytes(buffer) for buffer in packed.buffers])
    again["w"] += 1
    with torch.no_grad():
        again["net"][2].weight.add_(1)
    assert again["w"][0] == 1


def test_tied_weights_stay_tied_and_views_keep_their_storage():
    net = torch.nn.Sequential(torch.nn.Linear(300, 300), torch.nn.Linear(300, 300))
    net[1].weight = net[0].weight
    base = torch.arange(float(LARGE))
    packed = serialize({"net": net, "head": base[:100], "tail": base[100:]})
    again = deserialize(packed.stream, packed.buffers)
    assert again["net"][1].weight is again["net"][0].weight
    assert again["net"][0].weight.requires_grad
    again["head"].storage_offset()
    assert again["tail"].untyped_storage().data_ptr() == again["head"].untyped_storage().data_ptr()
    assert torch.equal(again["tail"], base[100:])


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(0),
        torch.ones(3, dtype=torch.bfloat16),
        torch.arange(12.0).reshape(3, 4).T,
        torch.ones(2, 3, dtype=torch.complex64),
        torch.nn.Parameter(torch.ones(2)),
        torch.ones(3, dtype=torch.bool),
        torch.arange(LARGE)[::2],
    ],
    ids=["empty", "bfloat16", "transposed", "complex", "parameter", "bool", "strided"],
)
def test_tensors_of_every_kind_come_back(tensor):
    packed = serialize(tensor)
    again = deserialize(packed.stream, packed.buffers)
    assert type(again) is type(tensor)
    assert again.dtype == tensor.dtype
    assert again.stride() == tensor.stride()
    assert torch.equal(again, tensor)


def test_an_optimizer_comes_back_with_its_state():
    net = perceptron()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    net(torch.ones(1, 8)).sum().backward()
    optimizer.step()
    packed = serialize(optimizer)
    state = deserialize(packed.stream, packed.buffers).state_dict()["state"]
    assert torch.equal(state[0]["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"])


def test_a_stream_loads_where_nbtrack_is_not_imported(tmp_path):
    packed = serialize(perceptron())
    (tmp_path / "stream").write_bytes(packed.stream)
    for position, buffer in enumerate(packed.buffers):
        (tmp_path / f"{position}").write_bytes(buffer)
    program = (
        "import pickle, sys; sys.modules['nbtrack'] = None\n"
        f"buffers = [bytearray(open(str(i), 'rb').read()) for i in range({len(packed.buffers)})]\n"
        "net = pickle.loads(open('stream', 'rb').read(), buffers=buffers)\n"
        "print(sum(p.numel() for p in net.parameters()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == 8 * 300 + 300 + 300 * 300 + 300


def test_functions_and_classes_of_the_notebook_go_by_value():
    namespace: dict[str, object] = {"__name__": "__main__"}
    source = "class Mean:\n    def fit(self, x):\n        self.value = sum(x)\n        return self\n"
    exec(source + "model = Mean().fit([1, 2])", namespace)
    packed = serialize(namespace["model"])
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).value)"
    done = subprocess.run(
        [sys.executable, "-c", program], input=packed.stream, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"3"]


class Holder:
    def __init__(self, held: object) -> None:
        self.parts = {"inner": [1, held]}


class Refuser:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> str:
        raise self.error


def test_the_message_names_the_part_that_cannot_be_pickled_and_what_to_do():
    with pytest.raises(CaptureError) as refused:
        serialize(Holder(threading.Lock()))
    message = str(refused.value)
    assert "Holder" in message
    assert ".parts['inner'][1] (a lock)" in message
    assert "__getstate__" in message


def test_locks_generators_and_open_files_are_refused_with_a_message(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        for held in (threading.Lock(), (i for i in range(3)), file):
            with pytest.raises(CaptureError, match="could not be pickled"):
                serialize(Holder(held))


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(3), RecursionError(), MemoryError(), GeneratorExit()], ids=repr
)
def test_whatever_a_model_raises_when_pickled_is_one_error(error):
    with pytest.raises(CaptureError):
        serialize(Refuser(error))


def test_an_interrupt_is_the_users_and_passes():
    with pytest.raises(KeyboardInterrupt):
        serialize(Refuser(KeyboardInterrupt()))


def test_a_model_nested_too_deep_is_refused():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(CaptureError):
        serialize(deep)


def test_lambdas_are_fine():
    packed = serialize(lambda value: value + 1)
    assert deserialize(packed.stream, packed.buffers)(1) == 2


class Warner:
    def __reduce__(self) -> tuple[type, tuple[()]]:
        warnings.warn("pickled", stacklevel=1)
        return Warner, ()


def test_what_a_library_warns_of_being_pickled_is_not_shown():
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        serialize(Warner())
    assert shown == []


def test_a_stream_that_does_not_load_says_why():
    stream = pickle.dumps(LogisticRegression()).replace(b"LogisticRegression", b"LogisticProgression")
    with pytest.raises(CaptureError, match="packages"):
        deserialize(stream, [])


def test_a_model_is_described_by_class_and_module():
    model = describe(LogisticRegression(), framework="sklearn", variable="clf", retained=True)
    assert (model.class_name, model.module, model.framework) == (
        "LogisticRegression",
        "sklearn.linear_model._logistic",
        "sklearn",
    )
    assert (model.variable, model.retained, model.stored, model.digest) == ("clf", True, False, None)
