from __future__ import annotations

import importlib
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import dateutil
import pytest
import sklearn
import yaml

from nbtrack.observe.environment import Environments
from nbtrack.observe.git import Repository
from nbtrack.observe.packages import Packages

USED = (dateutil, sklearn, yaml)


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *settings, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_imported_distributions_are_those_that_importlib_finds_by_reading_everything():
    owners = importlib.metadata.packages_distributions()
    roots = {
        name for name in sys.modules if "." not in name and not name.startswith("_")
    } - sys.stdlib_module_names
    expected = {
        canonical(owner): importlib.metadata.version(owner)
        for root in roots
        # A namespace belongs to all its distributions, of which not all need be imported.
        if getattr(sys.modules[root], "__file__", None)
        for owner in owners.get(root, ())
    }
    found = Packages().current()
    assert {name: version for name, version in expected.items() if found.get(name) != version} == {}
    assert found["scikit-learn"] == sklearn.__version__
    assert found["pyyaml"] == yaml.__version__


def test_what_is_installed_but_not_imported_is_left_out():
    assert "pip" not in Packages().current() or "pip" in sys.modules


def install(site: Path, name: str, version: str, module: str, text: str = "") -> None:
    for old in site.glob(f"{name}-*.dist-info"):
        (old / "RECORD").unlink()
        old.rmdir()
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (site / f"{module}.py").write_text(text)
    (info / "RECORD").write_text(f"{module}.py,,\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("nbt_one", "nbt_two"):
        sys.modules.pop(name, None)


def test_an_installation_in_the_session_is_seen_once_imported(site):
    packages = Packages()
    assert "nbt-one" not in packages.current()
    install(site, "nbt_one", "1.0", "nbt_one")
    importlib.invalidate_caches()
    assert "nbt-one" not in packages.current()
    importlib.import_module("nbt_one")
    assert packages.current()["nbt-one"] == "1.0"


def test_a_module_called_unlike_its_distribution_is_found_by_the_list_of_files(site):
    install(site, "nbt_other_name", "2.1", "nbt_two")
    importlib.invalidate_caches()
    importlib.import_module("nbt_two")
    assert Packages().current()["nbt-other-name"] == "2.1"


def test_a_loaded_module_keeps_its_version_until_it_is_loaded_again(site):
    install(site, "nbt_one", "1.0", "nbt_one")
    importlib.invalidate_caches()
    module = importlib.import_module("nbt_one")
    packages = Packages()
    assert packages.current()["nbt-one"] == "1.0"
    install(site, "nbt_one", "2.0", "nbt_one")
    assert packages.current()["nbt-one"] == "1.0"
    importlib.reload(module)
    assert packages.current()["nbt-one"] == "2.0"


def test_parts_of_a_shared_namespace_belong_to_their_own_distributions(site):
    for name in ("nbt_one", "nbt_two"):
        (site / "nbt_shared" / name).mkdir(parents=True)
        (site / "nbt_shared" / name / "__init__.py").write_text("")
        info = site / f"nbt_shared_{name}-3.0.dist-info"
        info.mkdir()
        (info / "RECORD").write_text(f"nbt_shared/{name}/__init__.py,,\n")
    importlib.invalidate_caches()
    importlib.import_module("nbt_shared.nbt_one")
    packages = Packages()
    assert "nbt-shared-nbt-one" in packages.current()
    assert "nbt-shared-nbt-two" not in packages.current()
    importlib.import_module("nbt_shared.nbt_two")
    assert packages.current()["nbt-shared-nbt-two"] == "3.0"
    for name in [name for name in sys.modules if name.startswith("nbt_shared")]:
        del sys.modules[name]


def test_the_commit_is_told_and_whether_files_differ_from_it(repository):
    asked = Repository(repository)
    assert asked.wait() == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": False}
    (repository / "a.py").write_text("x = 2\n")
    assert asked.wait()["dirty"] is True
    git(repository, "commit", "-qam", "two")
    assert asked.wait() == {"commit": git(repository, "rev-parse", "HEAD"), "dirty": False}


def test_files_that_are_not_under_version_control_do_not_make_it_dirty(repository):
    (repository / "notes.txt").write_text("")
    assert Repository(repository).wait()["dirty"] is False


def test_a_folder_inside_the_repository_and_a_second_work_tree_are_found(repository, tmp_path_factory):
    (repository / "deep" / "er").mkdir(parents=True)
    commit = git(repository, "rev-parse", "HEAD")
    assert Repository(repository / "deep" / "er").wait()["commit"] == commit
    other = tmp_path_factory.mktemp("trees") / "other"
    git(repository, "worktree", "add", "-q", str(other))
    assert Repository(other).wait()["commit"] == commit


def test_outside_a_repository_there_is_nothing_to_tell(tmp_path):
    assert Repository(tmp_path).current() is None


def test_a_repository_without_a_commit_has_none(tmp_path):
    git(tmp_path, "init", "-q")
    assert Repository(tmp_path).wait()["commit"] is None


def test_asking_git_leaves_the_index_alone(repository):
    index = repository / ".git" / "index"
    before = index.stat().st_mtime_ns, index.read_bytes()
    (repository / "a.py").touch()
    Repository(repository).wait()
    assert (index.stat().st_mtime_ns, index.read_bytes()) == before


def test_the_environment_is_the_same_record_while_nothing_changes(tmp_path):
    environments = Environments(tmp_path)
    assert environments.current() is environments.current()


def test_two_kernels_in_the_same_place_agree(tmp_path):
    assert Environments(tmp_path).current() == Environments(tmp_path).current()


def test_the_environment_tells_python_platform_packages_and_hardware(tmp_path):
    found = Environments(tmp_path).current()
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["scikit-learn"] == sklearn.__version__
    assert list(found.packages) == sorted(found.packages)
    assert found.hardware["cpus"] >= 1
    assert found.hardware["memory_bytes"] > 1 << 20
    assert found.git is None
    assert found.digest.startswith("b3:")


def test_another_commit_is_another_environment(repository, tmp_path_factory):
    environments = Environments(repository)
    environments._repository.wait()
    first = environments.current()
    (repository / "a.py").write_text("x = 3\n")
    git(repository, "commit", "-qam", "three")
    environments._repository.wait()
    second = environments.current()
    assert first.git != second.git
    assert first.digest != second.digest
