"""Estimators, networks, optimizers and random numbers across cells."""

import pytest

SKLEARN = "from sklearn.linear_model import SGDClassifier, LogisticRegression"


def test_fitting_in_a_cell_of_its_own(run):
    ran = run(SKLEARN, "model = LogisticRegression()", "X, y = load()", "model.fit(X, y)", "model.predict(X)")
    assert ran.needs(3) == [0, 1, 2]
    assert ran.needs(4) == [0, 1, 2, 3]


def test_an_estimator_that_starts_anew_needs_no_earlier_fit(run):
    ran = run(SKLEARN, "m = LogisticRegression()", "m.fit(A, b)", "m.fit(C, d)", "m.coef_")
    assert ran.needs(3) == [0, 1]
    assert ran.needs(4) == [0, 1, 3]


@pytest.mark.parametrize(
    "cells",
    [
        ("m = SGDClassifier(warm_start=True)", "m.fit(A, b)", "m.fit(C, d)"),
        ("m = SGDClassifier(random_state=0)", "m.partial_fit(A, b)", "m.partial_fit(C, d)"),
        ("m = build()", "m.fit(A, b)", "m.fit(C, d)"),
    ],
)
def test_training_that_goes_on_needs_what_went_before(run, cells):
    ran = run(SKLEARN, *cells, "m.predict(X)")
    assert ran.needs(3)[-1] == 2
    assert ran.needs(4)[-2:] == [2, 3]


def test_cross_validation_takes_parameters_alone(run):
    ran = run(
        SKLEARN,
        "from sklearn.model_selection import cross_val_score",
        "m = LogisticRegression()",
        "m.fit(X, y)",
        "m.set_params(C=3)",
        "scores = cross_val_score(m, X, y)",
        "scores = cross_val_score(m, X, y)\nm.predict(X)",
    )
    assert ran.needs(5) == [0, 1, 2, 4]
    assert ran.needs(6) == [0, 1, 2, 3, 4]


def test_a_fit_gives_the_estimator_back(run):
    ran = run(
        SKLEARN, "m = LogisticRegression().fit(X, y)", "n = m.fit(A, b)", "n.set_params(C=2)", "m.fit(X, y)"
    )
    assert ran.needs(4) == [0, 1, 2, 3]


def test_results_of_statsmodels_leave_the_model_alone(run):
    ran = run(
        "import statsmodels.api as sm",
        "mod = sm.OLS(y, X)",
        "res = mod.fit()",
        "res2 = mod.fit(cov_type='HC1')",
    )
    assert ran.needs(3) == [0, 1]


def test_a_scaler_fitted_with_its_transformation(run):
    ran = run(
        "from sklearn.preprocessing import StandardScaler",
        "s = StandardScaler()",
        "A = s.fit_transform(X)",
        "B = s.transform(Z)",
    )
    assert ran.needs(3) == [0, 1, 2]


def test_a_pipeline_fits_its_steps_a_search_does_not(run):
    ran = run(
        SKLEARN,
        "from sklearn.pipeline import Pipeline\nfrom sklearn.model_selection import GridSearchCV",
        "m = LogisticRegression()",
        "pipe = Pipeline([('m', m)])",
        "pipe.fit(X, y)",
        "m.coef_",
        "n = LogisticRegression()",
        "search = GridSearchCV(n, {'C': [1, 2]})",
        "search.fit(X, y)",
        "n",
    )
    assert ran.needs(5) == [0, 1, 2, 3, 4]
    assert ran.needs(9) == [0, 6]


def test_models_in_a_dict_are_fitted_in_a_loop(run):
    ran = run(
        SKLEARN,
        "models = {'a': LogisticRegression()}",
        "models['b'] = SGDClassifier()",
        "for name, m in models.items():\n  m.fit(X, y)",
        "models['b'].predict(X)",
        "best = models['a']",
        "best.set_params(C=1)",
        "print(models)",
    )
    assert ran.needs(4) == [0, 1, 2, 3]
    assert ran.needs(7) == [0, 1, 2, 3, 5, 6]


