"""Requests made up from the OpenAPI description, right ones and wrong ones: no failure, and answers of the form described.

``NBTRACK_CASES`` says how many for each operation; the long form is 100, which is above 2,000 in all.
"""

import contextlib
import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nbtrack.server.description import description

CASES = int(os.environ.get("NBTRACK_CASES", "5"))
LONGEST_HEAD = 65536  # bytes; Tornado closes the connection of a longer one unread
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations():
    schema = schemathesis.openapi.from_dict(description())
    return {one.ok().label: one.ok() for one in schema.get_all_operations()}


OPERATIONS = operations()
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
STRATEGIES = {
    label: [operation.as_strategy(generation_mode=mode) for mode in MODES]
    for label, operation in OPERATIONS.items()
}
# A job is a process: a handful of them is tried elsewhere.
HEAVY = {"POST /runs/{run}/reproduce", "POST /runs/{run}/export"}


@pytest.mark.parametrize("label", [label for label in OPERATIONS if label not in HEAVY])
def test_what_the_description_promises_is_what_the_server_does(server, filled, with_model, tally, label):
    right, wrong = STRATEGIES[label]
    runs = st.sampled_from([filled.id("curve"), filled.id("failed"), filled.id("plain 9"), with_model.id])

    @settings(
        max_examples=CASES, derandomize=CASES < 20, suppress_health_check=list(HealthCheck), deadline=None
    )
    @given(data=st.data())
    def ask(data):
        case = data.draw(data.draw(st.sampled_from([right, right, wrong])))
        if data.draw(st.integers(0, 3)):  # mostly of runs that there are
            if "run" in case.path_parameters:
                case.path_parameters["run"] = data.draw(runs)
            if "ids" in (case.query or {}):
                case.query["ids"] = ",".join(data.draw(st.lists(runs, min_size=2, max_size=4, unique=True)))
            for name in [name for name in ("a", "b") if name in (case.query or {})]:
                case.query[name] = data.draw(runs)
        tally["requests"] += 1
        try:
            answer = case.call(
                base_url=f"{server.url}/nbtrack/api",
                headers={"Authorization": f"token {server.token}"},
                timeout=30,
            )
        except requests.ConnectionError:
            if len(case.as_curl_command()) < LONGEST_HEAD:
                raise
            tally["refused"] += 1
            return
        tally["refused"] += 400 <= answer.status_code < 500
        tally["failures"] += answer.status_code >= 500
        case.validate_response(answer, checks=CHECKS)

    # Schemathesis may make up requests in another way the second time, which Hypothesis takes amiss and ends this
    # operation's turn; all that were asked until then were answered as described.
    with contextlib.suppress(FlakyStrategyDefinition):
        ask()
