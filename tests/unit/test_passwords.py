"""What may be a password, and what is typed behind one."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.domain.errors import Invalid
from appliance.services.signing_in import passwords
from appliance.services.signing_in.passwords import must_be_strong, without_code

GUESSED = (
    "password1234", "Passw0rd2026!", "P@ssw0rd2026!", "qwertyuiop12", "1qaz2wsx3edc", "letmeinplease",
    "administrator1", "adminadminadmin", "jennifer1985", "michaeljackson", "waterutility", "zaq12wsxcde3",
    "abcdefghijkl", "123456789012", "trustno1trustno1", "correcthorsebatterystaple", "aaaaaaaaaaaaaa",
    "waterwater12", "weirweirweir1", "superadmin1234", "password" * 6,
)  # fmt: skip
GOOD = (
    "wet stones under the weir",
    "three grey herons wading",
    "correct-horse-battery",
    "x7Gq-21kd-PPa0",
    "Übelkeit auf dem Riesenrad",
    "水の流れは絶えずして、しかも",
    "a phrase with 123456 within it",
)


@pytest.mark.parametrize("password", GUESSED)
def test_what_is_tried_first_is_refused(password: str):
    with pytest.raises(Invalid):
        must_be_strong(password, "ada")


@pytest.mark.parametrize("password", GOOD)
def test_what_nobody_guesses_is_taken(password: str):
    must_be_strong(password, "ada", "ada@example.org", "Ada King")


def test_what_everybody_knows_of_a_person_makes_no_password():
    about = ("agatha.heterodyne", "agatha@mechanicsburg.example", "Agatha Heterodyne")
    for password in ("heterodyne2026", "agatha.heterodyne!!", "mechanicsburg1"):
        with pytest.raises(Invalid):
            must_be_strong(password, *about)


def test_length_is_bounded_both_ways():
    for password in ("only 11 ch", "long phrase " * 22):
        with pytest.raises(Invalid, match="characters"):
            must_be_strong(password)


@pytest.mark.parametrize("end", ["123456", "ABCD-EFGH-2345-WXYZ"])
def test_no_password_ends_as_if_a_code_followed_it(end: str):
    with pytest.raises(Invalid, match="like a code"):
        must_be_strong(f"wet stones under the weir {end}")


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        ("secret 123456", ("secret", "123456")),
        ("two words 000000", ("two words", "000000")),
        ("secret abcd-efgh-2345-wxyz", ("secret", "abcd-efgh-2345-wxyz")),
        ("secret", ("secret", "")),
        ("secret123456", ("secret123456", "")),
        ("secret 12345", ("secret 12345", "")),
        ("secret 1234567", ("secret 1234567", "")),
        ("secret 123456 ", ("secret 123456 ", "")),
        ("secret 123456\n", ("secret 123456\n", "")),
        (
            "secret \u0661\u0662\u0663\u0664\u0665\u0666",
            ("secret \u0661\u0662\u0663\u0664\u0665\u0666", ""),
        ),
        (" 123456", ("", "123456")),
        ("", ("", "")),
    ],
)
def test_a_code_is_what_follows_the_last_space_and_nothing_else(typed: str, parts: tuple[str, str]):
    assert without_code(typed) == parts


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere niceness is of the whole process")
@pytest.mark.parametrize(
    ("before", "after"), [(12, 12), (os.getpriority(os.PRIO_PROCESS, 0), None)]
)
def test_who_hashes_gives_way_and_never_rises_for_it(before: int, after: int | None):
    """Started with `nice`, and without root's rights, rising would be refused, and nobody could sign in."""

    def niceness() -> int:
        mine = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, mine, before)
        passwords._give_way()
        return os.getpriority(os.PRIO_PROCESS, mine)

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(niceness).result() == (after or max(5, before))
