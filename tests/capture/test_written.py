"""The text of an expression is what the standard library makes of it."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrack.capture.written import written

NAMES = st.sampled_from(["x", "model", "naïve", "C"])
CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers()
).map(ast.Constant)


def deeper(inner):
    return st.one_of(
        st.builds(lambda value, attr: ast.Attribute(value, attr, ast.Load()), inner, NAMES),
        st.builds(lambda value, part: ast.Subscript(value, part, ast.Load()), inner, inner),
        st.builds(lambda left, right: ast.BinOp(left, ast.Add(), right), inner, inner),
        st.builds(lambda value: ast.UnaryOp(ast.USub(), value), inner),
        st.builds(
            lambda func, args, named, star: ast.Call(
                func, args, [*(ast.keyword(name, value) for name, value in named.items()), *star]
            ),
            inner,
            st.lists(st.one_of(inner, inner.map(lambda each: ast.Starred(each, ast.Load()))), max_size=2),
            st.dictionaries(NAMES, inner, max_size=2),
            st.lists(inner.map(lambda each: ast.keyword(None, each)), max_size=1),
        ),
    )


@given(
    st.recursive(
        st.one_of(NAMES.map(lambda each: ast.Name(each, ast.Load())), CONSTANTS), deeper, max_leaves=12
    )
)
def test_an_expression_is_written_as_the_standard_library_writes_it(node):
    assert written(node) == ast.unparse(node)


@pytest.mark.parametrize(
    "source",
    ["f(x)(y).z", "1 .real", "u'a'", "f'{x}'", "1e999", "'it\\'s'", '"it\'s"', "f(*a, **b)", "-1", "..."],
)
def test_an_odd_expression_is_written_as_the_standard_library_writes_it(source):
    node = ast.parse(source, mode="eval").body
    assert written(node) == ast.unparse(node)
