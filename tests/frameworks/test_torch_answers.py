import gc
import weakref
from collections import ChainMap

import pytest
import torch
from torch import nn

from nbtrack import frameworks
from nbtrack.frameworks import Call


class Regressor(nn.Module):
    """As if written in a notebook, whose module is ``__main__``."""

    __module__ = "__main__"

    def __init__(self, width=4, *, bias=False):
        super().__init__()
        self.width = width
        self.hidden = nn.Linear(2, width)
        self.body = nn.Sequential(nn.ReLU(), nn.Dropout(0.2))
        self.head = nn.Linear(width, 1, bias=bias)

    def forward(self, X):
        return self.head(self.body(self.hidden(X)))


X, y = torch.randn(8, 2), torch.randn(8, 1)


@pytest.fixture
def stepping():
    """A net, its optimizer, and the call of one step with the given names in sight."""

    def make(net=None, optimizer=None, /, **scope):
        net = net or Regressor()
        optimizer = optimizer or torch.optim.SGD(net.parameters(), lr=0.1)
        nn.functional.mse_loss(net(X), y).backward()
        names = scope or {"net": net}
        return (
            net,
            optimizer,
            Call("step", optimizer.step, getattr(optimizer.step, "__self__", None), (), {}, lambda: names),
        )

    return make


def trained(call):
    found = frameworks.training(call)
    return None if found is None else found[1]


def test_a_step_trains_the_net_in_sight_that_owns_the_parameters(stepping):
    net, _, call = stepping()
    framework, training = frameworks.training(call)
    assert (framework.name, training.kind, training.model) == ("torch", "model", net)
    assert training.continues
    assert framework.outcome(training, call, call.function()).model is net


def test_of_several_nets_the_outermost_owner_is_the_model(stepping):
    net = Regressor()
    _, _, call = stepping(net, layer=net.hidden, other=nn.Linear(2, 2), net=net, body=net.body)
    assert trained(call).model is net


def test_a_wrapper_of_one_net_is_told_from_the_net_inside(stepping):
    net = Regressor()
    outer = nn.Sequential(net)
    assert trained(stepping(net, net=net, outer=outer)[2]).model is outer
    assert trained(stepping(net, outer=outer, net=net)[2]).model is outer


def test_a_net_held_by_self_or_by_a_list_is_found(stepping):
    net = Regressor()

    class Trainer:
        def __init__(self):
            self.net = net

    assert trained(stepping(net, self=Trainer())[2]).model is net
    assert trained(stepping(net, nets=[nn.Linear(1, 1), net])[2]).model is net


def test_parameters_of_no_net_are_trained_without_a_model():
    weights = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.Adam([weights])
    training = trained(Call("step", optimizer.step, optimizer, (), {}, lambda: {"weights": weights}))
    assert (training.model, training.params) == (None, {"optimizer": "Adam"})


def test_optimizer_rate_and_loss_are_parameters_and_defaults_are_not(stepping):
    net = Regressor()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    call = stepping(net, optimizer, net=net, criterion=nn.L1Loss())[2]
    assert trained(call).params == {"optimizer": "SGD", "lr": 0.05, "momentum": 0.9, "loss_fn": "L1Loss"}


def test_a_rate_written_equal_to_the_default_is_told_and_the_default_is_not(stepping):
    net = Regressor()
    written = torch.optim.Adam(net.parameters(), lr=float("0.001"))
    assert trained(stepping(net, written)[2]).params == {"optimizer": "Adam", "lr": 0.001}
    assert trained(stepping(net, torch.optim.Adam(net.parameters()))[2]).params == {"optimizer": "Adam"}


def test_groups_with_rates_of_their_own_are_told_in_order(stepping):
    net = Regressor()
    groups = [{"params": net.hidden.parameters()}, {"params": net.head.parameters(), "lr": 0.5}]
    assert trained(stepping(net, torch.optim.SGD(groups, lr=0.1))[2]).params["lr"] == [0.1, 0.5]


def test_the_nearest_loss_counts_and_two_kinds_of_loss_are_not_guessed_from(stepping):
    net = Regressor()
    near = ChainMap({"net": net, "loss": nn.L1Loss()}, {"other": nn.MSELoss()})
    both = {"net": net, "a": nn.L1Loss(), "b": nn.MSELoss()}
    assert trained(stepping(net)[2]).params.get("loss_fn") is None
    for names, expected in [(near, "L1Loss"), (both, None)]:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        call = Call("step", optimizer.step, optimizer, (), {}, lambda names=names: names)
        assert trained(call).params.get("loss_fn") == expected


def test_a_loss_function_counts_under_the_name_of_a_loss(stepping):
    net = Regressor()
    assert trained(stepping(net, net=net, loss_fn=nn.functional.mse_loss)[2]).params["loss_fn"] == "mse_loss"


