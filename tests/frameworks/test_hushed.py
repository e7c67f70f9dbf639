"""Nothing is shown or raised while a library is asked, and Python remembers what it showed before."""

import warnings

import pytest

from nbtrack.frameworks.hushed import Hushed


def warn():
    warnings.warn("said", UserWarning, stacklevel=1)


@pytest.mark.parametrize("action", ["error", "default", "always", "once", "module"])
def test_whatever_the_filters_say_nothing_is_shown_or_raised_and_they_are_as_before(action):
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter(action)
        before = list(warnings.filters)
        with Hushed(), Hushed():
            warn()
        assert (shown, warnings.filters) == ([], before)


def test_what_was_shown_once_is_not_shown_again():
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(2):  # on the same line, or it would be another warning
            with Hushed():
                pass
            warn()
        assert len(shown) == 1


def test_filters_that_the_block_sets_are_left_as_it_leaves_them():
    with warnings.catch_warnings():
        with Hushed():
            warnings.simplefilter("ignore")
        assert warnings.filters[0][:3] == ("ignore", None, Warning)
        with Hushed():
            warnings.resetwarnings()
        assert warnings.filters == []
        warnings.simplefilter("error")
        with Hushed(), warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning):
                warn()
        assert len(warnings.filters) == 1
