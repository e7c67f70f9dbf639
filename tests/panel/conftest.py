"""A real JupyterLab, a real Chromium, and what the stories do in them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location(
    "nbtrack_tests_browser", Path(__file__).with_name("browser.py")
)
assert _spec is not None
assert _spec.loader is not None
browser_of_tests = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(browser_of_tests)
_spec = importlib.util.spec_from_file_location(
    "nbtrack_tests_contrast", Path(__file__).with_name("contrast.py")
)
assert _spec is not None
assert _spec.loader is not None
contrast_of_tests = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(contrast_of_tests)

START_SECONDS = 90
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": False}


class Lab:
    """A Jupyter server on a folder of its own, with nothing of the user's configuration."""

    def __init__(self, folder: Path, app: str = "lab") -> None:
        self.folder = folder
        self.app = app
        self.notebooks = folder / "work"
        self.notebooks.mkdir(parents=True, exist_ok=True)
        self.token = secrets.token_hex(16)
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._configure()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def environment(self) -> dict[str, str]:
        own = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "COV_"))}
        return {
            **kept,
            **{name: str(self.folder / part) for name, part in own.items()},
            # The assets of this checkout come before those that were installed into the environment, however old.
            "JUPYTER_PREFER_ENV_PATH": "0",
        }

    def _configure(self) -> None:
        """The assets of this checkout, the server extension, and no news."""
        extensions = self.folder / "data" / "labextensions"
        extensions.mkdir(parents=True, exist_ok=True)
        if not (extensions / "nbtrack").exists():
            (extensions / "nbtrack").symlink_to(ROOT / "nbtrack" / "labextension", target_is_directory=True)
        enabled = self.folder / "config" / "jupyter_server_config.d"
        enabled.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "jupyter-config" / "nbtrack.json", enabled)
        self.setting("@jupyterlab/apputils-extension/notification", QUIET)

    def setting(self, plugin: str, value: dict[str, Any]) -> None:
        """Write a setting as the settings editor does."""
        file = self.folder / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))

    def start(self) -> Lab:
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        command = [
            sys.executable, "-m", f"jupyter{self.app}" if self.app == "lab" else self.app, "--no-browser", "--ip=127.0.0.1", f"--port={self.port}",
            "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.notebooks}", "--allow-root", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly", "--ServerApp.terminals_enabled=False",
            "--LabApp.expose_app_in_browser=True" if self.app == "lab" else "--JupyterNotebookApp.expose_app_in_browser=True",
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment(), stdout=log, stderr=log, cwd=self.notebooks
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.log[-4000:]}")
            time.sleep(0.2)
        return self

    def _answers(self) -> bool:
        try:
            self.get("/api/status")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def get(self, route: str) -> Any:
        """The JSON at a route of the server."""
        request = urllib.request.Request(self.url + route, headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read())

    def stage(self, page: Any, name: str = "story") -> Stage:
        """A folder of notebooks here, for a page."""
        folder = self.notebooks / name
        folder.mkdir()
        return Stage(page, self, folder)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for the stories that need none of their own; each works in a folder of its own."""
    server = Lab(tmp_path_factory.mktemp("lab")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the session."""
    playwright = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    browser = playwright.chromium.launch(
        executable_path=browser_of_tests.install(), args=browser_of_tests.ARGUMENTS, headless=True
    )
    yield browser
    browser.close()
    playwright.stop()


@pytest.fixture
def page(chromium, request, tmp_path) -> Iterator[Any]:
    """A page of its own profile; what the page's console had to complain is kept on ``page.complaints``."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    if getattr(request.node, "failed", False):
        page.screenshot(path=str(tmp_path / "failed.png"))
        print("screenshot:", tmp_path / "failed.png")
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


def open_lab(page: Any, lab: Lab, path: str = "") -> None:
    """JupyterLab in a workspace of its own, ready; with the notebook at ``path`` open."""
    workspace = secrets.token_hex(4)
    tree = f"/tree/{path}" if path else ""
    page.goto(f"{lab.url}/lab/workspaces/{workspace}{tree}?token={lab.token}")
    page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
    page.evaluate("window.jupyterapp.restored")
    if path:
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")


def show_panel(page: Any) -> None:
    page.evaluate("window.jupyterapp.commands.execute('nbtrack:show')")
    page.wait_for_selector("#nbtrack-runs .nbt-runs")


def wait_for_kernel(page: Any, status: str = "idle") -> None:
    """The current notebook's kernel is there and in this state; the indicator says idle before there is one."""
    page.wait_for_function(
        """status => {
            const kernel = jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
            return kernel && kernel.connectionStatus === 'connected' && kernel.status === status;
        }""",
        arg=status,
        timeout=60_000,
    )


def run_all(page: Any) -> None:
    wait_for_kernel(page)
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")


def rows(page: Any) -> Any:
    return page.locator("#nbtrack-runs .nbt-row:not(.nbt-group)")


def wait_for_rows(page: Any, count: int, seconds: float = 60) -> None:
    page.wait_for_function(
        "count => document.querySelectorAll('#nbtrack-runs .nbt-row[data-nbtrack-run]').length === count",
        arg=count,
        timeout=seconds * 1000,
    )


def notebook(path: Path, *cells: str) -> Path:
    """A notebook with these code cells, whose ids are cell-0, cell-1, …"""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [
            {"cell_type": "code", "id": f"cell-{at}", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
            for at, source in enumerate(cells)
        ],
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def stage(page, lab, request):
    """The page and the lab, with a folder of the test's own, and what is done there."""
    return lab.stage(page, re.sub(r"\W+", "-", request.node.name)[:90])


@pytest.fixture
def hard_to_read() -> Any:
    """Which texts of a page have too little contrast; see ``contrast.py``."""
    return contrast_of_tests.hard_to_read


@pytest.fixture
def lab_of_its_own(tmp_path):
    """A JupyterLab that the story may stop and start."""
    server = Lab(tmp_path).start()
    yield server
    server.stop()


class Stage:
    """A folder of notebooks in a lab, and a page on it."""

    def __init__(self, page: Any, lab: Lab, folder: Path) -> None:
        self.page = page
        self.lab = lab
        self.folder = folder

    def notebook(self, *cells: str, name: str = "work.ipynb") -> None:
        """Make a notebook, open it with the panel beside it."""
        notebook(self.folder / name, *cells)
        self.open(name)

    def open(self, name: str = "work.ipynb") -> None:
        open_lab(self.page, self.lab, str((self.folder / name).relative_to(self.lab.notebooks)))
        show_panel(self.page)

    def run_all(self) -> None:
        run_all(self.page)

    def rows(self, count: int, seconds: float = 60) -> Any:
        """The rows of the list, once there are so many."""
        wait_for_rows(self.page, count, seconds)
        return rows(self.page)

    def runs(self, query: str = "") -> list[dict[str, Any]]:
        """The runs of the store in this folder, newest first, by the command line."""
        return list(
            json.loads(self.nbtrack("runs", query, "--json") if query else self.nbtrack("runs", "--json"))
        )

    def nbtrack(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-c", "from nbtrack.cli import main; main()", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def open_run(self, label: str) -> Any:
        """The page of a run in the panel."""
        self.page.locator("#nbtrack-runs .nbt-row", has_text=label).first.click()
        self.page.wait_for_selector("#nbtrack-runs .nbt-heading")
        return self.page.locator("#nbtrack-runs .nbt-detail")