def test_the_scheduler_of_this_optimizer_is_told_with_its_settings_and_the_first_rate(stepping):
    net = Regressor()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    params = trained(stepping(net, optimizer, net=net, scheduler=scheduler)[2]).params
    assert params == {
        "optimizer": "SGD",
        "lr": 0.1,
        "scheduler": "StepLR",
        "scheduler.step_size": 1,
        "scheduler.gamma": 0.5,
    }


def test_a_gradient_scaler_s_step_is_its_optimizer_s(stepping):
    net, optimizer, call = stepping()
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    asked = Call("step", scaler.step, scaler, (optimizer,), {}, call.scope)
    assert trained(asked).model is net


def test_steps_with_a_closure_train_and_steps_of_schedulers_do_not(call):
    net = Regressor()
    optimizer = torch.optim.LBFGS(net.parameters(), lr=0.2)
    assert trained(call(optimizer.step, lambda: None, scope=lambda: {"net": net})).model is net
    scheduler = torch.optim.lr_scheduler.StepLR(torch.optim.SGD(net.parameters(), lr=0.1), 5)
    assert trained(call(scheduler.step)) is None


def test_switching_modes_trains_nothing(call):
    net = Regressor()
    assert trained(call(net.train)) is None
    assert trained(call(net.train, mode=True)) is None
    assert trained(call(net.eval)) is None


def test_asking_keeps_no_net_alive(stepping):
    net, optimizer, call = stepping()
    net.optimizer = optimizer  # a cycle, as trainers make
    trained(call)
    gone = weakref.ref(net)
    del net, optimizer, call
    gc.collect()
    assert gone() is None


def test_nets_with_parameters_are_models_and_losses_and_activations_are_not():
    owner = frameworks.owner
    assert owner(Regressor()).name == "torch"
    assert owner(nn.Linear(1, 1)).name == "torch"
    assert owner(nn.ReLU()) is None
    assert owner(nn.CrossEntropyLoss(weight=torch.ones(2))) is None
    assert owner(X) is None


def test_calling_a_net_predicts_and_calling_a_loss_does_not(call):
    net = Regressor()
    assert frameworks.predictor(Call("net", net, None, (X,), {})) is net
    assert frameworks.predictor(call(net.forward, X)) is net
    assert frameworks.predictor(Call("loss", nn.MSELoss(), None, (X, X), {})) is None


def test_layers_written_in_the_notebook_tell_what_they_were_given():
    net = Regressor(width=8)
    assert frameworks.owner(net).parameters(net).explicit == {
        "width": 8,
        "hidden.in_features": 2,
        "hidden.out_features": 8,
        "body.1.p": 0.2,
        "head.in_features": 8,
        "head.out_features": 1,
    }


def test_what_layers_derive_from_defaults_is_not_told():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.LSTM(4, 5, num_layers=2))
    assert frameworks.owner(net).parameters(net).explicit == {
        "0.in_channels": 1,
        "0.out_channels": 4,
        "0.kernel_size": [3, 3],
        "1.kernel_size": 2,
        "2.input_size": 4,
        "2.hidden_size": 5,
        "2.num_layers": 2,
    }


def test_the_layers_of_a_library_s_net_are_its_own():
    class Library(Regressor):
        __module__ = "somelibrary.nets"

    assert frameworks.owner(Library()).parameters(Library()).explicit == {}
    mixed = nn.Sequential(Library(), nn.Linear(1, 3))
    assert frameworks.owner(mixed).parameters(mixed).explicit == {"1.in_features": 1, "1.out_features": 3}


def test_a_library_s_trainer_trains_the_net_that_it_is_given_or_holds(call):
    class Trainer:
        def __init__(self, model=None, train_dataset=None):
            self.model, self.train_dataset = model, train_dataset

        def fit(self, model, loader, max_epochs=1):
            return (model, loader, max_epochs)

        def train(self):
            return self.model

    net = Regressor()
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y))
    framework, training = frameworks.training(call(Trainer().fit, net, loader, max_epochs=3))
    assert (framework.name, training.model, training.params) == ("torch", net, {"max_epochs": 3})
    assert [argument.value for argument in training.data] == [loader]
    assert trained(call(Trainer(net, loader.dataset).train)).model is net
    assert trained(call(Trainer(net).train)) is None


def test_asking_draws_no_random_numbers_and_changes_no_parameter(stepping):
    net, _, call = stepping()
    state = torch.get_rng_state()
    before = [parameter.clone() for parameter in net.parameters()]
    frameworks.training(call)
    frameworks.owner(net).parameters(net)
    frameworks.predictor(call)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one, other) for one, other in zip(before, net.parameters(), strict=True))
