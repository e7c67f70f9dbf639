"""Laws: a slice run alone gives the same values; names do not matter; unrelated cells do not matter."""

import ast
import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrack.lineage import Lineage, read
from nbtrack.lineage.names import changed_names

LISTS = ["a", "b", "c"]
VALUES = [*LISTS, "both", "pairs"]
START = [
    "import copy",
    "a = [1]",
    "b = [2]",
    "c = [3]",
    "both = {'a': a, 'b': b}",
    "def grow(p, q):\n    p.append(len(q))\n    return p",
    "class Box:\n    def __init__(self, x): self.x = x\n    def put(self, n): self.x.append(n)\n    def get(self): return self.x",
    "box = Box(c)",
    "pairs = [('n', a), ('m', c)]",
    "def pusher(p):\n    def push(n): p.append(n)\n    return push",
    "push = pusher(b)",
    "def each_of(*xs):\n    for x in xs: yield x",
]

name = st.sampled_from(LISTS)
number = st.integers(0, 9)
statement = st.one_of(
    st.builds("{} = [{}]".format, name, number),
    st.builds("{} = {}".format, name, name),
    st.builds("{} = list({})".format, name, name),
    st.builds("{} = copy.copy({})".format, name, name),
    st.builds("{} = ({} + {})[:9]".format, name, name, name),
    st.builds("{}, {} = {}, {}".format, name, name, name, name),
    st.builds("{}.append({})".format, name, number),
    st.builds("{}.append(len({}))".format, name, name),
    st.builds("{}.extend({}[:2])".format, name, name),
    st.builds("{}[0] = {}".format, name, number),
    st.builds("{}[0] += {}".format, name, number),
    st.builds("{} += [{}]".format, name, number),
    st.builds("{} = {}[1:] or [0]".format, name, name),
    st.builds("{}.sort()".format, name),
    st.builds("len({})".format, name),
    st.builds("both['a'] = {}".format, name),
    st.builds("both['b'].append({})".format, number),
    st.builds("{} = both['a']".format, name),
    st.builds("{} = grow({}, {})".format, name, name, name),
    st.builds("for each in [{}, {}]:\n    each.append({})".format, name, name, number),
    st.builds("for key, each in both.items():\n    each.append({})".format, number),
    st.builds("[each.append({}) for each in both.values()]".format, number),
    st.builds("if len({}) % 2:\n    {} = {}".format, name, name, name),
    st.builds("if len({}) % 2:\n    {}.append(1)\nelse:\n    {} = [5]".format, name, name, name),
    st.builds("def grow(p, q):\n    p.append({}[0])\n    return q".format, name),
    st.builds("def grow(p, q):\n    global {0}\n    {0} = p + q[:1]\n    return p".format, name),
    st.builds("take = lambda x=[{}]: x + {}\n{} = take()".format, number, name, name),
    st.builds("with_default = grow\n{} = with_default({}, [{}])".format, name, name, number),
    st.builds("box = Box({})".format, name),
    st.builds("box.put({})".format, number),
    st.builds("{} = box.get()".format, name),
    st.builds("box.x = {}".format, name),
    st.builds("{} = box.x".format, name),
    st.builds("box.x.append({})".format, number),
    st.builds("getattr(box, 'x').append({})".format, number),
    st.builds("setattr(box, 'x', {})".format, name),
    st.builds("globals()['{}'] = {}".format, name, name),
    st.builds("pairs.append(('k', {}))".format, name),
    st.builds("pairs = [(word, each) for word, each in pairs]".format),
    st.builds("pairs = list(zip('xy', [{}, {}]))".format, name, name),
    st.builds("for word, each in pairs:\n    each.append({})".format, number),
    st.builds("for i, each in enumerate([{}, {}]):\n    each.append(i)".format, name, name),
    st.builds("for word, each in pairs[1:]:\n    each.append({})".format, number),
    st.builds("{} = pairs[-1][1]".format, name),
    st.builds("{} = dict(pairs).get('n', {})".format, name, name),
    st.builds("push = pusher({})".format, name),
    st.builds("push({})".format, number),
    st.builds("max([{}, {}], key=len).append({})".format, name, name, number),
    st.builds("({} if len({}) > 2 else {}).append({})".format, name, name, name, number),
    st.builds("both.update(a={})".format, name),
    st.builds("both = {{**both}}".format),
    st.builds("both = {{key: each for key, each in both.items()}}".format),
    st.builds("both = dict(both)".format),
    st.builds("both = {{'a': {}, 'b': both['a']}}".format, name),
    st.builds("both.get('a').append({})".format, number),
    st.builds("list(map(lambda x: x.append({}), [{}, {}]))".format, number, name, name),
    st.builds("list(filter(lambda x: x.append({}), [{}, {}]))".format, number, name, name),
    st.builds("for each in each_of({}, {}):\n    each.append({})".format, name, name, number),
    st.builds("try:\n    {}.append([][0])\nexcept IndexError:\n    {} = {}".format, name, name, name),
    st.builds("while len({0}) < 3: {0}.append({1})".format, name, number),
    st.builds("first, *others = [{}, {}, {}]\nothers[0].append({})".format, name, name, name, number),
    st.builds("with_all = [[{}], {}]\nwith_all[0][0].append({})".format, name, name, number),
    st.builds("(lambda x: x.append({}))({})".format, number, name),
    st.builds("{} = [*{}, *{}][:4]".format, name, name, name),
    st.builds("spare = {1}\ndel {0}\n{0} = spare".format, name, name),
    st.builds("{} = grow(*[{}, {}])".format, name, name, name),
    st.builds("grow(q={}, p={})".format, name, name),
)
notebooks = st.lists(st.lists(statement, min_size=1, max_size=2).map("\n".join), min_size=1, max_size=10)


