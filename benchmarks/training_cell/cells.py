"""The cells that kernels run: what a data scientist writes, and the same with each peer's own lines around it."""

from __future__ import annotations

from typing import NamedTuple

SETUP = """
import warnings
warnings.simplefilter("ignore")
import matplotlib
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""
LOGISTIC = """
clf = LogisticRegression(C={C}, max_iter=20).fit(X_train, y_train)
accuracy = accuracy_score(y_test, clf.predict(X_test))
"""
FOREST = """
clf = RandomForestClassifier(n_estimators=20, max_depth={depth}, random_state=0).fit(X_train, y_train)
accuracy = accuracy_score(y_test, clf.predict(X_test))
"""
# Cells of nbtrack's own question; each is filled in with a value of its own, so that no two fits are the same.
CELLS = {
    "logistic regression": LOGISTIC,
    "random forest": FOREST,
    "empty": "pass",
    "plots": "fig, ax = plt.subplots(); ax.plot(X_train['mean radius'].head({depth})); plt.close(fig)",
    "looks": "X_train.head({depth})",
}


def filled(cell: str, number: int) -> str:
    return cell.replace("{C}", str(0.5 + number / 1000)).replace("{depth}", str(3 + number % 7))


class Peer(NamedTuple):
    """How a peer records the same cell: which distribution, what is set up once, what the cell becomes."""

    distribution: str
    setup: str
    cell: str


def _around(before: str, after: str) -> str:
    return f"{before}\n{LOGISTIC}\n{after}"


PEERS = {
    "nbtrack": Peer("nbtrack", "%load_ext nbtrack", LOGISTIC),
    "MLflow by hand": Peer(
        "mlflow",
        "import mlflow\nmlflow.set_tracking_uri('sqlite:///mlflow.db')\nmlflow.set_experiment('bench')",
        _around(
            "mlflow.start_run()",
            "mlflow.log_params(clf.get_params())\nmlflow.log_metric('accuracy', accuracy)\nmlflow.end_run()",
        ),
    ),
    "MLflow autolog": Peer(
        "mlflow",
        "import mlflow\nmlflow.set_tracking_uri('sqlite:///autolog.db')\nmlflow.set_experiment('bench')\n"
        "mlflow.sklearn.autolog(silent=True)",
        LOGISTIC,
    ),
    "W&B offline": Peer(
        "wandb",
        "import os\nos.environ['WANDB_MODE'] = 'offline'\nos.environ['WANDB_SILENT'] = 'true'\nimport wandb",
        _around(
            "run = wandb.init(project='bench', mode='offline')",
            "run.config.update(clf.get_params())\nrun.log({'accuracy': accuracy})\nrun.finish()",
        ),
    ),
    "Aim": Peer(
        "aim",
        "from aim import Run",
        _around(
            "run = Run(repo='.', experiment='bench')",
            "run['params'] = {k: v for k, v in clf.get_params().items() if v is not None}\n"
            "run.track(accuracy, name='accuracy')\nrun.close()",
        ),
    ),
    "Trackio": Peer(
        "trackio",
        "import os\nos.environ['TRACKIO_DIR'] = os.getcwd()\nimport trackio",
        _around(
            "trackio.init(project='bench', embed=False)",
            "trackio.log({'accuracy': accuracy, **{k: v for k, v in clf.get_params().items() if v is not None}})\n"
            "trackio.finish()",
        ),
    ),
    "DVCLive": Peer(
        "dvclive",
        "import os\nos.environ['DVCLIVE_LOGLEVEL'] = 'ERROR'\nfrom dvclive import Live",
        _around(
            "live = Live('dvclive', save_dvc_exp=False, report=None)",
            "live.log_params({k: v for k, v in clf.get_params().items() if v is not None})\n"
            "live.log_metric('accuracy', accuracy)\nlive.end()",
        ),
    ),
    "LaminDB": Peer(
        "lamindb",
        "import subprocess, sys, os\n"
        "subprocess.run([os.path.dirname(sys.executable) + '/lamin', 'init', '--storage', './lamin'], check=True)\n"
        "import lamindb as ln\nartifacts = ln.Artifact",
        _around(
            "",
            "ln.Artifact.from_dataframe(X_train, key='train.parquet').save()\n"
            "record = ln.Record(name=f'run {accuracy} {id(clf)}').save()",
        ),
    ),
    "ipyflow": Peer("ipyflow", "%load_ext ipyflow", LOGISTIC),
    "Kishu": Peer("kishu", "from kishu import init_kishu\ninit_kishu()", LOGISTIC),
}
