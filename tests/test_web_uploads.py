"""Uploads: whatever a client calls a file, it lands whole, under a safe name, within limits."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer_rubric import AnswerRubric
from agent.catalog import Catalog, shipped
from agent.errors import InputError
from agent.scenario import Scenario
from agent.web.checks import check_rubric_text, check_scenario_text
from agent.web.work.uploads import (
    MOST_NAME_BYTES,
    Quota,
    Upload,
    clear_parts,
    receive,
    remove,
    safe_name,
    uploads_in,
)
from tests.grading_support import RUBRIC

SMALL = Quota(file_bytes=10, job_files=2, job_bytes=15, owner_bytes=30)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def put(folder: Path, name: str, *parts: bytes, quota: Quota = SMALL, elsewhere: int = 0) -> Upload:
    return asyncio.run(receive(folder, name, chunks(*parts), quota, elsewhere=elsewhere))


def refused(folder: Path, name: str, *parts: bytes, elsewhere: int = 0) -> str:
    """The message, after which the folder is as it was."""
    before = sorted(folder.iterdir()) if folder.exists() else []
    with pytest.raises(InputError) as caught:
        put(folder, name, *parts, elsewhere=elsewhere)
    assert (sorted(folder.iterdir()) if folder.exists() else []) == before
    return str(caught.value)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Essay 3.md", "Essay 3.md"),
        ("Prüfung é.csv", "Prüfung é.csv"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\a.JSON", "a.JSON"),
        ("...hidden.csv", "hidden.csv"),
        (".csv", "file.csv"),
        ("  .  .md", "file.md"),
        ("a\x00b\x1f\n.txt", "ab.txt"),
        ("\u202egpj.exe\u2066.txt", "gpj.exe.txt"),
        ('a<b>:"c"|?*.md', "a_b___c____.md"),
    ],
)
def test_a_name_stays_readable_and_becomes_safe(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(st.text(), st.sampled_from([".csv", ".md", ".jsonl", ".YAML"]))
def test_any_name_becomes_one_visible_part_of_a_path(stem: str, ending: str) -> None:
    name = safe_name(stem + ending)
    assert Path(name).name == name
    assert not name.startswith(".")
    assert name.endswith(ending)
    assert len(name.encode()) <= MOST_NAME_BYTES
    assert not {unicodedata.category(char)[0] for char in name} & {"C"}
    assert safe_name(name) == name


def test_a_kind_that_is_not_read_is_refused(tmp_path: Path) -> None:
    assert "answers.pdf: files of this kind are not read" in refused(tmp_path, "answers.pdf")
    assert "Makefile" in refused(tmp_path, "Makefile")


def test_a_file_is_kept_as_it_came(tmp_path: Path) -> None:
    assert put(tmp_path / "new", "a.csv", b"id,", b"x\r\n") == Upload(name="a.csv", size=6)
    assert (tmp_path / "new" / "a.csv").read_bytes() == b"id,x\r\n"


def test_a_second_file_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    quota = Quota()
    long = "ö" * 80 + ".md"
    names = [put(tmp_path, name, b"x", quota=quota).name for name in ("a.md", "a.md", "a.md")]
    assert names == ["a.md", "a (2).md", "a (3).md"]
    first, second = (put(tmp_path, long, b"x", quota=quota).name for _ in range(2))
    assert second.endswith("ö (2).md")
    assert len(first.encode()) <= MOST_NAME_BYTES >= len(second.encode())


def test_a_file_that_is_too_large_leaves_nothing(tmp_path: Path) -> None:
    assert "a.md: is larger than 10 bytes" in refused(tmp_path, "a.md", b"12345678", b"901")


def test_the_files_of_a_job_are_limited_in_bytes_and_number(tmp_path: Path) -> None:
    put(tmp_path, "a.md", b"1234567890")
    assert "come to 16 bytes, and 15 bytes are the most" in refused(tmp_path, "b.md", b"123456")
    put(tmp_path, "b.md", b"1")
    assert "there are 2 files already, and 2 are the most" in refused(tmp_path, "c.md", b"")


def test_the_bytes_of_an_owner_are_limited_over_all_jobs(tmp_path: Path) -> None:
    told = refused(tmp_path, "a.md", b"12345", elsewhere=26)
    assert "all your files come to 31 bytes" in told


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        asyncio.run(receive(tmp_path, "a.md", broken(), SMALL))
    assert list(tmp_path.iterdir()) == []


def test_half_an_upload_of_a_killed_server_is_not_seen_and_cleared(tmp_path: Path) -> None:
    (tmp_path / ".0123.part").write_bytes(b"half")
    assert uploads_in(tmp_path) == ()
    clear_parts(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_an_uploaded_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "job.json").touch()
    files = tmp_path / "files"
    put(files, "a.md", b"x")
    with pytest.raises(InputError, match="there is no uploaded file"):
        remove(files, "../job.json")
    remove(files, "a.md")
    assert uploads_in(files) == ()


def test_a_rubric_is_checked_under_its_visible_name() -> None:
    assert isinstance(check_rubric_text(RUBRIC, "tcp.yaml"), AnswerRubric)
    fault = check_rubric_text(RUBRIC.replace("points: 2", "points: -2"), "my tcp.yaml")
    assert isinstance(fault, str)
    assert fault.startswith("my tcp.yaml: criteria[0]")


def test_a_scenario_is_checked_alone_and_against_a_rubric() -> None:
    text = (shipped("scenarios") / "card_fraud.yaml").read_text(encoding="utf-8")
    rubric = Catalog().rubric()
    assert isinstance(check_scenario_text(text, "card_fraud.yaml", rubric), Scenario)
    renamed = check_scenario_text(text, "other.yaml")
    assert renamed == (
        "other.yaml: id: the id 'card_fraud' differs from the file's name 'other'; "
        "make the two the same"
    )
    unknown = text.replace("  baseline:", "  no_such_criterion:", 1)
    assert unknown != text
    told = check_scenario_text(unknown, "card_fraud.yaml", rubric)
    assert isinstance(told, str)
    assert "'no_such_criterion' is not in the rubric" in told
