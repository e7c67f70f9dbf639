import ast
import builtins
import dis
import pickle

import cloudpickle
import pytest

from nbtrack.capture.asking import WATCHER
from nbtrack.capture.rewrite import Rewriter, Sites, definitions
from nbtrack.capture.twins import Twins


class Seeing:
    """A watcher that notes the names of the functions called through it."""

    def __init__(self):
        self.seen = []
        self.twins = None

    def c(self, _number, function, /):
        self.seen.append(function.__name__)
        return self.twins.of(function)

    def t(self, function, /):
        return self.twins.of(function)

    def a(self, _number, /, *args):
        return args

    def k(self, _number, /, **kwargs):
        return kwargs

    def r(self, _number, result, /):
        return result

    def i(self, _number, iterable, /):
        return iterable

    def p(self, _number, value, /):
        return value

    q = p

    def l(self, _number, /):  # noqa: E743
        return None

    e = l


class Notebook:
    """Runs cells the way a watched kernel does."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.sites = Sites()
        self.twins = watcher.twins = Twins(self.sites, lambda _: False)
        self.names = {"__name__": "__main__", "m": Model()}
        self.cells = 0

    def run(self, source):
        tree = ast.parse(source)
        for definition in definitions(tree):
            self.twins.define(definition)
        Rewriter(self.sites, self.twins.interesting, lambda _: False).visit(tree)
        self.cells += 1
        exec(compile(ast.fix_missing_locations(tree), f"cell {self.cells}", "exec"), self.names)


class Model:
    def fit(self, *args):
        return args

    def predict(self, x):
        return x


@pytest.fixture
def notebook(monkeypatch):
    watcher = Seeing()
    monkeypatch.setattr(builtins, WATCHER, watcher, raising=False)
    return Notebook(watcher)


def test_what_a_function_of_the_notebook_trains_is_seen(notebook):
    notebook.run("def train_it(x):\n    return m.fit(x)")
    notebook.run("y = train_it(3)")
    assert notebook.watcher.seen == ["train_it", "fit"]
    assert notebook.names["y"] == (3,)


def test_a_function_called_in_the_cell_that_defines_it_is_seen_too(notebook):
    notebook.run("def go(x):\n    return m.fit(x)\ny = go(3)")
    assert notebook.watcher.seen == ["fit"]


def test_functions_are_followed_through_each_other_whatever_the_order_of_definition(notebook):
    notebook.run("def outer(x):\n    return inner(x)")
    notebook.run("def inner(x):\n    return m.fit(x)")
    notebook.run("y = outer(3)")
    assert notebook.watcher.seen == ["fit"]


def test_a_function_handed_to_another_is_followed(notebook):
    notebook.run("def work(x):\n    return m.fit(x)\ndef apply(f, x):\n    return f(x)")
    notebook.run("y = apply(work, 1)")
    assert notebook.watcher.seen == ["fit"]


def test_a_decorated_function_is_followed(notebook):
    notebook.run(
        "import functools\n"
        "def timed(function):\n"
        "    @functools.wraps(function)\n"
        "    def wrapper(*args):\n"
        "        return function(*args)\n"
        "    return wrapper\n"
        "@timed\n"
        "def work(x):\n"
        "    return m.fit(x)\n",
    )
    notebook.run("y = work(1)")
    assert notebook.watcher.seen == ["fit"]


def test_methods_closures_recursion_defaults_and_super_work_in_twins(notebook):
    notebook.run(
        "class Base:\n"
        "    def fit(self, x):\n"
        "        return m.fit('base', x)\n"
        "class Trainer(Base):\n"
        "    def fit(self, x, *, again=True):\n"
        "        return super().fit(x) if not again else self.fit(x, again=False)\n"
        "def maker(k):\n"
        "    def work(x, scale=2):\n"
        "        return m.fit(k, x * scale)\n"
        "    return work\n",
    )
    notebook.run("a = Trainer().fit(1)\nb = maker('k')(4)\nwork = maker('z')\nc = work(5)")
    assert notebook.names["a"] == ("base", 1)
    assert notebook.names["b"] == ("k", 8)
    assert notebook.names["c"] == ("z", 10)
    assert notebook.watcher.seen.count("fit") >= 5


def test_generators_and_coroutines_stay_what_they_are(notebook):
    notebook.run(
        "import asyncio\n"
        "def each(xs):\n    for x in xs:\n        yield m.fit(x)\n"
        "async def later(x):\n    return m.fit(x)\n",
    )
    notebook.run("a = list(each([1, 2]))\nb = asyncio.run(later(3))")
    assert (notebook.names["a"], notebook.names["b"]) == ([(1,), (2,)], (3,))
    assert notebook.watcher.seen == ["fit", "fit", "fit"]


def test_the_function_objects_of_the_user_never_change(notebook):
    source = (
        "def work(x):\n    return m.fit(x)\n"
        "def outer(x):\n    def inner():\n        return m.fit(x)\n    return inner\n"
    )
    notebook.run(source)
    before = notebook.names["work"].__code__
    notebook.run("work(1)\ninner = outer(2)\ninner()")
    plain: dict = {}
    exec(compile(source, "cell 1", "exec"), plain)
    assert notebook.names["work"].__code__ is before
    assert before == plain["work"].__code__
    # Also a closure that was made while its maker ran as a twin.
    assert notebook.names["inner"].__code__ == plain["outer"](2).__code__
    assert WATCHER not in dis.Bytecode(notebook.names["inner"]).dis()


def test_pickles_of_watched_functions_and_classes_hold_no_trace(notebook):
    notebook.run(
        "def work(x):\n    return m.fit(x)\nclass Mine:\n    def fit(self, x):\n        return m.fit(x)"
    )
    notebook.run("work(1)\nMine().fit(2)")
    for name in ("work", "Mine"):
        data = cloudpickle.dumps(notebook.names[name])
        assert b"nbtrack" not in data
    assert pickle.loads(cloudpickle.dumps(notebook.names["work"])).__name__ == "work"


def test_a_redefined_function_is_the_new_one(notebook):
    notebook.run("def work(x):\n    return m.fit(x)")
    notebook.run("work(1)")
    notebook.run("def work(x):\n    return m.predict(x)")
    notebook.run("work(1)")
    assert notebook.watcher.seen == ["fit", "predict"]


def test_a_function_with_nothing_to_watch_is_called_as_it_is(notebook):
    notebook.run("def square(x):\n    return x * x")
    assert notebook.twins.of(notebook.names["square"]) is notebook.names["square"]
    assert "square" not in notebook.twins.interesting


def test_attributes_set_inside_a_twin_are_the_function_s_own(notebook):
    notebook.run("def work(x):\n    work.calls = getattr(work, 'calls', 0) + 1\n    return m.fit(x)")
    notebook.run("work(1)\nwork(2)")
    assert notebook.names["work"].calls == 2
