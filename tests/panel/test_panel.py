"""The panel in a real JupyterLab in a real Chromium."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_the_panel_shows_in_jupyterlab(opened):
    assert opened.locator("#nbtrack-runs").is_visible()
    assert opened.complaints == []