TORCH = "import torch\nfrom torch import nn"
NET = "class Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.fc = nn.Linear(3, 1)\n  def forward(self, x):\n    return self.fc(x)"
LOOP = "for x, y in data:\n  optimizer.zero_grad()\n  loss = loss_fn(net(x), y)\n  loss.backward()\n  optimizer.step()"


def test_an_optimizer_trains_the_parameters_it_was_given(run):
    ran = run(
        TORCH,
        NET,
        "net = Net()",
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\nloss_fn = nn.MSELoss()",
        "data = load()",
        LOOP,
        "torch.save(net.state_dict(), 'net.pt')",
    )
    assert ran.needs(5) == [0, 1, 2, 3, 4]
    assert ran.needs(6) == [0, 1, 2, 3, 4, 5]


def test_a_training_function_of_globals_called_in_one_line(run):
    ran = run(
        TORCH,
        NET,
        "net = Net()",
        "optimizer = torch.optim.Adam(net.parameters())",
        "loss_fn = nn.MSELoss()",
        "def train(data):\n  net.train()\n" + "".join(f"  {line}\n" for line in LOOP.splitlines()),
        "data = load()",
        "print(net)",
        "train(data)",
        "net(data[0])",
    )
    assert ran.needs(8) == [0, 1, 2, 3, 4, 5, 6]
    assert ran.needs(9) == [0, 1, 2, 3, 4, 5, 6, 8]


def test_a_model_passed_to_a_training_function_elsewhere_is_trained(run):
    ran = run(TORCH, NET, "import engine", "net = Net()", "engine.train(model=net, data=d)", "net(x)")
    assert ran.needs(5) == [0, 1, 2, 3, 4]


def test_a_network_moved_to_a_device_is_changed(run):
    ran = run(TORCH, "net = nn.Linear(1, 1)", "net.to('cpu')\nprint('there')", "net(x)")
    assert ran.needs(3) == [0, 1, 2]


def test_the_mode_of_a_network_matters_until_it_is_set_again(run):
    ran = run(
        TORCH,
        "net = nn.Dropout()",
        "net.eval()",
        "net(x)",
        "net.train()\nnet(x)",
        "net.eval()\nnet(x)",
        "net.state_dict()",
    )
    assert ran.needs(3) == [0, 1, 2]
    assert ran.needs(4) == [0, 1]
    assert 4 in ran.needs(6)
    assert 5 not in ran.needs(6)


def test_a_network_compiled_anew_does_not_need_how_it_was_compiled_before(run):
    ran = run(
        "from tensorflow import keras",
        "m = keras.Sequential()",
        "m.compile(loss='mse')",
        "m.compile(loss='mae')",
        "m.fit(X, y)",
    )
    assert ran.needs(4) == [0, 1, 3]


def test_freezing_layers_changes_the_network(run):
    ran = run(
        "import torchvision",
        "net = torchvision.models.resnet18()",
        "for p in net.parameters():\n  p.requires_grad = False",
        "net.fc = make()",
        "for name, p in net.named_parameters():\n  p.requires_grad = True",
        "trainer.fit(net)",
    )
    assert ran.needs(5) == [0, 1, 2, 3, 4]


