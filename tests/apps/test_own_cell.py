"""A cell that is not built in, in every verb of every app: no further code, and none that the user did not name."""

import sys

import pytest

from tests.apps.helpers import APPS, OWN_CELL, call, fails, make_project, near, records

TEXT = "the film is so good"


@pytest.mark.parametrize(
    "own", ["sentiment", pytest.param("tagging", marks=pytest.mark.slow)], indirect=True, scope="session"
)
def test_every_verb(own, tmp_path, capsys):
    assert f"this model ({OWN_CELL})" in call(
        own.app, "evaluate", "--model", own.run, f"model.cell={OWN_CELL}", capsys=capsys
    )
    from_run = ("predict", "--model", own.run, "--set", f"model.cell={OWN_CELL}", "--format", "jsonl", TEXT)
    of_run = records(call(own.app, *from_run, capsys=capsys))
    of_export = records(call(own.app, "predict", "--model", own.saved_model, "--format", "jsonl", TEXT, capsys=capsys))
    assert of_export == near(of_run)
    path = tmp_path / "more.yaml"
    path.write_text(
        f"extends: {own.config}\nmodel: {{cell: '{OWN_CELL}'}}\nfinetune: {{from: {own.saved_model}}}\n"
        "train: {epochs: 1, name: more}\n"
    )
    assert "recurrent_1" in call(own.app, "finetune", path, f"train.directory={tmp_path}", capsys=capsys)


@pytest.mark.parametrize(
    ("name", "cell", "options"),
    [
        pytest.param("sentiment", "gru", ["model.cell_options.reset_after=false"], marks=pytest.mark.slow),
        ("tagging", "keras.layers:LSTMCell", []),
    ],
)
def test_a_cell_of_the_general_engine(name, cell, options, tmp_path, capsys):
    app, path, cell = APPS[name], make_project(tmp_path, name), f"model.cell={cell}"
    call(app, "train", path, cell, *options, "train.steps=2")
    run = tmp_path / "runs" / name / "tiny"
    call(app, "export", "--model", run, cell, capsys=capsys)
    of_run = call(app, "predict", "--model", run, "--set", cell, "--format", "jsonl", TEXT, capsys=capsys)
    saved_model = tmp_path / "saved_models" / name / "1"
    of_export = call(app, "predict", "--model", saved_model, "--format", "jsonl", TEXT, capsys=capsys)
    assert records(of_export) == near(records(of_run))


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["predict", TEXT, "--model"], f"add: --set model.cell={OWN_CELL}"),
        (["evaluate", "--model"], f"add: model.cell={OWN_CELL}"),
        (["export", "--model"], f"add: model.cell={OWN_CELL}"),
        (["predict", TEXT, "--set", "evaluate.batch_size=2", "--model"], f"add: --set model.cell={OWN_CELL}"),
    ],
)
def test_code_that_the_user_did_not_name_is_not_imported(own, arguments, advice, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "tests.apps.my_cell")
    assert advice in fails(own.app, *arguments, own.run, capsys=capsys)
    if arguments != ["predict", TEXT, "--model"]:  # which reads an export's own graph
        assert advice in fails(own.app, *arguments, own.saved_model, capsys=capsys)
    assert "tests.apps.my_cell" not in sys.modules


def test_an_export_needs_no_code(own, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "tests.apps.my_cell")
    assert call(own.app, "predict", "--model", own.saved_model, TEXT, capsys=capsys)
    assert "tests.apps.my_cell" not in sys.modules


def test_the_name_has_to_be_that_of_the_model(own, capsys):
    message = fails(own.app, "evaluate", "--model", own.run, "model.cell=lstm", capsys=capsys)
    assert "model.cell: got 'lstm' (text), but the model was trained with" in message


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("no_such_package.cells:Cell", "model.cell: cannot import no_such_package.cells: ModuleNotFoundError"),
        ("tests.apps.my_cell:Nothing", "has no Nothing"),
        ("tests.apps.my_cell:BrokenCell", "BrokenCell.step must return a tuple"),
        ("MyCell", "package.module:ClassName"),
    ],
)
@pytest.mark.parametrize("name", APPS)
def test_a_cell_that_cannot_be_used_leaves_no_run_behind(name, cell, message, tmp_path, capsys):
    path = make_project(tmp_path, name)
    assert message in fails(APPS[name], "train", path, f"model.cell={cell}", capsys=capsys)
    assert not list(tmp_path.glob(f"runs/{name}/*"))
