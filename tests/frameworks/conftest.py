from types import ModuleType

import pytest

from nbtrack import frameworks
from nbtrack.frameworks import Call


def as_call(function, *args, scope=dict, **kwargs):
    """The record of ``function(*args, **kwargs)`` as a watched call site would make it."""
    receiver = getattr(function, "__self__", None)
    receiver = None if isinstance(receiver, ModuleType) else receiver
    return Call(getattr(function, "__name__", ""), function, receiver, args, kwargs, scope)


class Trained:
    """One call that was asked about, made, and asked about again."""

    def __init__(self, call):
        self.call = call
        found = frameworks.training(call)
        assert found is not None, f"{call.name} was not seen as a training"
        self.framework, self.training = found
        self.before = (
            self.framework.parameters(self.training.model) if self.training.model is not None else None
        )
        self.result = call.function(*call.args, **call.kwargs)
        self.outcome = self.framework.outcome(self.training, call, self.result)

    @property
    def parameters(self):
        return self.framework.parameters(self.outcome.model)

    @property
    def data(self):
        return [(argument.role, argument.parameter) for argument in self.training.data]


@pytest.fixture
def call():
    return as_call


@pytest.fixture
def train():
    return lambda function, *args, **kwargs: Trained(as_call(function, *args, **kwargs))
