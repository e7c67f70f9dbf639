"""The graph of executions: versions of names, functions of other cells, aliases, evidence."""

import pytest

from nbtrack.lineage import Lineage, Version, read


def test_a_value_needs_what_it_was_computed_from(run):
    ran = run("x = 0", "y = x", "z = 1", "w = y + z")
    assert ran.reads_from(3) == [1, 2]
    assert ran.needs(3) == [0, 1, 2]


def test_the_last_binding_before_counts(run):
    ran = run("x = 0", "x = 1", "y = x", "x = 2", "z = y")
    assert ran.needs(2) == [1]
    assert ran.needs(4) == [1, 2]


def test_a_cell_run_again_is_another_execution(run):
    ran = run("n = 1", "n = n + 1", "n = n + 1", "print(n)")
    assert ran.needs(3) == [0, 1, 2]


def test_order_of_running_counts_not_order_of_cells(run):
    ran = run("model = x", "x = 1", "model = x")
    assert ran.needs(0) == []
    assert ran.needs(2) == [1]


def test_an_edited_cell_leaves_what_used_its_old_source_alone(run):
    ran = run("def f(): return a", "a = 1", "y = f()", "def f(): return b", "b = 2", "z = y", "w = f()")
    assert ran.needs(5) == [0, 1, 2]
    assert ran.needs(6) == [3, 4]


def test_a_deleted_name_has_no_maker(run):
    ran = run("x = 1", "y = x", "del x", "z = x", "x = 3", "w = x")
    assert ran.needs(3) == []
    assert ran.needs(5) == [4]
    assert ran.graph.versions("x") == (Version("0", "write"), Version("2", "delete"), Version("4", "write"))


def test_looks_are_not_needed(run):
    ran = run(
        "import pandas as pd",
        "import matplotlib.pyplot as plt",
        "df = pd.read_csv('a.csv')",
        "df.head()",
        "df.info()\nprint(df.shape)",
        "plt.rcParams['figure.figsize'] = (9, 9)",
        "plt.figure()\nplt.scatter(df.a, df.b)\nplt.title('a and b')\nplt.show()",
        "fig, ax = plt.subplots()\ndf.hist(ax=ax)\nax.set_title('a')\nfig.savefig('a.png')",
        "y = df.a.mean()",
    )
    assert ran.needs(8) == [0, 2]


def test_changes_in_place_are_needed(run):
    ran = run(
        "df = load()",
        "df['a'] = 1",
        "df.drop('b', axis=1, inplace=True)",
        "df.sort_values('a')",
        "X = df.values",
    )
    assert ran.needs(4) == [0, 1, 2]


def test_a_new_object_leaves_the_old_ones_changes_behind(run):
    ran = run("xs = []", "xs.append(1)", "ys = xs", "xs = []", "xs.append(2)", "print(xs)", "print(ys)")
    assert ran.needs(5) == [3, 4]
    assert ran.needs(6) == [0, 1, 2]


def test_a_change_through_an_alias_counts(run):
    ran = run("a = []", "b = a", "b.append(1)", "print(a)")
    assert ran.needs(3) == [0, 1, 2]


def test_a_change_through_a_list_counts_for_each(run):
    ran = run(
        "a = {}",
        "b = {}",
        "for d in [a, b]:\n  d['x'] = 1",
        "print(b)",
        "both = [a, b]",
        "both[0]['y'] = 1",
        "print(a)",
    )
    assert ran.needs(3) == [0, 1, 2]
    assert ran.needs(6) == [0, 1, 2, 4, 5]


def test_a_part_of_a_frame_is_not_the_frame(run):
    ran = run("df = load()", "y = df['y']", "df['z'] = 1", "fit(y)")
    assert ran.needs(3) == [0, 1]


def test_a_part_of_an_array_is_the_array(run):
    ran = run("import numpy as np", "X = np.zeros((3, 3))", "row = X[0]", "row[:] = 1", "print(X)")
    assert ran.needs(4) == [0, 1, 2, 3]


def test_what_a_container_holds_comes_with_it(run):
    ran = run("df = load()", "data = {'train': df}", "df['a'] = 1", "other = 1", "print(data['train'])")
    assert ran.needs(4) == [0, 1, 2]


def test_a_container_is_asked_for_one_key(run):
    ran = run("a = []", "b = []", "d = {'a': a, 'b': b}", "a.append(1)", "b.append(1)", "print(d['b'])")
    assert ran.needs(5) == [0, 1, 2, 4]


