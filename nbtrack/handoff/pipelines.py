"""Pipelines for CI that run the gate: what ``nbtrack ci`` prints."""

from __future__ import annotations

__all__ = ["TEMPLATES"]

_GITHUB = """\
# Executes the notebook, checks the run by [tool.nbtrack.policy], exports it and verifies the bundle.
name: model
on: [push, pull_request]
permissions:
  contents: read
jobs:
  gate:
    runs-on: ubuntu-latest
    env:
      NOTEBOOK: train.ipynb
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
          cache: pip
      - run: pip install -r requirements.txt "nbtrack[skops,sign]" nbclient ipykernel
      - run: jupyter execute "$NOTEBOOK"
      - run: nbtrack reproduce last
      - run: nbtrack export last -o bundle.zip
      - run: nbtrack check last --policy pyproject.toml --junit policy.xml
      - run: nbtrack verify bundle.zip --predict --junit bundle.xml
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: model
          path: |
            bundle.zip
            policy.xml
            bundle.xml
            .nbtrack
          include-hidden-files: true
"""

_GITLAB = """\
# Executes the notebook, checks the run by [tool.nbtrack.policy], exports it and verifies the bundle.
model:
  image: python:3.12
  variables:
    NOTEBOOK: train.ipynb
    PIP_CACHE_DIR: "$CI_PROJECT_DIR/.cache/pip"
  cache:
    paths: [.cache/pip]
  script:
    - pip install -r requirements.txt "nbtrack[skops,sign]" nbclient ipykernel
    - jupyter execute "$NOTEBOOK"
    - nbtrack reproduce last
    - nbtrack export last -o bundle.zip
    - nbtrack check last --policy pyproject.toml --junit policy.xml
    - nbtrack verify bundle.zip --predict --junit bundle.xml
  artifacts:
    when: always
    paths: [bundle.zip, .nbtrack]
    reports:
      junit: [policy.xml, bundle.xml]
"""

TEMPLATES = {"github": _GITHUB, "gitlab": _GITLAB}
"""The text by the name of the system."""