def test_keras_histories_are_not_the_model(run):
    ran = run(
        "from tensorflow import keras",
        "model = keras.Sequential([keras.layers.Dense(1)])",
        "model.add(keras.layers.Dense(2))",
        "model.compile(loss='mse')",
        "history = model.fit(X, y)",
        "model.fit(X, y)",
        "history.history['loss']",
    )
    assert ran.needs(4) == [0, 1, 2, 3]
    assert ran.needs(5) == [0, 1, 2, 3, 4]
    assert ran.needs(6) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("imports", "seed", "drawing"),
    [
        ("import numpy as np", "np.random.seed(0)", "x = np.random.rand(3)"),
        ("import random", "random.seed(0)", "x = random.random()"),
        ("import torch", "torch.manual_seed(0)", "x = torch.randn(3)"),
        ("import torch", "torch.manual_seed(0)", "net = torch.nn.Linear(1, 1)"),
        ("import tensorflow as tf", "tf.random.set_seed(0)", "x = tf.random.normal([3])"),
        (
            "from sklearn.model_selection import train_test_split\nimport numpy as np",
            "np.random.seed(0)",
            "a, b = train_test_split(X)",
        ),
        (
            "from sklearn.ensemble import RandomForestClassifier\nimport numpy as np",
            "np.random.seed(0)",
            "m = RandomForestClassifier().fit(X, y)",
        ),
        (
            "from sklearn.model_selection import KFold\nimport numpy as np",
            "np.random.seed(0)",
            "for a, b in KFold(shuffle=True).split(X): pass",
        ),
        ("import numpy as np", "np.random.seed(0)", "a = df.sample(frac=1)"),
        (
            "import numpy as np",
            "def reseed():\n  np.random.seed(0)\nreseed()",
            "a = np.random.permutation(x)",
        ),
        ("from training import set_seed\nimport torch", "set_seed(3)", "x = torch.rand(1)"),
    ],
)
def test_what_draws_needs_the_last_seed(run, imports, seed, drawing):
    ran = run(imports, "early = 1", "unrelated = 1", seed, drawing, seed, drawing)
    assert ran.needs(4) == [0, 3]
    assert ran.needs(6) == [0, 5]


@pytest.mark.parametrize(
    "calm",
    [
        "a, b = train_test_split(X, random_state=1)",
        "a, b = train_test_split(X, shuffle=False)",
        "m = LinearRegression().fit(X, y)",
        "m = RandomForestClassifier(random_state=0).fit(X, y)",
        "folds = KFold().split(X)",
        "rng = np.random.default_rng(0)\nx = rng.random(3)",
        "np.random.seed(2)\nx = np.random.rand(3)",
        "df.head()",
    ],
)
def test_what_draws_nothing_from_the_stream_needs_no_seed(run, calm):
    imports = (
        "import numpy as np\nfrom sklearn.model_selection import KFold, train_test_split\n"
        "from sklearn.linear_model import LinearRegression\nfrom sklearn.ensemble import RandomForestClassifier"
    )
    ran = run(imports, "np.random.seed(0)", calm)
    assert 1 not in ran.needs(2)


def test_an_estimator_draws_when_it_is_fitted(run):
    ran = run(
        "import numpy as np\nfrom sklearn.cluster import KMeans",
        "km = KMeans(3)",
        "np.random.seed(0)",
        "km.fit(X)",
        "km.labels_",
    )
    assert ran.needs(3) == [0, 1, 2]
    assert ran.needs(4) == [0, 1, 2, 3]


def test_draws_in_between_are_asked_for(run):
    ran = run("import numpy as np", "np.random.seed(0)", "a = np.random.rand(3)", "b = np.random.rand(3)")
    assert ran.needs(3) == [0, 1]
    assert ran.needs(3, draws=True) == [0, 1, 2]


def test_a_cell_that_seeds_for_its_own_training_is_no_seed_cell_for_others(run):
    ran = run(
        "import torch",
        "torch.manual_seed(0)\nnet = torch.nn.Linear(1, 1)\nfor x in data:\n  net(x).backward()\n  optimizer.step()",
        "other = torch.nn.Linear(1, 1)",
    )
    assert ran.needs(2) == [0]
    assert ran.needs(2, draws=True) == [0, 1]


def test_draws_from_a_generator_of_the_notebook(run):
    ran = run(
        "import numpy as np", "rng = np.random.default_rng(0)", "a = rng.random(3)", "b = rng.random(3)"
    )
    assert ran.needs(3) == [0, 1]
    assert ran.needs(3, draws=True) == [0, 1, 2]


@pytest.mark.parametrize(
    "make",
    ["catboost.Pool(X, y)", "lightgbm.Dataset(X, y)", "xgboost.DMatrix(X, y)", "xgboost.QuantileDMatrix(X)"],
)
def test_what_holds_data_for_a_booster_is_not_changed_by_a_training_with_it(run, make):
    ran = run(
        f"import catboost, lightgbm, xgboost\ndata = {make}",
        "first = catboost.CatBoostClassifier().fit(data)",
        "booster = lightgbm.train({}, data)",
        "second = catboost.CatBoostClassifier().fit(data)",
    )
    assert ran.needs(3) == [0]