def test_a_function_reads_its_globals_when_it_is_called(run):
    ran = run("def f(x):\n  return x * scale", "scale = 1", "scale = 2", "y = f(1)")
    assert ran.needs(0) == []
    assert ran.needs(3) == [0, 2]


def test_functions_are_followed_through_functions(run):
    ran = run(
        "def low(): return base",
        "def high(): return low() + top",
        "base = 1",
        "top = 2",
        "other = 3",
        "y = high()",
    )
    assert ran.needs(5) == [0, 1, 2, 3]


def test_a_function_changes_what_its_body_changes(run):
    ran = run(
        "history = []",
        "def train(model, data):\n  model.fit(data)\n  history.append(model.score(data))",
        "model, data = make(), load()",
        "train(model, data)",
        "print(history)",
        "model.predict(data)",
        "print(data)",
    )
    assert ran.needs(4) == [0, 1, 2, 3]
    assert ran.needs(5) == [0, 1, 2, 3]
    assert ran.needs(6) == [2]


def test_a_function_that_gives_back_its_argument_gives_an_alias(run):
    ran = run(
        "def add(d):\n  d['a'] = 1\n  return d", "df = load()", "df2 = add(df)", "df2['b'] = 2", "print(df)"
    )
    assert ran.needs(4) == [0, 1, 2, 3]


def test_a_function_binds_globals_it_declares(run):
    ran = run("def init():\n  global model\n  model = make()", "init()", "model.predict()")
    assert ran.needs(2) == [0, 1]


def test_functions_handed_to_a_library_may_be_called(run):
    ran = run(
        "names = ['a']",
        "def clean(row): return names[row]",
        "df = load()",
        "df['n'] = df.x.apply(clean)",
        "z = map(clean, df)",
    )
    assert ran.needs(3) == [0, 1, 2]
    assert ran.needs(4) == [0, 1, 2, 3]


def test_closures_keep_what_they_closed_over(run):
    ran = run(
        "def counter(start):\n  seen = start\n  def add(x): seen.append(x)\n  return add",
        "xs = []",
        "add = counter(xs)",
        "add(1)",
        "print(xs)",
    )
    assert ran.needs(4) == [0, 1, 2, 3]


def test_decorated_functions_are_still_followed(run):
    ran = run("import functools", "scale = 2", "@functools.cache\ndef f(x): return x * scale", "y = f(1)")
    assert ran.needs(3) == [0, 1, 2]


def test_recursion_ends(run):
    ran = run(
        "def even(n): return n == 0 or odd(n - 1)",
        "def odd(n): return base if n else even(n - 1)",
        "base = 0",
        "even(4)",
    )
    assert ran.needs(3) == [0, 1, 2]


def test_methods_of_notebook_classes_are_followed(run):
    ran = run(
        "rate = 0.1",
        "class Base:\n  def __init__(self, data): self.data = data; self.w = 0",
        "class Model(Base):\n  def __init__(self, data):\n    super().__init__(data)\n  def fit(self):\n    self.w += rate",
        "data = load()",
        "m = Model(data)",
        "rate = 0.2",
        "m.fit()",
        "print(m.w)",
        "data.append(1)",
        "print(m.data)",
    )
    assert ran.needs(6) == [1, 2, 3, 4, 5]
    assert ran.needs(7) == [1, 2, 3, 4, 5, 6]
    assert ran.needs(9) == [1, 2, 3, 4, 5, 6, 8]


def test_a_class_of_a_library_may_call_any_method_of_its_child(run):
    ran = run(
        "from lib import Fitter",
        "norm = make()",
        "class F(Fitter):\n  def hazard(self): return norm",
        "F().fit()",
    )
    assert ran.needs(3) == [0, 1, 2]


def test_iterating_over_an_instance_runs_its_methods(run):
    ran = run(
        "size = 3",
        "class Data:\n  def __getitem__(self, i): return size",
        "data = Data()",
        "for x in data: pass",
    )
    assert ran.needs(3) == [0, 1, 2]


def test_a_conditional_binding_may_leave_the_old_value(run):
    ran = run("x = 1", "if flag: x = 2", "y = x")
    assert ran.needs(2) == [0, 1]


def test_a_binding_in_every_branch_replaces_the_old_value(run):
    ran = run("x = 1", "if flag: x = 2\nelse: x = 3", "y = x")
    assert ran.needs(2) == [1]


