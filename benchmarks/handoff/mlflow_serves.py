"""Is a bundle an MLflow model as it stands? Run it by the Python of an environment that has MLflow.

For each bundle: ``mlflow.pyfunc.load_model`` predicts the example rows, ``mlflow models predict`` those of
``example/serving.json``, for which ``mlflow models serve`` answers ``/invocations``, and all give the recorded
predictions.

    MLFLOW_PYTHON benchmarks/handoff/mlflow_serves.py BUNDLE…
"""

import json
import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path


def close(found, told, expected):
    if isinstance(found, list):
        return len(found) == len(told) and all(
            close(a, b, expected) for a, b in zip(found, told, strict=True)
        )
    if isinstance(told, float):
        return math.isclose(found, told, rel_tol=expected["rtol"], abs_tol=expected["atol"])
    return found == told


def loaded(bundle: Path, expected) -> str | None:
    sys.dont_write_bytecode = True
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore'); sys.dont_write_bytecode = True\n"
        "import mlflow.pyfunc, numpy as np, pandas as pd\n"
        "from pathlib import Path\n"
        "here = Path(sys.argv[1]); model = mlflow.pyfunc.load_model(str(here))\n"
        "import bundle_model\n"
        "print(json.dumps(np.asarray(model.predict(bundle_model.read_example(here))).tolist()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    told = next(iter(expected["outputs"].values()))["data"]
    found = json.loads(done.stdout.splitlines()[-1])
    return None if close(found, told, expected) else f"other predictions: {str(found)[:200]}"


def mlflow(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command, and an environment in which it finds itself."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return [sys.executable, "-m", "mlflow", *arguments], {**os.environ, "PATH": path}


def predicted(bundle: Path, expected) -> str | None:
    command, environment = mlflow(
        "models", "predict", "-m", str(bundle), "-i", str(bundle / "example" / "serving.json"),
        "-t", "json", "--env-manager", "local",
    )  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    told = next(iter(expected["outputs"].values()))["data"]
    found = json.loads(done.stdout.splitlines()[-1])["predictions"]
    return None if close(found, told, expected) else f"other predictions: {str(found)[:200]}"


def served(bundle: Path, expected) -> str | None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command, environment = mlflow(
        "models", "serve", "-m", str(bundle), "-p", str(port), "-h", "127.0.0.1", "--env-manager", "local"
    )
    server = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=environment,
    )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping").read()
                break
            except OSError:
                time.sleep(0.5)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/invocations",
            (bundle / "example" / "serving.json").read_bytes(),
            {"Content-Type": "application/json"},
        )
        found = json.loads(urllib.request.urlopen(request).read())["predictions"]
    except OSError as error:
        said = getattr(error, "read", lambda: b"")()
        return f"{error} {said[:300]!r}"
    finally:
        os.killpg(server.pid, 15)
        server.wait()
    told = next(iter(expected["outputs"].values()))["data"]
    return None if close(found, told, expected) else f"other predictions: {str(found)[:200]}"


def main() -> int:
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    wrong = 0
    for name in sys.argv[1:]:
        bundle = Path(name)
        expected = json.loads((bundle / "example" / "expected.json").read_text())
        for what, ask in (("loaded", loaded), ("predicted", predicted), ("served", served)):
            problem = ask(bundle, expected)
            wrong += problem is not None
            print(
                f"{'FAILED' if problem else 'ok    '} {bundle.name}: {what}{': ' + problem if problem else ''}",
                flush=True,
            )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
