import ast
import builtins
import traceback

import pytest

from nbtrack.capture.asking import WATCHER
from nbtrack.capture.rewrite import Rewriter, Sites, definitions


class Passing:
    """A watcher that hands everything on and keeps the order of what it was asked."""

    def __init__(self):
        self.asked = []

    def c(self, number, function, /):
        self.asked.append(("c", number))
        return function

    def a(self, number, /, *args):
        self.asked.append(("a", number))
        return args

    def k(self, number, /, **kwargs):
        self.asked.append(("k", number))
        return kwargs

    def r(self, number, result, /):
        self.asked.append(("r", number))
        return result

    def t(self, function, /):
        return function

    def i(self, _number, iterable, /):
        return iterable

    def p(self, _number, value, /):
        return value

    q = p

    def l(self, number, /):  # noqa: E743
        self.asked.append(("l", number))

    def e(self, number, /):
        self.asked.append(("e", number))


@pytest.fixture
def watcher(monkeypatch):
    passing = Passing()
    monkeypatch.setattr(builtins, WATCHER, passing, raising=False)
    return passing


def rewritten(source, *, functions=(), nets=(), every_loop=False):
    tree = ast.parse(source)
    sites = Sites()
    rewriter = Rewriter(sites, functions, lambda name: name in nets, every_loop=every_loop)
    rewriter.visit(tree)
    return ast.fix_missing_locations(tree), sites, rewriter


def run(tree, names=None):
    space = dict(names or {})
    exec(compile(tree, "cell", "exec"), space)
    return space


class Log:
    """An estimator-like object that writes down how it is called, and the order in which arguments are made."""

    def __init__(self):
        self.calls = []

    def made(self, value):
        self.calls.append(value)
        return value

    def fit(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        return self


CALLS = [
    "x = m.fit(m.made(1), m.made(2))",
    "x = m.fit(m.made(1), *[m.made(2)], k=m.made(3), **{'j': m.made(4)})",
    "x = m.fit(k=m.made(3), *[m.made(2)])",
    "x = m.fit(m.fit(1), y=m.fit(2, z=3)).fit()",
    "x = [m.fit(i, j) for i in range(3) for j in range(i)]",
    "x = m.fit(*(m.made(i) for i in range(2)))",
    "x = (y := m.fit(1)).fit(2)",
    "x = f'{m.fit(1).calls}'",
    "for i in range(3):\n    if i == 1: continue\n    m.fit(i)\nelse:\n    m.fit('else')",
    "i = 0\nwhile True:\n    i += 1\n    m.fit(i)\n    if i > 2: break",
    "with __import__('contextlib').suppress(ValueError):\n    m.fit(int('x'))\nm.fit(2)",
    "try:\n    m.fit(1 / 0)\nexcept ZeroDivisionError as error:\n    m.fit(str(error))",
]


@pytest.mark.parametrize("source", CALLS)
def test_a_rewritten_cell_does_what_the_cell_does_in_the_same_order(watcher, source):
    plain, watched = Log(), Log()
    run(ast.parse(source), {"m": plain})
    run(rewritten(source)[0], {"m": watched})
    assert repr(watched.calls).replace(hex(id(watched)), "") == repr(plain.calls).replace(hex(id(plain)), "")
    assert {kind for kind, _ in watcher.asked} >= {"c", "a", "r"}


FAILURES = [
    "m = 1\nm.fit(2)",
    "def f(x):\n    return x / 0\ny = f(1) + max(f(2), 1)",
    "class M:\n    def fit(self, X):\n        raise ValueError(X)\nm = M()\nm.fit(\n    3,\n)",
    "import math\nfor i in range(3):\n    math.fit(i)",
    "accuracy_score(1)",
    "x = [train(i) for i in range(2)]",
    "int.fit(1, a=2)",
]


def told(tree):
    try:
        run(tree)
    except Exception as error:
        trace = traceback.extract_tb(error.__traceback__)[1:]
        frames = [(each.name, each.lineno, each.colno, each.end_lineno, each.end_colno) for each in trace]
        return type(error), str(error), frames
    return None


@pytest.mark.parametrize("source", FAILURES)
def test_a_traceback_names_the_same_places_as_without_watching(watcher, source):
    assert told(rewritten(source)[0]) == told(ast.parse(source)) is not None


def test_bodies_of_definitions_are_left_as_they_are():
    source = (
        "def f(m):\n    return m.fit(1)\n"
        "class M:\n    a = m.fit(2)\n"
        "g = lambda m: m.fit(3)\n"
        "async def h(m):\n    await m.fit(4)\n"
    )
    tree, sites, _ = rewritten(source)
    assert ast.unparse(tree) == ast.unparse(ast.parse(source))
    assert not sites.calls
    assert len(list(definitions(tree))) == 4


def test_names_that_suggest_nothing_are_not_watched():
    source = "df.head()\nx = np.arange(3)\nplt.plot(x)\nfit = 3\nfitted = model.fitted"
    tree, sites, _ = rewritten(source)
    assert ast.unparse(tree) == ast.unparse(ast.parse(source))
    assert not sites.calls


def test_a_site_knows_the_texts_of_its_arguments_and_every_name_in_them():
    _, sites, _ = rewritten("clf.fit(X[train], y, sample_weight=w.values)")
    (site,) = sites.calls.values()
    assert (site.name, site.receiver, site.line) == ("fit", "clf", 1)
    assert site.arguments == ("X[train]", "y")
    assert site.keywords == {"sample_weight": "w.values"}
    assert site.names == {"clf", "X", "train", "y", "w"}


def test_a_loop_samples_what_its_own_body_assigns_and_looks_like_a_score():
    source = (
        "for epoch in range(9):\n"
        "    for x in xs:\n        opt.step()\n        loss = 1\n"
        "    val_loss = 2\n    n = 3\n"
    )
    _, sites, _ = rewritten(source)
    inner, outer = sorted(sites.loops.values(), key=lambda loop: loop.id)
    assert (inner.targets, inner.sampled) == (("x",), ("loss",))
    assert (outer.targets, outer.sampled) == (("epoch",), ("val_loss",))


def test_a_loop_without_training_is_sampled_only_in_a_cell_tracked_explicitly():
    source = "for i in range(3):\n    loss = i"
    assert not rewritten(source)[1].loops
    assert rewritten(source, every_loop=True)[1].loops


def test_every_pass_of_a_loop_is_seen_and_its_end_also_after_a_break(watcher):
    source = "for i in range(5):\n    m.fit(i)\n    if i == 2:\n        break"
    run(rewritten(source)[0], {"m": Log()})
    assert [kind for kind, _ in watcher.asked if kind in "le"] == ["l", "l", "l", "e"]


def test_calls_of_names_that_may_be_nets_are_watched_only_where_they_may():
    source = "y = net(x)\nz = self.net(x)\nprint(net)"
    assert len(rewritten(source, nets={"net"})[1].calls) == 2
    assert not rewritten(source)[1].calls
