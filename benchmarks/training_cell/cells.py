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

# The floor: what a record of such a cell costs at the least, however it is made. In an untouched kernel, a function of
# the notebook writes the parameters, the score, digests of the data and the pickled model into SQLite, in one durable
# commit, and shows a line; it looks at nothing, and what was not handed to it is not recorded.
BY_HAND_SETUP = """
import io, json, pickle, sqlite3, time, uuid
from blake3 import blake3
from IPython.display import display
database = sqlite3.connect("by_hand.db", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE runs (id TEXT PRIMARY KEY, at REAL, source TEXT, model TEXT, label TEXT)")
database.execute("CREATE INDEX by_start ON runs (at)")
database.execute("CREATE TABLE params (run TEXT, name TEXT, value TEXT, PRIMARY KEY (run, name)) WITHOUT ROWID")
database.execute("CREATE INDEX by_value ON params (name, value)")
database.execute("CREATE TABLE metrics (run TEXT, name TEXT, value REAL, PRIMARY KEY (run, name)) WITHOUT ROWID")
database.execute("CREATE INDEX by_metric ON metrics (name, value)")
database.execute("CREATE TABLE data (run TEXT, name TEXT, digest TEXT, PRIMARY KEY (run, name)) WITHOUT ROWID")
database.execute("CREATE TABLE blobs (digest TEXT PRIMARY KEY, data BLOB)")

def digest_of(frame):
    return "b3:" + blake3(frame.to_numpy().tobytes()).hexdigest()

def record(clf, accuracy):
    run, stream = str(uuid.uuid4()), pickle.dumps(clf, protocol=5)
    model = "b3:" + blake3(stream).hexdigest()
    params = [(run, name, json.dumps(value)) for name, value in clf.get_params().items()]
    data = [(run, name, digest_of(value)) for name, value in
            (("X_train", X_train), ("y_train", y_train), ("X_test", X_test), ("y_test", y_test))]
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", (run, time.time(), In[-1], model, type(clf).__name__))
    database.executemany("INSERT INTO params VALUES (?, ?, ?)", params)
    database.execute("INSERT INTO metrics VALUES (?, ?, ?)", (run, "accuracy", accuracy))
    database.executemany("INSERT INTO data VALUES (?, ?, ?)", data)
    database.execute("INSERT OR IGNORE INTO blobs VALUES (?, ?)", (model, stream))
    database.execute("COMMIT")

def show(clf, accuracy):
    text = f"{type(clf).__name__} C={clf.C} accuracy {accuracy:.3f}"
    display({"text/plain": text, "text/html": f"<div>{text}</div>"}, raw=True)
"""
BY_HAND = {
    "a line shown": LOGISTIC + "show(clf, accuracy)",
    "recorded by hand": LOGISTIC + "record(clf, accuracy)",
    "recorded by hand twice": LOGISTIC + "record(clf, accuracy)\nrecord(clf, accuracy)",
    "recorded by hand and shown": LOGISTIC + "record(clf, accuracy)\nshow(clf, accuracy)",
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


PARAMS = "{k: v for k, v in clf.get_params().items() if v is not None}"
MLFLOW = "import mlflow\nmlflow.set_tracking_uri('sqlite:///mlflow.db')\nmlflow.set_experiment('bench')"
WANDB = "import os\nos.environ['WANDB_MODE'] = 'offline'\nos.environ['WANDB_SILENT'] = 'true'\nimport wandb"
WANDB_LOGS = "run.config.update(clf.get_params())\nrun.log({'accuracy': accuracy})\nrun.finish()"
AIM_LOGS = f"run['params'] = {PARAMS}\nrun.track(accuracy, name='accuracy')\nrun.close()"
TRACKIO = "import os\nos.environ['TRACKIO_DIR'] = os.getcwd()\nimport trackio"
TRACKIO_LOGS = f"trackio.log({{'accuracy': accuracy, **{PARAMS}}})\ntrackio.finish()"
DVCLIVE = "import os\nos.environ['DVCLIVE_LOGLEVEL'] = 'ERROR'\nfrom dvclive import Live"
DVCLIVE_LOGS = f"live.log_params({PARAMS})\nlive.log_metric('accuracy', accuracy)\nlive.end()"
REPOSITORY = (
    "import subprocess, sys, os\n"
    "for line in ('git init -q', '{bin}/dvc init -q', 'git add -A',\n"
    "             'git -c user.name=b -c user.email=b@b commit -q -m begin'):\n"
    "    subprocess.run(line.format(bin=os.path.dirname(sys.executable)).split(), check=True)\n"
)

# "lean": all that a peer's documentation lets one turn off that is not params and a score; "as it comes" otherwise.
PEERS = {
    "nbtrack": Peer("nbtrack", "%load_ext nbtrack", LOGISTIC),
    "MLflow by hand": Peer(
        "mlflow",
        MLFLOW,
        _around(
            "mlflow.start_run()",
            "mlflow.log_params(clf.get_params())\nmlflow.log_metric('accuracy', accuracy)\nmlflow.end_run()",
        ),
    ),
    "MLflow by hand, lean": Peer(
        "mlflow",
        MLFLOW + "\nfrom mlflow import MlflowClient\nfrom mlflow.entities import Metric, Param\nimport time\n"
        "client, experiment = MlflowClient(), mlflow.get_experiment_by_name('bench').experiment_id",
        _around(
            "",
            "run = client.create_run(experiment)\n"
            "client.log_batch(run.info.run_id, [Metric('accuracy', accuracy, int(time.time() * 1000), 0)],\n"
            "                 [Param(k, str(v)) for k, v in clf.get_params().items()])\n"
            "client.set_terminated(run.info.run_id)",
        ),
    ),
    "MLflow autolog": Peer("mlflow", MLFLOW + "\nmlflow.sklearn.autolog(silent=True)", LOGISTIC),
    "MLflow autolog, lean": Peer(
        "mlflow",
        MLFLOW + "\nmlflow.sklearn.autolog(silent=True, log_models=False, log_datasets=False,\n"
        "    log_model_signatures=False, log_input_examples=False)",
        LOGISTIC,
    ),
    "W&B offline": Peer(
        "wandb", WANDB, _around("run = wandb.init(project='bench', mode='offline')", WANDB_LOGS)
    ),
    "W&B offline, lean": Peer(
        "wandb",
        WANDB
        + "\nlean = wandb.Settings(x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True,\n"
        "    disable_git=True, disable_code=True, disable_job_creation=True, console='off')",
        _around("run = wandb.init(project='bench', mode='offline', settings=lean)", WANDB_LOGS),
    ),
    "Aim": Peer("aim", "from aim import Run", _around("run = Run(repo='.', experiment='bench')", AIM_LOGS)),
    "Aim, lean": Peer(
        "aim",
        "from aim import Run",
        _around(
            "run = Run(repo='.', experiment='bench', system_tracking_interval=None, log_system_params=False,\n"
            "          capture_terminal_logs=False)",
            AIM_LOGS,
        ),
    ),
    "Trackio": Peer("trackio", TRACKIO, _around("trackio.init(project='bench')", TRACKIO_LOGS)),
    "Trackio, lean": Peer(
        "trackio", TRACKIO, _around("trackio.init(project='bench', embed=False)", TRACKIO_LOGS)
    ),
    "DVCLive": Peer("dvclive", REPOSITORY + DVCLIVE, _around("live = Live()", DVCLIVE_LOGS)),
    "DVCLive, lean": Peer(
        "dvclive",
        DVCLIVE,
        _around("live = Live('dvclive', save_dvc_exp=False, report=None, dvcyaml=None)", DVCLIVE_LOGS),
    ),
    "LaminDB": Peer(
        "lamindb",
        "import subprocess, sys, os\n"
        "subprocess.run([os.path.dirname(sys.executable) + '/lamin', 'init', '--storage', './lamin'], check=True,\n"
        "               capture_output=True)\n"
        "import lamindb as ln\nartifacts = ln.Artifact",
        _around(
            "",
            "ln.Artifact.from_dataframe(X_train, key='train.parquet').save()\n"
            "record = ln.Record(name=f'run {accuracy} {id(clf)}').save()",
        ),
    ),
    "ipyflow": Peer("ipyflow", "%load_ext ipyflow", LOGISTIC),
    # Kishu asks a Jupyter server for its notebook; here there is none, so it is told the way its own tests tell it.
    "Kishu": Peer(
        "kishu",
        "import os, nbformat\nnbformat.write(nbformat.v4.new_notebook(), 'bench.ipynb')\n"
        "os.environ['TEST_NOTEBOOK_PATH'] = os.path.abspath('bench.ipynb')\n"
        "from kishu import init_kishu, jupyterint\ninit_kishu()\n"
        # The end of the cell that begins its watching is an error to it without a beginning.
        "get_ipython().user_ns[jupyterint.KISHU_INSTRUMENT].pre_run_cell(None)",
        LOGISTIC,
    ),
}
