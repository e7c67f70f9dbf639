"""Walking and copying syntax trees."""

import ast
import inspect

from nbtrack.capture import nodes, rewrite


def test_a_copy_says_the_same_and_shares_no_node_that_is_rewritten():
    tree = ast.parse(inspect.getsource(rewrite))
    copy = nodes.copied(tree)
    assert ast.dump(copy, include_attributes=True) == ast.dump(tree, include_attributes=True)
    assert not {id(node) for node in nodes.walk(tree)} & {id(node) for node in nodes.walk(copy)}
    assert compile(copy, "copy", "exec") == compile(tree, "copy", "exec")


def test_what_others_hung_onto_nodes_is_not_copied():
    tree = ast.parse("model.fit(x)")
    load = tree.body[0].value.func.ctx
    load.parent = self = ast.parse(
        "a = b"
    )  # as a traceback shown by IPython leaves it, on a node all trees share
    try:
        copy = nodes.copied(tree)
        assert copy.body[0].value.func.ctx is load
        assert load.parent is self
        tree.body[0].parent = self
        assert not hasattr(nodes.copied(tree).body[0], "parent")
    finally:
        del load.parent


def test_walking_meets_every_node_but_contexts_and_operators_in_order_of_the_source():
    tree = ast.parse(inspect.getsource(rewrite))
    bare = (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
    expected = [node for node in ast.walk(tree) if not isinstance(node, bare)]
    found = nodes.walk(tree)
    assert {id(node) for node in found} == {id(node) for node in expected}
    assert len(found) == len(expected)
    lines = [node.lineno for node in found if isinstance(node, ast.stmt)]
    assert lines == sorted(lines)