def graph_of(cells):
    graph = Lineage()
    for number, cell in enumerate(cells):
        graph.add(str(number), read(cell))
    return graph


def values_after(cells):
    namespace = {}
    for cell in cells:
        exec(cell, namespace)
    return {each: copy.deepcopy(namespace.get(each)) for each in VALUES}


@settings(max_examples=200, deadline=None)
@given(notebooks)
def test_a_slice_run_alone_gives_the_same_value(body):
    cells = START + body
    graph = graph_of(cells)
    wanted = values_after(cells)
    for each in VALUES:
        needed = graph.slice(str(len(cells) - 1), [each])
        assert values_after([cells[int(number)] for number in needed])[each] == wanted[each], needed


class _Renaming(ast.NodeTransformer):
    def __init__(self, names):
        self.names = names

    def visit_Name(self, node):
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_keyword(self, node):
        if node.arg in {"p", "q"}:  # the parameters of `grow`; other keywords belong to Python
            node.arg = self.names[node.arg]
        return self.generic_visit(node)

    def visit_Subscript(self, node):
        if isinstance(node.value, ast.Call) and ast.unparse(node.value) == "globals()":
            node.slice.value = self.names.get(node.slice.value, node.slice.value)
        return self.generic_visit(node)

    def visit_Global(self, node):
        node.names = [self.names.get(each, each) for each in node.names]
        return node

    def visit_FunctionDef(self, node):
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)


def renamed(cell, names):
    return ast.unparse(_Renaming(names).visit(ast.parse(cell)))


def slices(graph, numbers):
    return [graph.slice(str(number)) for number in numbers]


@settings(max_examples=60, deadline=None)
@given(notebooks, st.permutations(["u", "model", "df", "X_train", "train", "p", "q", "each2", "_under"]))
def test_other_names_give_the_same_slices(body, names):
    cells = START + body
    mapping = dict(
        zip(["a", "b", "c", "both", "grow", "each", "take", "key", "with_default"], names, strict=True)
    )
    mapping |= {"p": "left", "q": "right"}
    graph, other = graph_of(cells), graph_of([renamed(cell, mapping) for cell in cells])
    assert slices(graph, range(len(cells))) == slices(other, range(len(cells)))


UNRELATED = st.sampled_from(
    [
        "import math",
        "z = 1\nz += 1",
        "zs = []\nzs.append(math)",
        "def unrelated(a, b):\n    both = a\n    both.append(b)\n    return both",
        "class Unrelated:\n    a = 1\n    def grow(self, a): self.b = a",
        "[a for a in range(3)]",
        "print(a, b, c, both)",
        "len(a) + sum(both['a'])",
        "a[0], b[:1], both.keys()",
    ],
)


@settings(max_examples=60, deadline=None)
@given(notebooks, st.data())
def test_cells_that_have_nothing_to_do_with_it_change_no_slice(body, data):
    cells = START + body
    graph = graph_of(cells)
    places = data.draw(st.lists(st.tuples(st.integers(len(START), len(cells)), UNRELATED), max_size=4))
    longer, numbers = [], []
    for number, cell in enumerate([*cells, None]):
        longer += [unrelated for place, unrelated in places if place == number]
        if cell is not None:
            numbers.append(len(longer))
            longer.append(cell)
    back = {str(there): str(here) for here, there in enumerate(numbers)}
    found = slices(graph_of(longer), numbers)
    assert [tuple(back[each] for each in one) for one in found] == slices(graph, range(len(cells)))


@settings(max_examples=60, deadline=None)
@given(notebooks)
def test_slices_are_closed_and_look_back_only(body):
    cells = START + body
    graph = graph_of(cells)
    for number in range(len(cells)):
        found = graph.slice(str(number))
        assert list(found) == sorted(found, key=int)
        assert all(int(each) < number for each in found)
        assert set(graph.dependencies(str(number))) <= set(found)
        assert all(set(graph.slice(each)) <= set(found) for each in found)


@settings(max_examples=100, deadline=None)
@given(notebooks)
def test_the_names_of_a_changed_object_are_those_that_going_through_all_names_finds(body):
    graph = Lineage()
    for number, cell in enumerate(START + body):
        tracers = []
        graph._apply_evidence = lambda tracer, *_, kept=tracers: kept.append(tracer)
        effects = graph.add(str(number), read(cell))
        (tracer,) = tracers
        everywhere = {each: binding.things for each, binding in graph._world.names.items()}
        found = changed_names(tracer.external, tracer) | changed_names(everywhere, tracer)
        assert effects.mutates == found - tracer.writes.keys()
