"""Trains for ever with one tracker and says what that acknowledged: `python child.py TRACKER KIND`, where it stands.

KIND is points: one run, a point logged each time, as fast as it goes; or steps: the same, a hundred a second; or runs:
one run after the other, each of one number. What was acknowledged is a line in `said`, written once the tracker's call
has returned.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

tracker, kind = sys.argv[1:]
out = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def say(number: int) -> None:
    os.write(out, b"%d\n" % number)


def numbers() -> Iterator[int]:
    """What is logged, one after the other; each is acknowledged when the next is asked for."""
    for number in range(10_000_000):
        yield number
        say(number)
        if kind == "steps":
            time.sleep(0.01)


def nbtrack() -> None:
    import nbtrack

    number = 0
    while True:
        with nbtrack.track(f"run-{number}") as run:
            if kind != "runs":
                for number in numbers():
                    run.log(loss=number, step=number)
            run.log(number=number)
        say(number)
        number += 1


def mlflow() -> None:
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("durability")
    number = 0
    while True:
        with mlflow.start_run(run_name=f"run-{number}"):
            if kind != "runs":
                for number in numbers():
                    mlflow.log_metric("loss", number, step=number)
            mlflow.log_metric("number", number)
        say(number)
        number += 1


def wandb() -> None:
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
    import wandb

    number = 0
    while True:
        run = wandb.init(project="durability", mode="offline", name=f"run-{number}")
        if kind != "runs":
            for number in numbers():
                run.log({"loss": number})
        run.log({"number": number})
        run.finish()
        say(number)
        number += 1


def trackio() -> None:
    os.environ["TRACKIO_DIR"] = str(Path.cwd())
    import trackio

    number = 0
    while True:
        trackio.init(project="durability", name=f"run-{number}", embed=False)
        if kind != "runs":
            for number in numbers():
                trackio.log({"loss": number})
        trackio.log({"number": number})
        trackio.finish()
        say(number)
        number += 1


{"nbtrack": nbtrack, "mlflow": mlflow, "wandb": wandb, "trackio": trackio}[tracker]()
