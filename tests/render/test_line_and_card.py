import dataclasses
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.records import CellError, Content, Dataset, Metric, Param, State, Trials
from nbtrack.render.card import run_card
from nbtrack.render.line import run_line


def failed(run, name="ValueError"):
    error = CellError(name=name, message="no", traceback="…")
    return dataclasses.replace(
        run, state=State.FAILED, execution=dataclasses.replace(run.execution, error=error)
    )


def test_the_line_tells_label_score_data_model_and_cost(make_run):
    assert run_line(make_run()) == (
        "▸ RandomForestClassifier-3 · accuracy 0.973 · X_train b3:9f3a… (455×30) · model 1.2 MB · 6 ms"
    )


def test_the_line_of_a_failed_run_names_the_exception(make_run):
    line = run_line(failed(make_run(metrics=(), model=None)))
    assert line == "▸ RandomForestClassifier-3 · FAILED ValueError · X_train b3:9f3a… (455×30) · 6 ms"


def test_the_line_says_canceled_unstored_noted_and_counted(make_run):
    run = make_run(
        state=State.CANCELED,
        name="first",
        fits=5,
        datasets=(),
        metrics=(),
        model=dataclasses.replace(make_run().model, stored=False),
        capture_notes=("The model cannot be pickled: it holds a lock.",),
        trials=Trials(columns=("C",), rows=((1,), (2,))),
    )
    assert run_line(run) == (
        "▸ RandomForestClassifier-3 · first · CANCELED · 5 fits · 2 trials · model not stored · 1 note · 6 ms"
    )


def test_a_run_the_store_has_not_named_yet_shows_its_stem(make_run):
    assert run_line(make_run(label="")).startswith("▸ RandomForestClassifier · ")


def test_a_score_on_the_training_data_says_so_and_comes_last(make_run):
    run = make_run(
        metrics=(
            Metric(name="accuracy", value=1.0, origin="call", dataset="X_train"),
            Metric(name="accuracy", value=0.97, origin="call", dataset="X_test"),
            Metric(name="r2", value=0.5, origin="call", dataset="X_train"),
        )
    )
    assert " · accuracy 0.97 · r2 0.5 on X_train · " in run_line(run)


def test_what_was_logged_on_purpose_comes_before_what_was_sampled(make_run):
    run = make_run(
        metrics=(
            Metric(name="loss", value=0.1, origin="loop"),
            Metric(name="auc", value=0.9, origin="call"),
            Metric(name="profit", value=12.0, origin="explicit"),
        )
    )
    assert " · profit 12.0 · auc 0.9 · " in run_line(run)


def test_the_scores_of_the_runs_own_cell_come_before_those_of_later_ones(make_run):
    run = make_run(
        metrics=(
            Metric(name="auc", value=0.9, origin="call", execution_id="later"),
            Metric(name="accuracy", value=0.97, origin="call", execution_id=make_run().execution.id),
        )
    )
    assert " · accuracy 0.97 · auc 0.9 · " in run_line(run)


def test_data_without_a_canonical_form_shows_no_digest(make_run):
    content = Content(digest="b3:1234", kind="object", by_pickle=True)
    run = make_run(datasets=(Dataset(name="corpus", role="train", content=content),))
    assert " · corpus by pickle · " in run_line(run)


class _Markup(HTMLParser):
    """Collects the text and tags of HTML, and fails on what is not balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.tags, self.text = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "class"}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    markup = _Markup()
    markup.feed(html)
    markup.close()
    assert markup.open == []
    return markup, "".join(markup.text)


def test_the_card_shows_what_the_line_shows_and_the_params(make_run):
    markup, text = read(run_card([make_run()]))
    for piece in (
        "RandomForestClassifier-3",
        "accuracy 0.973",
        "n_estimators = 200",
        "lr = 0.001",
        "model 1.2 MB",
    ):
        assert piece in text
    assert "max_depth" not in text
    assert markup.tags <= {"div", "b", "i"}


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELED, State.RUNNING])
def test_a_card_shows_a_state_other_than_complete(make_run, state):
    run = failed(make_run()) if state is State.FAILED else make_run(state=state)
    assert state.value in read(run_card([run]))[1]
    assert state.value in read(run_card([run] * 20))[1]


def test_fifty_runs_become_a_list_with_the_rest_counted(make_run):
    runs = [
        make_run(label=f"SVC-{i}", params=(Param(name="C", value=i / 10, origin="loop"),)) for i in range(50)
    ]
    _, text = read(run_card(runs))
    assert text.count("SVC-") == 13
    assert "SVC-3 · accuracy 0.973 · C = 0.3" in text
    assert text.endswith("+37 more")


def test_no_runs_make_no_card():
    assert run_card([]) == ""


HOSTILE = st.text(st.sampled_from("<>&\"'\x1b\u202e\ud800漢/=abc "), max_size=300)


# make_run only builds records, so it may be shared between examples.
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=HOSTILE, notes=st.lists(HOSTILE, max_size=5), count=st.sampled_from([1, 3, 4, 30]))
def test_a_card_is_escaped_and_bounded_whatever_the_user_named_things(make_run, text, notes, count):
    run = make_run(
        label=text,
        name=text,
        capture_notes=tuple(notes),
        params=tuple(Param(name=f"{text}{i}", value=text, origin="constructor") for i in range(40)),
        metrics=tuple(Metric(name=f"{text}{i}", value=i / 7, origin="call") for i in range(40)),
        datasets=(Dataset(name=text, role="train", content=Content(digest="b3:9f3a77", kind=text)),),
    )
    html = run_card([failed(run, name=text)] * count)
    markup, _ = read(html)
    assert markup.tags <= {"div", "b", "i"}
    assert len(html.encode()) < 4000 * count
    assert not {"\x1b", "\u202e", "\ud800"} & set(run_line(run))
