"""Bundles that are not what they say: each is refused, by the file's name, before anything is written or loaded."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtrack.errors import BundleRefused
from nbtrack.handoff.archive import extract
from nbtrack.handoff.importing import import_bundle
from nbtrack.handoff.shipped.verify import name_problem
from nbtrack.handoff.verification import verify
from nbtrack.store import Store


def files_of(folder):
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("manifest.")
    )


def wrong(found):
    return {one.subject for one in found.checks if not one.ok}


def zipped(bundle, target, *, change=None):
    """A zip of the bundle; ``change(archive)`` adds to it what it likes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(bundle.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(bundle).as_posix())
        if change is not None:
            change(archive)
    return target


def refused(file, place):
    """What the refusal of a zip names; nothing was written beside the place to extract to."""
    place.mkdir()
    before = sorted(place.parent.rglob("*"))
    with pytest.raises(BundleRefused) as raised:
        extract(file, place)
    assert [path for path in sorted(place.parent.rglob("*")) if path not in before] == []
    return raised.value.subject


def test_an_untouched_bundle_verifies_as_folder_and_as_zip(bundle, tmp_path):
    assert verify(bundle).ok
    assert verify(zipped(bundle, tmp_path / "b.zip")).ok


def test_every_file_that_is_flipped_dropped_renamed_or_added_is_caught_by_name(bundle, tmp_path, tally):
    for file in files_of(bundle):
        tally["files"] += 1
        name, data = file.relative_to(bundle).as_posix(), file.read_bytes()
        file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        assert wrong(verify(bundle)) == {name}
        file.write_bytes(data + b"\n")
        assert wrong(verify(bundle)) == {name}
        file.rename(file.with_name("renamed"))
        renamed = file.with_name("renamed").relative_to(bundle).as_posix()
        assert wrong(verify(bundle)) == {name, renamed}
        file.with_name("renamed").unlink()
        assert wrong(verify(bundle)) == {name}
        file.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").write_bytes(data)
        assert wrong(verify(bundle)) == {name}
        file.unlink()
        file.write_bytes(data)
    assert verify(bundle).ok


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_one_byte_that_differs_is_caught_by_the_name_of_its_file(bundle, data):
    file = data.draw(st.sampled_from(files_of(bundle)))
    text = file.read_bytes()
    place = data.draw(st.integers(0, len(text) - 1))
    file.write_bytes(text[:place] + bytes([text[place] ^ data.draw(st.integers(1, 255))]) + text[place + 1 :])
    try:
        assert wrong(verify(bundle)) == {file.relative_to(bundle).as_posix()}
    finally:
        file.write_bytes(text)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py", "/etc/evil", "code/../../evil", "code\\..\\evil", "C:evil", "code//evil", "./evil", "evil.", "evil ",
        "aux", "code/con.txt", "e\u0301vil", "ev\u202eil", "ev\x00il", "x" * 300, "",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused_in_zip_and_manifest(bundle, tmp_path, name):
    assert name_problem(name)
    if name and "\x00" not in name:
        file = zipped(bundle, tmp_path / "b.zip", change=lambda archive: archive.writestr(name, "evil"))
        assert refused(file, tmp_path / "place") in {name, name.replace("\\", "/")}
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"][name] = {"size": 4, "sha256": "0" * 64}
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert wrong(verify(bundle)) == {"manifest.json"}


def test_names_twice_and_twins_by_case_are_refused(bundle, tmp_path):
    twin = zipped(bundle, tmp_path / "b.zip", change=lambda archive: archive.writestr("Card.md", "evil"))
    assert refused(twin, tmp_path / "place") == "Card.md"
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zipped(bundle, tmp_path / "c.zip", change=lambda archive: archive.writestr("card.md", "evil"))
    assert refused(twice, tmp_path / "other") == "card.md"
    text = (bundle / "manifest.json").read_text("utf-8")
    (bundle / "manifest.json").write_text(
        text.replace('"card.md":', '"card.md": {}, "card.md":', 1), encoding="utf-8"
    )
    assert "twice" in verify(bundle).checks[0].message


