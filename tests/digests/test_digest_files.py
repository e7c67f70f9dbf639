"""Digests of files and folders."""

import os
import time

import pytest
from blake3 import blake3

from nbtrack.digests import files
from nbtrack.digests.files import digest_file
from nbtrack.errors import DigestError


@pytest.fixture(autouse=True)
def _fresh():
    files.forget()
    yield
    files.forget()


def old(path, seconds=60):
    """Let the file be last changed some time ago, as far as a program can."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def test_a_file_has_the_digest_of_its_bytes_and_its_size(tmp_path):
    data = os.urandom(3_000_001)
    path = tmp_path / "data.bin"
    path.write_bytes(data)
    found = digest_file(path)
    assert found.digest == f"b3:{blake3(data).hexdigest()}"
    assert found.size_bytes == len(data)
    assert found.path == str(path)


def test_a_changed_byte_in_the_middle_of_a_large_file_is_seen(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(8_000_000))
    before = digest_file(path)
    stamp = path.stat()
    with path.open("r+b") as file:
        file.seek(4_000_000)
        file.write(b"\1")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert digest_file(path).digest != before.digest


def test_a_settled_file_is_read_once(tmp_path):
    path = old(tmp_path / "a.csv") if (tmp_path / "a.csv").write_text("x,y\n1,2\n") else None
    time.sleep(0.15)
    first = digest_file(path)
    assert len(files._known) == 1
    assert digest_file(path) == first
    other = tmp_path / "b.csv"
    path.rename(other)
    assert digest_file(other).digest == first.digest


def test_a_file_written_a_moment_ago_is_not_remembered(tmp_path):
    path = tmp_path / "a.csv"
    for text in ("1", "2", "3"):
        path.write_text(text)
        assert digest_file(path).digest == f"b3:{blake3(text.encode()).hexdigest()}"


def test_swapped_files_change_the_folder(tmp_path):
    (tmp_path / "train.csv").write_text("1")
    (tmp_path / "test.csv").write_text("2")
    before = digest_file(tmp_path)
    (tmp_path / "train.csv").rename(tmp_path / "other")
    (tmp_path / "test.csv").rename(tmp_path / "train.csv")
    (tmp_path / "other").rename(tmp_path / "test.csv")
    assert digest_file(tmp_path).digest != before.digest
    assert before.size_bytes == 2


def test_a_folder_is_told_by_names_and_contents_at_any_depth(tmp_path):
    def made(name, entries):
        for path, text in entries.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return digest_file(tmp_path / name).digest

    same = made("one", {"a/b": "1", "a/c": "2"})
    assert made("two", {"a/c": "2", "a/b": "1"}) == same
    assert made("three", {"a/b": "1", "c": "2"}) != same
    assert made("four", {"a/b": "12", "a/c": ""}) != same
    (tmp_path / "one" / "empty").mkdir()
    assert digest_file(tmp_path / "one").digest != same


def test_links_in_a_folder_do_not_lead_round_in_circles(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "file").symlink_to(tmp_path / "a")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    before = digest_file(tmp_path)
    (tmp_path / "a").write_text("2")
    assert digest_file(tmp_path).digest != before.digest


def test_what_is_not_there_or_no_file_is_refused_in_words(tmp_path):
    with pytest.raises(DigestError, match=r"nowhere.*No such file"):
        digest_file(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DigestError, match="neither a file nor a folder"):
        digest_file(tmp_path / "pipe")