def test_a_handler_may_not_have_run(run):
    ran = run("x = 1", "try: f()\nexcept ValueError: x = 2", "y = x")
    assert ran.needs(2) == [0, 1]


def test_imports_are_needed(run):
    ran = run(
        "import numpy as np",
        "from math import sqrt",
        "x = np.zeros(3)",
        "y = sqrt(2)",
        "import numpy as np",
        "z = np.ones(1)",
    )
    assert ran.needs(2) == [0]
    assert ran.needs(3) == [1]
    assert ran.needs(5) == [4]


def test_submodules_add_to_their_package(run):
    ran = run("import xml.dom", "import xml.sax", "xml.dom.Node\nxml.sax.parse(f)")
    assert ran.needs(2) == [0, 1]


def test_names_of_a_star_import_come_from_it(run):
    ran = run("from helpers import *", "x = 1", "y = clean(x)", "print(x)")
    assert ran.needs(2) == [0, 1]
    assert ran.needs(3) == [1]


def test_values_of_names_at_a_point(run):
    ran = run("a = 1", "b = 2", "c = a + b", "b = 3", "d = b")
    assert ran.needs(2, "b") == [1]
    assert ran.needs(2, "c") == [0, 1, 2]
    assert ran.needs(4, "b", "a") == [0, 3]
    assert ran.needs(2, "d") == []


def test_values_of_names_after_changes_in_place(run):
    ran = run("xs = []", "x = 1", "xs.append(x)", "xs.append(2)")
    assert ran.needs(2, "xs") == [0, 1, 2]
    assert ran.needs(3, "xs") == [0, 1, 2, 3]


def test_what_is_known_to_have_changed_counts():
    graph = Lineage()
    graph.add("a", read("df = load()"))
    graph.add("b", read("engine.clean(df)"), changed={"df"})
    graph.add("c", read("engine.run()"), changed={"result"})
    graph.add("d", read("df, result"))
    assert graph.slice("d") == ("a", "b", "c")
    assert graph.effects("b").mutates == {"df"}
    assert graph.effects("c").writes == {"result"}


def test_what_is_known_to_be_unchanged_does_not_count():
    graph = Lineage()
    graph.add("a", read("df = load()"))
    graph.add("b", read("df.frobnicate()\nx = 1"), unchanged={"df"})
    graph.add("c", read("df"))
    assert graph.slice("c") == ("a",)


def test_a_failed_cell_did_what_stands_above_the_failure():
    graph = Lineage()
    graph.add("a", read("x = 1\ny = 1"))
    graph.add("b", read("x = 2\n1 / 0\ny = 2"), reached=2)
    graph.add("c", read("print(x)"))
    graph.add("d", read("print(y)"))
    assert graph.slice("c") == ("b",)
    assert graph.slice("d") == ("a",)


def test_effects_follow_functions_of_other_cells(run):
    ran = run("log = []", "def note(x):\n  global last\n  last = x\n  log.append(x)", "note(word)")
    effects = ran.graph.effects("2")
    assert effects.reads == {"note", "log", "word"}
    assert effects.writes == {"last"}
    assert effects.mutates == {"log"}


def test_an_execution_is_entered_once():
    graph = Lineage()
    graph.add("a", read("x = 1"))
    with pytest.raises(ValueError, match="'a'"):
        graph.add("a", read("x = 2"))


def test_too_many_calls_are_cut_short_and_said(run):
    cells = ["def f0(): return x"]
    cells += [f"def f{n}():\n" + f"  f{n - 1}()\n" * 6 for n in range(1, 9)]
    ran = run(*cells, "f8()")
    assert any("more functions" in note for note in ran.graph.effects("9").opaque)


def test_a_stream_whose_states_are_known_needs_nobody_who_drew_before():
    graph = Lineage()
    sources = [
        "import numpy as np\nnp.random.seed(0)\nrng = np.random.default_rng(1)",
        "a = np.random.rand()",
        "b = rng.random()",
        "c = np.random.rand() + rng.random()",
    ]
    for number, source in enumerate(sources):
        graph.add(str(number), read(source))
    assert graph.slice("3") == ("0",)
    assert graph.slice("3", draws=True) == ("0", "1", "2")
    assert graph.slice("3", draws=True, restored={"numpy"}) == ("0", "2")
