"""A Jupyter server with the extension, on a port of its own, over a folder with a store that tests fill."""

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from jupyter_client.blocking import BlockingKernelClient

from nbtrack.records import Attachment, Capture, Metric, ModelBytes, Point, State
from nbtrack.store import Store
from nbtrack.store.blobs import blob_digest

API = "nbtrack/api"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


def _kernel_class():
    file = Path(__file__).resolve().parent.parent / "store" / "conftest.py"
    spec = importlib.util.spec_from_file_location("store_conftest", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.Kernel


@dataclass
class Server:
    """A running Jupyter server and what it takes to ask it."""

    root: Path
    url: str
    token: str
    process: subprocess.Popen
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    def ask(self, method: str, path: str, *, token: bool = True, **given: Any) -> requests.Response:
        headers = {"Authorization": f"token {self.token}"} if token else {}
        headers |= given.pop("headers", {})
        # Jupyter answers a token with a cookie, which lets in as well: who asks without a token must not have it.
        client = self.session if token else requests
        return client.request(
            method, f"{self.url}/{API}/{path}", headers=headers, timeout=30, allow_redirects=False, **given
        )

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of an answer that must be fine."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def problem(self, path: str, status: int, **params: Any) -> Any:
        """The JSON of an answer that must be this problem."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return answer.json()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(root: Path, home: Path, *options: str, path: Path | None = None, ready: int = 200):
    """A server over ``root`` whose settings and logs are in ``home``; it is up when its status answers ``ready``."""
    port, token = _free_port(), secrets.token_hex(16)
    folders = {
        name: str(home / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME")
    }
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    log = home / "server.log"
    arguments = [
        "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--allow-root",
        f"--ServerApp.root_dir={root}", "--ServerApp.terminals_enabled=False",
        "--ServerApp.jpserver_extensions={'nbtrack.server': True}", *options,
    ]  # fmt: skip
    if not any("token" in option for option in options):
        arguments.append(f"--IdentityProvider.token={token}")
    with log.open("wb") as stream:
        found = os.pathsep.join(str(each) for each in (path, os.environ.get("PYTHONPATH")) if each)
        process = subprocess.Popen(
            [sys.executable, *_COVERED, "-m", "jupyter_server", *arguments],
            env={**os.environ, **folders, "PYTHONPATH": found},
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Server(root, f"http://127.0.0.1:{port}", token, process, log)
    try:
        _wait(served, ready)
        yield served
    finally:
        served.session.close()
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# Where a run measures coverage, the server's counts: pytest-cov takes in what lies beside its own data at the end.
_COVERED: list[str] = []


@pytest.fixture(scope="session", autouse=True)
def covered(request):
    if request.config.pluginmanager.hasplugin("_cov") and request.config.getoption("cov_source"):
        top = request.config.rootpath
        rcfile, data = top / "pyproject.toml", top / ".coverage"
        _COVERED[:] = [
            "-m",
            "coverage",
            "run",
            "--parallel-mode",
            f"--rcfile={rcfile}",
            f"--data-file={data}",
        ]


def _wait(served: Server, ready: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if served.process.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            if served.ask("GET", "status").status_code == ready:
                return
        time.sleep(0.1)
    raise AssertionError(served.log.read_text("utf-8"))


@pytest.fixture(scope="session")
def kernel_class():
    return _kernel_class()


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="session")
def server(root, tmp_path_factory):
    with serve(root, tmp_path_factory.mktemp("home")) as served:
        yield served


@pytest.fixture(scope="session")
def serving():
    return serve


@dataclass
class Filled:
    """A store with one run of each kind, by what it is there for."""

    store: Store
    kernel: Any
    runs: dict[str, Any] = field(default_factory=dict)

    def id(self, name: str) -> str:
        return self.runs[name].id


@pytest.fixture(scope="session")
def filled(root, kernel_class):
    """The store of the server's root folder."""
    with Store.open(root / ".nbtrack", create=True) as store:
        kernel = kernel_class(store)
        filled = Filled(store, kernel)
        fill(filled)
        yield filled
        kernel.log.end()


def fill(filled: Filled) -> None:
    kernel, runs = filled.kernel, filled.runs
    for i in range(12):
        runs[f"plain {i}"] = kernel.train(
            {"C": 10.0**i, "kernel": "rbf"},
            {"accuracy": i / 20, "loss": 1 - i / 20},
            started_at=1_795_426_200.0 + i,
            duration_seconds=0.5 + i,
            label_stem=["SVC", "Tree"][i % 2],
        )
    curve = tuple(Point(step, 1 / (1 + step), 1000.0 + step) for step in range(5000))
    execution = kernel.execution("figure()", stdout="loss 0.1\n", stderr="careful", writes=("fig",))
    run = kernel.run(execution, {"lr": 0.1}, tags={"stage": "final"})
    run = replace(run, metrics=(Metric(name="loss", value=curve[-1].value, origin="history", curve=curve),))
    figure = Attachment(
        kind="figure", name="figure-1", media_type="image/png", digest=blob_digest(PNG), size_bytes=len(PNG)
    )
    (runs["curve"],) = kernel.log.save(
        Capture(execution=execution, runs=(run,), attachments=((figure, PNG),))
    )
    runs["failed"] = kernel.train({}, {}, state=State.FAILED)


@pytest.fixture(scope="session")
def with_model(filled):
    """A run whose model is stored."""
    content = ModelBytes(
        digest=blob_digest(b"model"),
        stream=b"model",
        buffers=(),
        blob_digests=(blob_digest(b"model"),),
        size_bytes=5,
    )
    run = filled.kernel.run(filled.kernel.execution(), {"C": 1.0})
    (saved,) = filled.kernel.save(run, models={run.id: content})
    return saved


@pytest.fixture(scope="session")
def until():
    """Ask until the answer is yes."""

    def wait(ask, seconds: float = 20):
        deadline = time.monotonic() + seconds
        while not ask():
            assert time.monotonic() < deadline
            time.sleep(0.1)

    return wait


def _ignored(message):
    """What the cell prints is not looked at."""


class KernelClient:
    """A kernel that the server started for a notebook."""

    def __init__(self, server: Server, notebook: str) -> None:
        body = {"path": notebook, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        answer = requests.post(
            f"{server.url}/api/sessions",
            json=body,
            headers={"Authorization": f"token {server.token}"},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        file = server.log.parent / "jupyter_runtime_dir" / f"kernel-{answer.json()['kernel']['id']}.json"
        self.client = BlockingKernelClient(connection_file=str(file))
        self.client.load_connection_file()
        self.client.hb_channel.time_to_dead = 30.0  # a busy machine is no dead kernel
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.client.execute("import os")
        self.pid = int(self.value("os.getpid()"))

    def execute(self, source: str, *, reply: bool = False) -> str:
        if not reply:
            return self.client.execute(source)
        content = self.client.execute_interactive(source, timeout=60, output_hook=_ignored)["content"]
        assert content["status"] == "ok", content
        return ""

    def value(self, expression: str) -> str:
        got = self.client.execute_interactive(
            "", user_expressions={"value": expression}, timeout=60, output_hook=_ignored
        )
        return got["content"]["user_expressions"]["value"]["data"]["text/plain"]

    def kill(self) -> None:
        self.client.stop_channels()
        os.kill(self.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def kernel_client(server):
    return lambda notebook: KernelClient(server, notebook)
