"""What one cell reads, writes, deletes and changes."""

import ast
import sys

import pytest

from nbtrack.lineage import analyse


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("y = x + 1", "x"),
        ("x = 1\ny = x", ""),
        ("y = x\nx = 1", "x"),
        ("x += 1", "x"),
        ("f'{x:{width}}'", "x width"),
        ("[a for a in xs if a > limit]", "xs limit"),
        ("{k: v for k, v in pairs}", "pairs"),
        ("[x for x in x]", "x"),
        ("[y for xs in rows for y in xs]", "rows"),
        ("g = lambda a, b=c: a + d", "c"),
        ("(lambda a: a + d)(1)", "d"),
        ("def f(a=b) -> c: return d", "b c"),
        ("def f(): return d\nf()", "d"),
        ("def f():\n  d = 1\n  return d\nf()", ""),
        ("def f():\n  def g(): return d\n  return g\nf()()", "d"),
        ("@decorate\ndef f(): pass", "decorate"),
        ("class C(Base, metaclass=Meta):\n  size = n\n  def m(self): return later", "Base Meta n"),
        ("class C:\n  def m(self): return later\nC().m()", "later"),
        ("class C:\n  n = 1\n  def m(self): return n\nC().m()", "n"),
        ("with opened(p) as f: text = f.read()", "opened p"),
        ("try:\n  a\nexcept Missing as e:\n  print(e, b)", "a Missing b"),
        (
            "match command:\n  case Go(where=w) if w in known: print(w)\n  case [x, *rest]: print(x, rest)",
            "command Go known",
        ),
        ("if (n := len(data)) > 3: print(n)", "data"),
        ("for i in range(n):\n  print(i)", "n"),
        ("while running: pass", "running"),
        ("x: Kind = value", "Kind value"),
        ("del x", "x"),
        ("df['a'] = 1", "df"),
        ("df.a.b[i] = v", "df i v"),
        ("a, b = b, a", "a b"),
        ("print(*args, **options)", "args options"),
        ("assert ok, message", "ok message"),
        ("raise Wrong(x)", "Wrong x"),
        ("import numpy as np\nnp.zeros(n)", "n"),
        ("x[lo:hi]", "x lo hi"),
        ("await task", "task"),
        ("print(len([1]))", ""),
    ],
)
def test_names_that_must_exist_before(source, reads):
    assert analyse(source).reads == set(reads.split())


@pytest.mark.parametrize(
    ("source", "writes"),
    [
        ("a = b.c = d[0] = 1", "a"),
        ("(a, [b, *c]) = x", "a b c"),
        ("for i, (j, k) in x: pass", "i j k"),
        ("import a.b, c as d\nfrom e import f, g as h", "a d f h"),
        ("def f():\n  global g\n  g = 1\n  local = 2\nf()", "f g"),
        ("def f():\n  global g\n  g = 1", "f"),
        ("class C: inner = 1", "C"),
        ("with a as b, c as (d, e): pass", "b d e"),
        ("try: pass\nexcept E as gone: pass", ""),
        ("[last := x for x in xs]", "last"),
        ("match p:\n  case {'k': v, **rest}: pass\n  case [a, *b] as c: pass", "v rest a b c"),
        ("x = 1\ndel x", ""),
        ("del x\nx = 1", "x"),
        ("globals()['g'] = 1", "g"),
        ("exec('e = 1')", "e"),
    ],
)
def test_names_that_are_bound(source, writes):
    assert analyse(source).writes == set(writes.split())


