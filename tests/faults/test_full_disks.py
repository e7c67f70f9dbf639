"""Disks that are full: a clear error, the store as before, and the next capture works once there is room."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from account import understood

MOUNT = 'mount -t tmpfs -o size=$1,mode=700 tmpfs "$2" || exit 77; shift 2; exec "$@"'


@pytest.mark.parametrize(
    ("what", "size"),
    [("capturing", "6m"), ("logging", "2m"), ("opening", "2m"), ("migrating", "4m"), ("exporting", "4m")],
)
def test_on_a_full_disk_what_has_no_room_is_refused_and_works_once_it_has(
    tmp_path, tally, what, size, project
):
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare, by which a small file system is mounted for one process")
    script = Path(__file__).with_name("full.py")
    words = [sys.executable, script, tmp_path / ".nbtrack", what, project]
    done = subprocess.run(
        [*own, "sh", "-c", MOUNT, "sh", size, tmp_path, *words], capture_output=True, check=False, cwd=project
    )
    if done.returncode == 77 or b"unshare:" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    (last,) = [each for each in understood(done.stdout) if each["did"] == "filled"] or [done.stderr.decode()]
    assert last == {"did": "filled", "problems": []}
    tally["full"] += 1
