"""Secrets that variables hold are met however the names come and go."""

import pytest

from nbtrack.observe import met_secrets as met

FIRST, SECOND = "Zq81kkPw0aXr", "mN7vB2xQ9LtE"


@pytest.fixture(autouse=True)
def nothing_met():
    met.forget_secrets()
    yield
    met.forget_secrets()


def test_a_secret_is_met_under_a_new_name_a_changed_value_and_a_name_that_came_back():
    namespace = {"x": 1, "password": FIRST}
    met.meet_names(namespace)
    assert FIRST in met.met_secrets()
    namespace["password"] = SECOND
    met.meet_names(namespace)
    assert SECOND in met.met_secrets()
    del namespace["x"]
    namespace["api_key"] = "kH3dE5fG7hI9"
    met.meet_names(namespace)
    assert "kH3dE5fG7hI9" in met.met_secrets()
    del namespace["password"]
    met.meet_names(namespace)
    namespace["password"] = "uY6tR4eW2qA8"
    met.meet_names(namespace)
    assert "uY6tR4eW2qA8" in met.met_secrets()


def test_of_the_environment_what_is_new_or_changed_is_met(monkeypatch):
    met.meet_names({})
    monkeypatch.setenv("SERVICE_TOKEN", FIRST)
    met.meet_names({})
    assert FIRST in met.met_secrets()
    monkeypatch.setenv("SERVICE_TOKEN", SECOND)
    met.meet_names({})
    assert SECOND in met.met_secrets()