@pytest.mark.parametrize(
    ("source", "mutates"),
    [
        ("df['a'] = 1", "df"),
        ("df.a = 1", "df"),
        ("del df['a']", "df"),
        ("df.loc[m, 'a'] += 1", "df"),
        ("xs.append(1)", "xs"),
        ("model.fit(X, y)", "model"),
        ("scores = model.fit(X, y).score(X, y)", "model"),
        ("df.drop('a', axis=1, inplace=True)", "df"),
        ("df.drop('a', axis=1, inplace=False)", ""),
        ("df.fillna(0, inplace=flag)", "df"),
        ("df.head()\ndf.info()", ""),
        ("df.plot()\nx = 1", ""),
        ("clean(df)", ""),
        ("def clean(d): d['a'] = 1\nclean(df)", "df"),
        ("def clean(*, d): d.pop('a')\nclean(d=df)", "df"),
        ("def add(d): d.append(1); return d\nys = add(xs)", "xs"),
        ("def add(d): d = d.copy(); d.append(1); return d\nys = add(xs)", ""),
        ("for d in [train, test]: d['a'] = 1", "train test"),
        ("for d in [train, test]: d = d.dropna()", ""),
        ("[d.update(a=1) for d in (train, test)]", "train test"),
        ("both = {'a': train, 'b': test}\nfor name, d in both.items(): d['n'] = name", "train test"),
        ("alias = df\nalias['a'] = 1", "df"),
        ("copy = df.copy()\ncopy['a'] = 1", ""),
        ("tensor.add_(1)", "tensor"),
        ("np.random.shuffle(x)", ""),
        ("import numpy as np\nnp.random.shuffle(x)", "x"),
        ("x = [1]\nx.append(2)", ""),
        ("setattr(config, 'lr', 1)", "config"),
        ("for layer in model.layers: layer.trainable = False", "model"),
        ("list(map(lambda m: m.fit(X, y), [one, two]))", "one two"),
        ("counts[key] += 1", "counts"),
        ("n += 1", "n"),
    ],
)
def test_objects_that_are_changed_in_place(source, mutates):
    assert analyse(source).mutates == set(mutates.split())


def test_a_tree_does_as_well_as_a_text():
    source = "def f(): return x\ny = f()"
    assert analyse(ast.parse(source)) == analyse(source)


def test_functions_tell_which_globals_and_parameters_they_touch():
    names = analyse(
        "def fit(model, X, *, epochs=3):\n"
        "    global best\n"
        "    for _ in range(epochs):\n"
        "        history.append(model.step(X, rate))\n"
        "    best = model\n"
        "class Net:\n"
        "    def forward(self, x):\n"
        "        self.last = x\n"
        "        return scale * x\n",
    )
    fit = names.functions["fit"]
    assert fit.parameters == ("model", "X", "epochs")
    assert fit.reads == {"history", "rate"}
    assert fit.writes == {"best"}
    assert fit.mutates == {"history"}
    assert fit.mutates_parameters == {"model"}
    forward = names.functions["Net.forward"]
    assert forward.reads == {"scale"}
    assert forward.mutates_parameters == {"self"}
    assert names.reads == set()


def test_calls_and_imports_are_named():
    names = analyse("import numpy as np\nfrom sklearn.svm import SVC as Machine\nMachine().fit(np.ones(3))")
    assert names.imports == {"np": "numpy", "Machine": "sklearn.svm.SVC"}
    assert {"Machine", "np.ones"} <= names.calls


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("from os.path import *", "import *"),
        ("exec(text)", "exec"),
        ("eval(text)", "eval"),
        ("globals()[name] = 1", "globals"),
        ("get_ipython().run_line_magic('run', 'setup.py')", "%run setup.py"),
        ("get_ipython().run_cell_magic('R', '', 'x <- 1')", "%%R"),
    ],
)
def test_what_cannot_be_followed_is_said(source, word):
    assert any(word in note for note in analyse(source).opaque)


def test_ordinary_cells_have_nothing_opaque():
    assert analyse("x = 1\ndef f(): return eval('x + 1')\nf()\nglobals()['y'] = x").opaque == ()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the syntax is new in Python 3.12")
def test_type_parameters_and_aliases():
    names = analyse("type Pair[T] = tuple[T, Other]\ndef first[T: Bound](p: Pair) -> T: return p[0]")
    assert names.reads == {"Other"}
    assert names.writes == {"Pair", "first"}


def test_source_that_is_not_python_is_refused():
    with pytest.raises(SyntaxError):
        analyse("%matplotlib inline")
