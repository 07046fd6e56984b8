"""`weir doctor --bundle`: what helpers need is in it, and none of the secrets that were planted is."""

import json
import subprocess
import zipfile
from pathlib import Path

import httpx
import pytest

from appliance.domain.redaction import Redaction
from tests.cli.test_serving import import_sensors, post, signed_in
from tests.running import PASSWORD, ROOT, WEIR, command, environment, running

PLANTED = {
    "smtp-password": "Fisch-und-Brot-77",
    "smtp-username": "mailer@brookfield.example",
    "smtp-host": "127.0.0.1",
}
PERSON = {
    "username": "grace.brewster",
    "password": "seven-herons-in-the-reeds",
    "email": "grace@brookfield.example",
    "full_name": "Grace Brewster Murray",
    "role": "operator",
}
HOOK = "https://hooks.example.org/services/T0000/B0000/XXXXSECRETXXXX"


def in_bundle(file: Path) -> dict[str, str]:
    with zipfile.ZipFile(file) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def holds_what_helps(texts: dict[str, str]) -> None:
    tables = json.loads(texts["tables.json"])["operations.db"]
    assert tables["sensor"]["rows"] == 2
    assert json.loads(texts["doctor.json"])["rejections"]
    assert json.loads(texts["journal.json"])["last"] >= 1
    assert json.loads(texts["about.json"])["formats"]["schema"] >= 12
    listed = {file["file"] for file in json.loads(texts["files.json"])}
    assert {"operations.db", "journal/00000001.log", "weir.key"} <= listed
    assert "weir_sensors 2" in texts["metrics.txt"]
    assert "log/weir.log" in texts


def test_nothing_secret_and_nobody_s_name_is_in_a_bundle(tmp_path: Path) -> None:
    data = tmp_path / "data"
    options = [f"--{name}={value}" for name, value in PLANTED.items()]
    with running(data, *options) as weir:
        with signed_in(weir) as api:
            other = api.post("/api/v1/municipalities", json={"name": "Millbrook"}).json()["id"]
            made = api.post("/api/v1/users", json=PERSON | {"municipality_id": weir.municipality})
            assert made.status_code == 201, made.text
            token = api.post("/api/v1/tokens", json={"name": "node-red", "role": "viewer"}).json()
            mine = api.headers["Authorization"].removeprefix("Bearer ")
        keys = import_sensors(data, weir.municipality, "HERE-1")
        keys |= import_sensors(data, other, "THERE-1")
        assert post(weir, "HERE-1", keys["HERE-1"], {"value": 3.25}).status_code < 300
        leaky = {"value": "x", "key": keys["THERE-1"], "who": PERSON["full_name"]}
        post(weir, "THERE-1", keys["THERE-1"], leaky)
        httpx.post(
            f"{weir.url}/api/v1/auth/login",
            json={"username": PERSON["username"], "password": "wrong" + PERSON["password"]},
        )
        command(data, "doctor", f"--bundle={tmp_path / 'while-it-runs.zip'}")
    command(data, "doctor", f"--bundle={tmp_path / 'while-it-does-not.zip'}")
    secrets = [
        *keys.values(),
        *(PERSON[each] for each in ("username", "password", "email", "full_name")),
        PLANTED["smtp-password"],
        PLANTED["smtp-username"],
        PASSWORD,
        mine,
        *(value for value in token.values() if isinstance(value, str) and len(value) > 20),
        (data / "weir.key").read_bytes().hex(),
        (data / "audit.key").read_bytes().hex(),
    ]
    assert len(secrets) >= 12
    for name in ("while-it-runs.zip", "while-it-does-not.zip"):
        texts = in_bundle(tmp_path / name)
        everything = "\n".join(texts.values()).casefold()
        assert [secret for secret in secrets if secret.casefold() in everything] == []
        raw = (tmp_path / name).read_bytes()
        assert (data / "weir.key").read_bytes() not in raw
        holds_what_helps(texts)
    ran = json.loads(in_bundle(tmp_path / "while-it-runs.zip")["configuration.json"])
    assert (ran["smtp_password"], ran["smtp_host"]) == ("(set)", "127.0.0.1")


def test_a_folder_with_which_weir_does_not_start_gives_a_bundle_that_says_why(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    (data / "journal").mkdir(parents=True)
    done = subprocess.run(
        [*WEIR, "doctor", f"--data={data}", f"--bundle={tmp_path / 'b.zip'}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    texts = in_bundle(tmp_path / "b.zip")
    assert "weir.key of the data in this folder is missing" in texts["problem.txt"]
    assert "configuration.json" in texts


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        (f"POST {HOOK} answered 500", "POST https://hooks.example.org/… answered 500"),
        ("https://a:b@example.org", "https://example.org/…"),
        ("password=hunter2 next", "password=(taken out) next"),
        ("Authorization: Bearer abc.def", "Authorization: (taken out)"),
        ("call +49 171 1234567 now", "call (telephone) now"),
        ("key wk_0123456789abcdefghijklmnop!", "key (key)!"),
        ("pump 3 at 4.2 bar since 2026-03-01", "pump 3 at 4.2 bar since 2026-03-01"),
    ],
)
def test_what_opens_a_door_is_taken_out_and_the_rest_stays(text: str, clear: str) -> None:
    assert Redaction(b"k" * 32).text(text) == clear


def test_a_person_is_the_same_stranger_everywhere_in_one_house_and_another_in_the_next() -> None:
    here, there = (Redaction(key, ["Ada", "ada@example.org"]) for key in (b"1" * 32, b"2" * 32))
    said = here.text("Ada and ada, not Adam, wrote to ADA@example.org")
    first, _, rest = said.partition(" and ")
    assert rest.startswith(first + ", not Adam")
    assert "example" not in said
    assert here.name("ada") != there.name("ada")
