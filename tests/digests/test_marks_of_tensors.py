"""Marks of tensors: whether what they hold is the same, for one process."""

import pytest

from nbtrack.digests.glance import Held, mark_of

torch = pytest.importorskip("torch")


def test_tensors_of_equal_content_have_one_mark_and_others_another():
    numbers = torch.arange(6.0)
    assert mark_of(numbers) == mark_of(torch.arange(6.0)) == mark_of(numbers.numpy()) is not None
    assert (
        len({mark_of(numbers), mark_of(numbers + 1), mark_of(numbers.double()), mark_of(numbers[:, None])})
        == 4
    )


def test_a_tensor_changed_through_memory_that_it_shares_has_another_mark():
    numbers = torch.arange(6.0)
    before = mark_of(numbers)
    numbers.numpy()[0] = 7
    assert mark_of(numbers) != before


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(3, requires_grad=True),
        torch.zeros(3, dtype=torch.bfloat16),
        torch.arange(6.0).reshape(2, 3).T,
        torch.zeros(3, device="meta"),
        torch.arange(2.0).numpy().astype(object),
        [1.0],
    ],
    ids=["that trains", "of a type NumPy has not", "transposed", "on a device", "of objects", "a list"],
)
def test_what_cannot_be_read_as_it_lies_has_no_mark(value):
    assert mark_of(value) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda tensor: tensor.add_(1),
        lambda tensor: tensor.numpy().fill(7),
        lambda tensor: setattr(tensor, "data", torch.arange(6.0)),
        lambda tensor: tensor.t_().resize_(3),
    ],
    ids=["in place", "through NumPy", "by other memory", "in its shape"],
)
def test_a_tensor_that_was_changed_does_not_hold_what_it_held(change):
    numbers = torch.arange(6.0).reshape(6)
    held = Held(numbers)
    assert held.still(numbers)
    assert not held.still(numbers.clone())
    change(numbers)
    assert not held.still(numbers)