def test_a_bundle_that_was_packed_again_with_its_folders_is_the_same_bundle(bundle, tmp_path):
    packed = shutil.make_archive(str(tmp_path / "again"), "zip", bundle)
    with zipfile.ZipFile(packed) as archive:
        assert "model/" in archive.namelist()
    assert verify(Path(packed)).ok
    outside = zipped(bundle, tmp_path / "b.zip", change=lambda archive: archive.writestr("../evil/", ""))
    assert refused(outside, tmp_path / "place") == "../evil/"
    held = zipped(bundle, tmp_path / "c.zip", change=lambda archive: archive.writestr("code/", "evil"))
    assert refused(held, tmp_path / "other") == "code/"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR])
def test_links_and_special_files_in_a_zip_are_refused(bundle, tmp_path, kind):
    info = zipfile.ZipInfo("code/link")
    info.external_attr = (kind | 0o777) << 16
    file = zipped(bundle, tmp_path / "b.zip", change=lambda archive: archive.writestr(info, "/etc/passwd"))
    assert refused(file, tmp_path / "place") == "code/link"


def test_bombs_are_refused(bundle, tmp_path):
    def bomb(archive):
        archive.writestr("code/zeros", bytes(64 << 20))

    assert refused(zipped(bundle, tmp_path / "b.zip", change=bomb), tmp_path / "place") == "code/zeros"


def test_a_member_that_lies_about_its_size_is_refused(bundle, tmp_path):
    file = zipped(bundle, tmp_path / "b.zip")
    text = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        info = archive.getinfo("card.md")
    lie, truth = (size.to_bytes(4, "little") for size in (info.file_size - 1, info.file_size))
    at = text.rindex(b"card.md") - 46 + 24
    assert text[at : at + 4] == truth
    file.write_bytes(text[:at] + lie + text[at + 4 :])
    assert refused(file, tmp_path / "place") == "card.md"


def test_members_that_share_their_bytes_are_refused(bundle, tmp_path):
    file = zipped(bundle, tmp_path / "b.zip")
    with zipfile.ZipFile(file, "a") as archive:
        card = archive.getinfo("card.md")
        archive.filelist[0].header_offset, archive._didModify = card.header_offset, True
    assert refused(file, tmp_path / "place")


def test_no_zip_and_no_bundle_are_refused(tmp_path):
    (tmp_path / "text.zip").write_text("no zip")
    assert not verify(tmp_path / "text.zip").ok
    (tmp_path / "empty").mkdir()
    assert wrong(verify(tmp_path / "empty")) == {"manifest.json"}


def test_a_planted_compiled_file_is_refused(bundle):
    (bundle / "code" / "__pycache__").mkdir()
    (bundle / "code" / "__pycache__" / "bundle_model.cpython-311.pyc").write_bytes(b"evil")
    assert wrong(verify(bundle)) == {"code/__pycache__/bundle_model.cpython-311.pyc"}


