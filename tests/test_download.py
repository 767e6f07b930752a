"""Getting CIFAR-10, from a server on this machine: nothing here needs a network."""

import errno
import hashlib
import importlib.util
import io
import shutil
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("pooch", reason="pooch is not installed: pip install pooch")

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "cifar-10-batches-py"


def md5(content):
    return hashlib.md5(content).hexdigest()


def regular(name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def pack(members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def batches():
    """Stand in for the official batches."""
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"]
    return {name: name.encode() * 1000 for name in names}


@pytest.fixture
def archive(batches):
    """An archive laid out as the official one, the folder and the readme included."""
    folder = tarfile.TarInfo(FOLDER)
    folder.type = tarfile.DIRTYPE
    files = [regular(f"{FOLDER}/{name}", content) for name, content in batches.items()]
    return pack([(folder, b""), *files, regular(f"{FOLDER}/readme.html", b"hello")])


@pytest.fixture
def download(tmp_path, monkeypatch, batches, archive):
    """The downloader, which expects the stand-ins and has a datasets folder of its own."""
    spec = importlib.util.spec_from_file_location("download", ROOT / "datasets" / "download.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    datasets = tmp_path / "datasets"
    datasets.mkdir()
    monkeypatch.setattr(module, "DATASETS", datasets)
    monkeypatch.setattr(module, "BATCHES", {name: md5(b) for name, b in batches.items()})
    monkeypatch.setattr(module, "TIMEOUT", 0.5)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    expect(module, monkeypatch, archive)
    return module


def expect(module, monkeypatch, archive):
    monkeypatch.setattr(module, "ARCHIVE_BYTES", len(archive))
    monkeypatch.setattr(module, "ARCHIVE_MD5", md5(archive))


@pytest.fixture
def server(archive):
    """A server on the loopback address that answers in the way the path says."""
    served = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.append(self.path)
            self.send_response(404 if self.path == "/lost" else 200)
            length = "many" if self.path == "/nonsense" else len(archive)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.path == "/slow":
                time.sleep(1.5)
            half = len(archive) // 2
            ending = {"/cut": b"", "/wrong": bytes(len(archive) - half)}
            self.wfile.write(archive[:half] + ending.get(self.path, archive[half:]))

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):  # a client that has left
            pass

    with Server(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        running.url, running.served = f"http://127.0.0.1:{running.server_port}", served
        yield running
        running.shutdown()


def assert_refused(download, capsys, arguments, *parts):
    """Require status 1, one sentence that has these parts, and an empty datasets folder."""
    assert download.main(["cifar10", *map(str, arguments)]) == 1
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("CIFAR-10 was not installed: ")
    for part in parts:
        assert part in message
    assert list(download.DATASETS.iterdir()) == []


def test_a_download_brings_all_batches_and_shows_progress(download, server, batches, capsys):
    assert download.main(["cifar10", "--url", f"{server.url}/whole"]) == 0
    target = download.DATASETS / FOLDER
    assert {path.name: path.read_bytes() for path in target.iterdir()} == batches
    assert [path.name for path in download.DATASETS.iterdir()] == [FOLDER]
    output = capsys.readouterr()
    assert output.out == f"CIFAR-10 is now in {target}.\n"
    assert "100%" in output.err


def test_a_second_run_says_so_and_asks_no_server(download, server, capsys):
    download.main(["cifar10", "--url", f"{server.url}/whole"])
    capsys.readouterr()
    assert download.main(["cifar10", "--url", f"{server.url}/whole"]) == 0
    assert "already" in capsys.readouterr().out
    assert len(server.served) == 1


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("lost", "answered 404"),
        ("cut", "it broke"),
        ("slow", "silent for 0.5 seconds"),
        ("nonsense", "not one of http"),
    ],
)
def test_a_bad_answer_ends_in_one_sentence(download, server, capsys, path, part):
    assert_refused(download, capsys, ["--url", f"{server.url}/{path}"], path, part)


def test_a_wrong_checksum_is_named_with_the_right_one(download, server, archive, capsys):
    half = len(archive) // 2
    found = md5(archive[:half] + bytes(len(archive) - half))
    url = f"{server.url}/wrong"
    assert_refused(download, capsys, ["--url", url], download.ARCHIVE_MD5, found)


def test_no_server_and_an_unknown_kind_of_address_are_told_apart(download, capsys):
    assert_refused(download, capsys, ["--url", "http://127.0.0.1:9/x"], "no connection")
    assert_refused(download, capsys, ["--url", "file:///etc/hostname"], "not one of http")


def test_an_archive_that_the_user_has_is_unpacked(download, archive, batches, tmp_path):
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(archive)
    assert download.main(["cifar10", "--from", str(path)]) == 0
    target = download.DATASETS / FOLDER
    assert {path.name: path.read_bytes() for path in target.iterdir()} == batches


def test_a_truncated_archive_is_refused_with_both_sizes(download, archive, tmp_path, capsys):
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(archive[:100])
    assert_refused(download, capsys, ["--from", path], f"{len(archive)} bytes", "has 100")


def test_a_missing_source_is_named(download, tmp_path, capsys):
    assert_refused(download, capsys, ["--from", tmp_path / "nowhere"], "nowhere")


def link(kind, target):
    member = tarfile.TarInfo(f"{FOLDER}/data_batch_1")
    member.type, member.linkname = kind, target
    return member, b""


@pytest.mark.parametrize(
    "member",
    [
        regular("../outside", b"x"),
        regular(f"{FOLDER}/../../outside", b"x"),
        regular("/tmp/outside", b"x"),
        regular(f"{FOLDER}/unknown", b"x"),
        link(tarfile.SYMTYPE, "/etc/passwd"),
        link(tarfile.LNKTYPE, "../../outside"),
    ],
    ids=["above", "above from within", "absolute", "unknown", "symbolic link", "hard link"],
)
def test_an_archive_with_anything_else_in_it_is_refused(
    download, monkeypatch, tmp_path, capsys, member
):
    archive = pack([member])
    expect(download, monkeypatch, archive)  # as if someone had found a way around the checksum
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(archive)
    assert_refused(download, capsys, ["--from", path], repr(member[0].name), "does not belong")
    assert not list(tmp_path.rglob("outside"))


def test_an_archive_that_is_broken_within_is_refused(
    download, monkeypatch, archive, tmp_path, capsys
):
    broken = archive[: len(archive) // 2]
    expect(download, monkeypatch, broken)
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(broken)
    assert_refused(download, capsys, ["--from", path], "can't be unpacked")


def test_a_wrong_batch_in_the_archive_is_refused(download, monkeypatch, batches, tmp_path, capsys):
    files = batches | {"data_batch_3": b"another"}
    archive = pack([regular(f"{FOLDER}/{name}", content) for name, content in files.items()])
    expect(download, monkeypatch, archive)
    path = tmp_path / "mine.tar.gz"
    path.write_bytes(archive)
    assert_refused(download, capsys, ["--from", path], "data_batch_3", md5(b"another"))


@pytest.fixture
def folder(tmp_path, batches):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_with_some_batches_is_taken_and_the_others_are_named(download, folder, capsys):
    (folder / "data_batch_4").unlink()
    assert download.main(["cifar10", "--from", str(folder)]) == 0
    assert "It lacks data_batch_4." in capsys.readouterr().out
    assert download.main(["cifar10", "--from", str(folder)]) == 0
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["data_batch_1", "test_batch"])
def test_a_folder_without_a_batch_that_is_needed_is_refused(download, folder, capsys, name):
    (folder / name).unlink()
    assert_refused(download, capsys, ["--from", folder], f"there is no {name}")


def test_a_folder_with_a_wrong_batch_is_refused_with_both_checksums(download, folder, capsys):
    (folder / "test_batch").write_bytes(b"another")
    parts = "test_batch", download.BATCHES["test_batch"], md5(b"another")
    assert_refused(download, capsys, ["--from", folder], *parts)


def test_a_broken_folder_that_is_already_there_is_left_alone(download, folder, capsys):
    target = download.DATASETS / FOLDER
    shutil.copytree(folder, target)
    (target / "data_batch_2").write_bytes(b"mine")
    assert download.main(["cifar10", "--from", str(folder)]) == 1
    assert f"Remove {target} first." in capsys.readouterr().err
    assert (target / "data_batch_2").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyboardInterrupt(), "Stopped; nothing was left behind."),
        (OSError(errno.ENOSPC, "No space left on device", "what was read"), "left on device ("),
    ],
)
def test_ctrl_c_and_a_full_disk_leave_nothing_behind(
    download, archive, tmp_path, monkeypatch, capsys, error, sentence
):
    def write_half(source, file):
        assert Path(file.name).is_relative_to(download.DATASETS)  # renamed at the end, not copied
        file.write(source.read(10))
        raise error

    path = tmp_path / "mine.tar.gz"
    path.write_bytes(archive)
    monkeypatch.setattr(download.shutil, "copyfileobj", write_half)
    assert download.main(["cifar10", "--from", str(path)]) == 1
    message = capsys.readouterr().err
    assert sentence in message
    assert "what was read" not in message
    assert list(download.DATASETS.iterdir()) == []
