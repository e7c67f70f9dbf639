"""What the audit hook costs the code of others: nothing that Python would have to make and drop."""

import sys

from nbtrack.capture import files


def test_the_hook_is_a_function_so_that_python_finds_out_quickly_that_it_is_not_traced(monkeypatch):
    hooks = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    files.FilesRead().start()
    assert [type(hook) for hook in hooks] == [type(lambda: None)]
