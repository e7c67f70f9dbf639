"""Ordinary text is not taken for secrets: fewer than one line in a hundred of real sources, manuals and outputs."""

import importlib.metadata
import inspect
import io
import json
import pkgutil
import sys

import numpy as np
import pandas as pd
import pytest

from nbtrack.observe.redaction import redact


def sources():
    """Lines of the standard library that speak of passwords, tokens and keys, and of a library of models."""
    import getpass
    import http.client
    import imaplib
    import netrc
    import secrets
    import smtplib
    import tokenize
    import urllib.request

    import sklearn.linear_model._logistic as logistic

    for module in (
        getpass,
        http.client,
        imaplib,
        netrc,
        secrets,
        smtplib,
        tokenize,
        urllib.request,
        logistic,
    ):
        yield from inspect.getsource(module).splitlines()


def manuals():
    """The descriptions of installed packages, as their authors wrote them."""
    for one in sorted(importlib.metadata.distributions(), key=lambda found: str(found.metadata["Name"]))[:60]:
        yield from (one.metadata.get_payload() or "").splitlines()


def outputs():
    """What cells print: tables, digests, identifiers, versions, addresses of objects."""
    rng = np.random.default_rng(0)
    table = io.StringIO()
    pd.DataFrame(rng.normal(size=(300, 4)), columns=["token_count", "key", "passes", "score"]).to_csv(table)
    yield from table.getvalue().splitlines()
    for row in range(300):
        yield f"epoch {row}: loss={rng.random():.6f} tokens={rng.integers(1e6)} id={rng.bytes(8).hex()}"
        yield f"<torch.nn.Linear object at 0x{int(rng.integers(1 << 47)):012x}> sha256:{rng.bytes(32).hex()}"
        yield json.dumps({"key": int(row), "author": "Ann", "commit": rng.bytes(20).hex()})
    yield from (module.name for module in pkgutil.iter_modules())
    yield from sys.path


@pytest.mark.parametrize("corpus", [sources, manuals, outputs])
def test_fewer_than_one_line_of_ordinary_text_in_a_hundred_is_masked(corpus, tally):
    lines = [line for line in corpus() if line.strip()]
    masked = [line for line in lines if redact(line) != line]
    assert len(lines) > 1000
    assert len(masked) < len(lines) / 100, masked[:20]
    tally["lines"] += len(lines)
    tally["masked"] += len(masked)