def resealed(bundle):
    """The manifest of whatever is in the folder now, as a hostile maker would write it."""
    import hashlib

    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = {
        file.relative_to(bundle).as_posix(): {
            "size": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files_of(bundle)
    }
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


HOOKED = """
import sys
from pathlib import Path
seen = []
sys.addaudithook(lambda event, arguments: seen.append((event, *map(str, arguments)))
                 if event in {"pickle.find_class", "exec.evil"} else None)
import nbtrack.handoff.preview
from nbtrack.errors import NbtrackError
from nbtrack.handoff.importing import import_bundle
from nbtrack.handoff.verification import verify
from nbtrack.differences import compare_runs
from nbtrack.store import Store
bundle, folder = Path(sys.argv[1]), Path(sys.argv[2])
print(verify(bundle).ok)
with Store.open(folder, create=True) as store:
    run = import_bundle(store, bundle)
    nbtrack.handoff.preview.preview(store, run)
    print(store.get_run(run.id).label)
print(seen)
"""


@pytest.mark.parametrize("label", ["LogisticRegressionPipeline-2", "Net-1"])
def test_verify_import_and_preview_never_unpickle(bundles, tmp_path, tally, label):
    """An audit hook sees every class that any unpickling in the process looks up: there is none."""
    tally["bundles"] += 1
    source = HOOKED.replace("from nbtrack.differences import compare_runs\n", "")
    done = subprocess.run(
        [sys.executable, "-c", source, bundles(label).path, str(tmp_path / ".nbtrack")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["True", label.rpartition("-")[0] + "-1", "[]"], done.stderr


def test_a_pickle_is_loaded_only_with_the_digest_of_its_bundle(bundles):
    path = Path(bundles("LogisticRegressionPipeline-2").path)
    found = verify(path, predict=True)
    assert wrong(found) == {"model"}
    assert found.digest in found.checks[-1].message
    assert wrong(verify(path, predict=True, trust="sha256:" + "0" * 64)) == {"manifest.json"}
    assert verify(path, predict=True, trust=found.digest).ok


def test_a_pickle_that_calls_itself_safe_is_not_loaded(bundles, tmp_path):
    copy = tmp_path / "bundle"
    shutil.copytree(bundles("LogisticRegressionPipeline-2").path, copy)
    (copy / "model" / "model.pkl").write_bytes(
        b"cos\nsystem\n(S'touch " + str(tmp_path / "pwned").encode() + b"'\ntR."
    )
    about = json.loads((copy / "model" / "model.json").read_text("utf-8"))
    about["safe"] = True
    (copy / "model" / "model.json").write_text(json.dumps(about), encoding="utf-8")
    manifest = json.loads((copy / "manifest.json").read_text("utf-8"))
    manifest["model"]["safe"] = True
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    resealed(copy)
    assert not verify(copy, predict=True).ok
    assert not (tmp_path / "pwned").exists()


def test_a_skops_file_that_names_other_types_is_not_loaded(bundle, tmp_path):
    import io

    file = bundle / "model" / "model.skops"
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    tree = (
        members["schema.json"]
        .replace(b"sklearn.preprocessing._data", b"subprocess")
        .replace(b"StandardScaler", b"Popen")
    )
    members["schema.json"] = tree
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    file.write_bytes(out.getvalue())
    about = json.loads((bundle / "model" / "model.json").read_text("utf-8"))
    about["trusted"].append("subprocess.Popen")
    (bundle / "model" / "model.json").write_text(json.dumps(about), encoding="utf-8")
    resealed(bundle)
    found = verify(bundle, predict=True)
    assert "subprocess.Popen" in found.checks[-1].message


def test_an_altered_bundle_is_not_imported(bundle, tmp_path):
    (bundle / "record.json").write_text("{}")
    with Store.open(tmp_path / ".nbtrack", create=True) as store:
        with pytest.raises(BundleRefused, match=r"record\.json") as raised:
            import_bundle(store, bundle)
        assert raised.value.subject == "record.json"
        resealed(bundle)
        with pytest.raises(BundleRefused, match=r"record\.json"):
            import_bundle(store, bundle)
        assert store.find_runs() == []


def key_pair(folder, name):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


def test_a_signature_holds_for_its_key_and_its_files_only(bundle, tmp_path):
    pytest.importorskip("model_signing")
    from nbtrack.handoff.signing import sign

    private, public = key_pair(tmp_path, "mine")
    _, other = key_pair(tmp_path, "other")
    assert wrong(verify(bundle, key=public)) == {"manifest.sig"}
    sign(bundle, private)
    assert verify(bundle).ok
    assert verify(bundle, key=public).ok
    assert verify(zipped(bundle, tmp_path / "b.zip"), key=public).ok
    assert wrong(verify(bundle, key=other)) == {"manifest.sig"}
    (bundle / "card.md").write_text("better")
    resealed(bundle)
    assert wrong(verify(bundle, key=public)) == {"manifest.sig"}


@pytest.mark.skipif(os.name != "posix", reason="sockets in folders are of Unix")
def test_a_special_file_in_the_folder_is_refused(bundle):
    (bundle / "train.py").unlink()
    os.mkfifo(bundle / "train.py")
    assert wrong(verify(bundle)) == {"train.py"}
