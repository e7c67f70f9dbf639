"""A fresh kernel process, spoken to from outside: cells in, how they ended out."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import queue
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbtrack.errors import NbtrackError, UsageError

__all__ = ["FreshKernel", "KernelDied", "Outcome", "TimeIsUp"]

_START_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_QUIT_SECONDS = 3.0


class KernelDied(NbtrackError):  # noqa: N818 - it says what happened, as the public errors do
    """The kernel's process ended by itself."""


class TimeIsUp(NbtrackError):  # noqa: N818 - as above
    """The time limit was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a cell ended; ``error`` is the name of the exception's class, None where it ended well."""

    seconds: float
    error: str | None = None
    message: str = ""
    traceback: str = ""


class FreshKernel:
    """A kernel of its own process.

    Args:
        executable: the Python to run it in.
        folder: its working directory.
        environment: its environment variables.
        deadline: when time is up, on the clock of :func:`time.monotonic`.

    Raises:
        UsageError: no kernel can be started there.
    """

    def __init__(
        self, executable: str, folder: Path, environment: Mapping[str, str], deadline: float
    ) -> None:
        self._deadline = deadline
        self._manager = _manager(executable)
        try:
            self._manager.start_kernel(cwd=str(folder), env=dict(environment))
            self._pid = self._manager.provisioner.pid
            self._client = self._manager.client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=min(_START_SECONDS, self._left()))
        except Exception as error:
            self.stop()
            if self._left() <= 0:
                raise TimeIsUp("The time limit was reached before the kernel had started.") from error
            raise UsageError(
                f"No kernel could be started with {executable}: {error}. "
                f"Does `{executable} -m ipykernel --version` work?"
            ) from error
        except BaseException:
            self.stop()
            raise

    def execute(self, source: str, cell_id: str) -> Outcome:
        """Run a cell and wait for its end.

        Raises:
            KernelDied: the process ended.
            TimeIsUp: the time limit was reached; the cell is interrupted.
        """
        began = time.monotonic()
        self._client.session.metadata = {"cellId": cell_id}
        sent = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        content = self._reply(sent)
        seconds = time.monotonic() - began
        if content["status"] == "ok":
            return Outcome(seconds=seconds)
        trace = "\n".join(content.get("traceback", ()))
        return Outcome(
            seconds=seconds,
            error=content.get("ename", "error"),
            message=content.get("evalue", ""),
            traceback=trace,
        )

    def ask(self, function: str, **given: Any) -> Any:
        """Call a function of ``nbtrack.reproduce.inside`` in the kernel between cells; JSON in, JSON out.

        Raises:
            NbtrackError: it raised there.
            KernelDied, TimeIsUp: as :meth:`execute`.
        """
        module = "__import__('nbtrack.reproduce.inside', fromlist=['inside'])"
        expression = f"{module}.{function}({json.dumps(given)!r})"
        sent = self._client.execute("", silent=True, store_history=False, user_expressions={"it": expression})
        answer = self._reply(sent)["user_expressions"]["it"]
        if answer["status"] != "ok":
            raise NbtrackError(f"{answer['ename']}: {answer['evalue']}")
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def stop(self) -> None:
        """End the process and what it started, at once."""
        with contextlib.suppress(Exception):
            self._client.stop_channels()
        with contextlib.suppress(Exception):
            self._manager.shutdown_kernel(now=True)
        # Its children are in its process group: workers, shell commands.
        with contextlib.suppress(Exception):
            os.killpg(self._pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            self._manager.cleanup_resources()

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _reply(self, sent: str) -> dict[str, Any]:
        """The content of the reply to a request; what is shown meanwhile is dropped."""
        while True:
            self._drop_shown()
            left = self._left()
            if left <= 0:
                self._interrupt()
                raise TimeIsUp("The time limit was reached.")
            try:
                message = self._client.get_shell_msg(timeout=min(_LOOK_SECONDS, left))
            except queue.Empty:
                if not self._manager.is_alive():
                    raise KernelDied("The kernel's process ended.") from None
                continue
            if message["parent_header"].get("msg_id") == sent:
                content: dict[str, Any] = message["content"]
                return content

    def _drop_shown(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._client.get_iopub_msg(timeout=0)

    def _interrupt(self) -> None:
        with contextlib.suppress(Exception):
            self._manager.interrupt_kernel()
            time.sleep(_QUIT_SECONDS / 10)


def _manager(executable: str) -> Any:
    """A manager of one kernel in that Python, whatever kernels are registered on this machine."""
    try:
        from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
        from jupyter_client.manager import KernelManager
    except ImportError as error:
        raise UsageError(f"Reproducing needs a Jupyter kernel: {error}. `pip install ipykernel`.") from error
    spec = KernelSpec(
        argv=[
            executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--IPKernelApp.log_level=ERROR",
            # Nothing of it belongs into the user's history of inputs.
            "--HistoryManager.hist_file=:memory:",
        ],
        display_name="reproduction",
        language="python",
    )

    class OneKernel(KernelSpecManager):
        """Knows this kernel alone."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - there is one
            """The one."""
            return spec

    return KernelManager(kernel_spec_manager=OneKernel(), kernel_name="nbtrack-reproduction")
