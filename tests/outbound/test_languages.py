"""Letters in each language: all say the same, and nothing in them is English that need not be."""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from appliance.detection.book import RuleBook
from appliance.detection.methods import methods_for
from appliance.detection.watched import NO_LONGER
from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.findings import Edge, Evidence
from appliance.domain.ids import UserId
from appliance.domain.instant import HOUR, Instant
from appliance.domain.languages import Language
from appliance.domain.reasons import reason_of
from appliance.domain.rules import Severity
from appliance.domain.telling import Parcel
from appliance.domain.titles import BUILT_IN, SENTENCES, title_of
from appliance.outbound.catalogue import catalogue
from appliance.outbound.letter import compose
from appliance.outbound.webhook import document
from tests.builders import NOON, THERE
from tests.outbound.parcels import BAR, a_change, a_channel, a_parcel, an_alert, of

FOREIGN = [each for each in Language if each is not Language.EN]
SCREENS = Path(__file__).parents[2] / "web" / "ui" / "src" / "strings"
ENGLISH = re.compile(
    r"\b(the|is|are|was|were|this|that|with|and|of|for|from|been|which|have|not|by|at|below|above)\b",
    re.IGNORECASE,
)
"""Words that no sentence of English does without, and that no other of our languages has."""


def tree(language: str) -> dict[str, Any]:
    file = files("appliance.outbound") / "letters" / f"{language}.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def flat(words: Any, before: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(words, str):
        yield before, words
        return
    inner = words.items() if isinstance(words, dict) else enumerate(words)
    for key, value in inner:
        yield from flat(value, f"{before}.{key}")


def screens(language: str, part: str) -> dict[str, Any]:
    return dict(json.loads((SCREENS / language / f"{part}.json").read_text(encoding="utf-8")))


def letter(parcel: Parcel, language: Language, now: Instant = NOON) -> EmailMessage:
    spoken = replace(parcel, channel=replace(parcel.channel, language=language))
    sender = Address("", "weir", "works.example")
    return compose(spoken, sender, "https://weir.example", now)


def texts(mail: EmailMessage) -> tuple[str, str, str]:
    """Give subject, plain text without its line breaks, and page."""
    bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
    plain, page = (body.get_content() for body in bodies if body is not None)
    return str(mail["Subject"]), " ".join(plain.split()), page


def test_the_screens_and_the_letters_speak_the_same_languages():
    assert sorted(each.value for each in Language) == sorted(
        each.name for each in SCREENS.iterdir() if each.is_dir()
    )
    folder = files("appliance.outbound") / "letters"
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        f"{each}.json" for each in Language
    )


@pytest.mark.parametrize("language", FOREIGN)
def test_every_language_has_the_same_keys_with_the_same_facts(language: Language):
    def facts(words: dict[str, Any]) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in flat(words)}

    assert facts(tree(language)) == facts(tree(Language.EN))


@pytest.mark.parametrize("language", FOREIGN)
def test_no_sentence_was_left_as_it_is_in_english(language: Language):
    english = dict(flat(tree(Language.EN)))
    same = {text for key, text in flat(tree(language)) if text == english[key]}
    bare = {re.sub(r"\{\w+\}", "", text).strip(" .,:;()[]–") for text in same}
    assert {text for text in bare if len(text) > 3} <= {"Information", "Note"}


@pytest.mark.parametrize("language", list(Language))
def test_there_are_words_for_whatever_can_be_said(language: Language):
    words = catalogue(language)
    assert words.built_in.keys() == BUILT_IN.keys()
    assert words.sentences.keys() == SENTENCES.keys()
    assert words.severity.keys() == set(Severity)
    assert words.status.keys() == words.moved.keys() == set(AlertStatus)
    assert words.news.keys() == set(ChangeKind) - {ChangeKind.MOVED}
    assert words.happened.keys() == words.news.keys() - {ChangeKind.OPENED}


def test_the_english_sentences_are_those_that_are_kept():
    assert catalogue(Language.EN).sentences == SENTENCES
    assert catalogue(Language.EN).built_in == BUILT_IN


@pytest.mark.parametrize("language", list(Language))
def test_letters_and_screens_say_the_same_words(language: Language):
    words, app, alarms = tree(language), screens(language, "app"), screens(language, "alarms")
    assert (words["severity"], words["status"]) == (app["severity"], app["status"])
    assert (words["built_in"], words["title_of"]) == (alarms["builtIn"], alarms["titleOf"])
    assert words["why"] == alarms["why"]
    assert words["advice"] == {kind: said["do"] for kind, said in alarms["kinds"].items()}


NAN = float("nan")
SEEN: dict[str, list[tuple[Edge, dict[str, float]]]] = {
    "threshold": [
        (Edge.RAISED, {"value": 1e5, "limit": 2e5, "seconds": 0}),
        (Edge.RAISED, {"value": 1e5, "limit": 2e5, "seconds": 60}),
        (Edge.CLEARED, {"value": 3e5, "limit": 2e5, "seconds": 60}),
    ],
    "out_of_range": [
        (Edge.RAISED, {"value": 1e5, "low": 2e5, "high": NAN, "seconds": 60}),
        (Edge.RAISED, {"value": 9e5, "low": 2e5, "high": 8e5, "seconds": 0}),
        (Edge.CLEARED, {"value": 3e5, "low": 2e5, "high": 8e5, "seconds": 0}),
        (Edge.CLEARED, {"value": 3e5, "low": NAN, "high": 8e5, "seconds": 0}),
    ],
    "rate_of_change": [
        (edge, {"value": 2e5, "change": by, "seconds": 90, "limit": 1e5, "window_seconds": 600})
        for edge, by in ((Edge.RAISED, 2e5), (Edge.RAISED, -2e5), (Edge.CLEARED, 0.0))
    ],
    "flatline": [
        (edge, {"value": 3e5, "seconds": 43_200, "tolerance": tolerance})
        for edge in (Edge.RAISED, Edge.CLEARED)
        for tolerance in (0.0, 1e3)
    ],
    "no_data": [
        (edge, {"seconds": 1_260, "usual_seconds": usual, "limit_seconds": 1_200})
        for edge in (Edge.RAISED, Edge.CLEARED)
        for usual in (0.0, 300.0)
    ],
    "anomaly": [
        (edge, {"value": 6e5, "score": 9.0, "usual_low": low, "usual_high": low + 1e5})
        for edge in (Edge.RAISED, Edge.CLEARED)
        for low in (2e5, NAN)
    ],
}


def seen() -> list[tuple[Edge, Evidence]]:
    """Give what each method may say, as it says it."""
    methods = methods_for(RuleBook((), ()))
    assert methods.keys() == SEEN.keys()
    found = [(Edge.CLEARED, NO_LONGER)]
    for name, cases in SEEN.items():
        for edge, numbers in cases:
            words = methods[name].words(edge, numbers, BAR)
            known = {key: number for key, number in numbers.items() if number == number}  # noqa: PLR0124
            found.append((edge, Evidence(words, known)))
    return found


def parcels() -> Iterator[Parcel]:
    """Give parcels of every kind of change, with every evidence, from a town that speaks no English."""
    place = {"sensor_name": "Calle 7", "municipality_name": "Villanueva"}
    rules = itertools.cycle(BUILT_IN.values())
    for (edge, evidence), kind in itertools.product(seen(), ChangeKind):
        if (kind is ChangeKind.CLEARED) is not (edge is Edge.CLEARED):
            continue
        shows = kind in {
            ChangeKind.OPENED,
            ChangeKind.REOPENED,
            ChangeKind.RETURNED,
            ChangeKind.CLEARED,
        }
        change = a_change(kind=kind, number=3, evidence=evidence if shows else None)
        if not shows:
            change = replace(change, by=UserId(7), note="Voy")
        alert = an_alert(title=title_of(next(rules), "Calle 7"), evidence=evidence)
        yield a_parcel(alert=alert, change=change, **place)
    for severity, status, type_ in itertools.product(
        Severity, AlertStatus, catalogue(Language.EN).advice
    ):
        title = title_of(BUILT_IN["no_data"], "Calle 7")
        alert = an_alert(
            title=title, severity=severity, status=status, alert_type=type_, evidence=seen()[1][1]
        )
        late = a_change(kind=ChangeKind.MOVED, after=status, by=None, at=Instant(NOON - 3 * HOUR))
        yield a_parcel(alert=alert, change=late, **place)
        yield a_parcel(alert=alert, change=replace(late, kind=ChangeKind.REOPENED), **place)
    for edge, evidence in seen():
        if edge is Edge.CLEARED:
            change = a_change(
                kind=ChangeKind.MOVED,
                after=AlertStatus.RESOLVED,
                note=evidence.words,
                evidence=None,
            )
            yield a_parcel(
                alert=an_alert(title="Muy baja", evidence=seen()[1][1]),
                change=change,
                ended_by=evidence,
                **place,
            )
    back = a_change(kind=ChangeKind.UNSHELVED, note=SENTENCES["shelf_over"], evidence=None)
    yield a_parcel(alert=an_alert(title="Muy baja", evidence=seen()[1][1]), change=back, **place)
    test = Evidence(SENTENCES["test"])
    alert = an_alert(title=SENTENCES["test_title"], evidence=test, alert_type="test", sensor=None)
    yield a_parcel(
        alert=alert, change=a_change(evidence=test), unit=None, **place | {"sensor_name": ""}
    )


def between_facts(language: str) -> set[str]:
    """Give what stands before, between and behind the facts of all sentences, if more than a unit."""
    parts = (part for _, text in flat(tree(language)) for part in re.split(r"\{\w+\}", text))
    bare = (part.strip(" .,:;()[]–\xa0").lower() for part in parts)
    return {part for part in bare if len(part) > 3}


@pytest.mark.parametrize("language", FOREIGN)
def test_no_letter_of_any_kind_of_change_has_a_sentence_of_english(language: Language):
    english = between_facts(Language.EN) - between_facts(language)
    known = re.compile(rf"\b({'|'.join(map(re.escape, sorted(english)))})\b", re.IGNORECASE)
    wrong, count = set(), 0
    for parcel in parcels():
        count += 1
        for said in texts(letter(parcel, language)):
            shown = re.sub(r"<[^>]*>", " ", said)
            wrong |= {(each, shown) for each in known.findall(shown) + ENGLISH.findall(shown)}
            assert 'lang="en"' not in said
    assert count > 250
    assert not wrong, "\n".join(str(each) for each in sorted(wrong)[:9])


def test_each_evidence_is_said_by_its_numbers():
    for edge, evidence in seen()[1:]:
        assert reason_of(evidence.numbers, is_over=edge is Edge.CLEARED) is not None, evidence


def test_a_letter_in_spanish():
    evidence = Evidence(
        "1.1 bar, below the operating limit 1.5 bar", {"value": 1.1e5, "low": 1.5e5}
    )
    alert = an_alert(title=title_of(BUILT_IN["outside_limits"], "Mill Lane"), alert_type="other")
    parcel = a_parcel(alert=alert, change=a_change(evidence=evidence))
    mail = letter(parcel, Language.ES, Instant(NOON + 30 * 1_000_000))
    subject, plain, page = texts(mail)
    assert mail["Content-Language"] == "es"
    assert subject == "[CRÍTICA] Fuera de los límites de operación: Mill Lane – Brookfield"
    assert plain == (
        "Alarma nueva. "
        "Qué: Fuera de los límites de operación: Mill Lane (crítica) "
        "Prueba: 1,1 bar, por debajo del límite de servicio 1,5 bar "
        "Desde: vie, 1 may 2026, 13:59:00 (CEST), hace 90 s "
        "Dónde: Mill Lane, Brookfield "
        "Coordenadas: 52.50000, 13.40000 (WGS 84) "
        "Qué hacer: Mire la curva y los vecinos. Si también lo muestran, envíe a alguien; si no, haga "
        "revisar el sensor. Reconozca la alarma para que otros sepan que usted se ocupa. "
        "Abrir: https://weir.example/alerts/161 "
        "Alarma: 161 (cambio 1)"
    )
    assert page.startswith('<!doctype html><html lang="es" dir="ltr">')


def test_a_letter_in_arabic_goes_from_the_right_and_names_keep_their_own_direction():
    hostile = "Mill\u202e Lane\u2069 <b>"
    alert = an_alert(title=title_of(BUILT_IN["unusual_flow"], hostile))
    mail = letter(a_parcel(alert=alert, sensor_name=hostile), Language.AR)
    subject, plain, page = texts(mail)
    assert "تدفق غير معتاد" in subject
    assert '<html lang="ar" dir="rtl">' in page
    assert '<div lang="ar" dir="rtl"' in page
    assert "<bdi>Mill Lane &lt;b&gt;</bdi>" in page
    assert "<bdi>1.1 bar</bdi>" in page
    assert '<a href="https://weir.example/alerts/161" dir="ltr">' in page
    assert "\u2068Mill Lane <b>\u2069" in plain
    assert "\u2068https://weir.example/alerts/161\u2069" in plain
    assert plain.count("\u2068") == plain.count("\u2069")
    assert "الجمعة 1 مايو 2026، 13:59:00" in plain


def test_what_a_person_has_typed_stays_as_it_was_typed():
    change = a_change(
        kind=ChangeKind.COMMENTED, by=UserId(7), note=SENTENCES["shelf_over"], evidence=None
    )
    parcel = a_parcel(alert=an_alert(title="Pressure is too low"), change=change)
    subject, plain, _ = texts(letter(parcel, Language.FR))
    assert subject == "[CRITIQUE] commentaire\xa0: Pressure is too low – Mill Lane, Brookfield"
    assert SENTENCES["shelf_over"] in plain


def test_words_that_are_kept_in_english_only_say_so():
    evidence = Evidence("6 widgets, limit 5 widgets", {})
    parcel = a_parcel(change=a_change(evidence=evidence), unit=None)
    _, plain, page = texts(letter(parcel, Language.PT))
    assert "6 widgets" in plain
    assert '<bdi lang="en">6 widgets, limit 5 widgets</bdi>' in page
    gone = a_parcel(
        alert=an_alert(evidence=seen()[1][1]), change=a_change(evidence=None), unit=None
    )
    assert '<bdi lang="en">1 bar, limit 2 bar</bdi>' in texts(letter(gone, Language.PT))[2]


def test_two_municipalities_are_each_written_to_in_their_own_language():
    ours = a_parcel(channel=a_channel(language=Language.FR))
    theirs = of(ours, THERE, language=Language.AR)
    sender = Address("", "weir", "works.example")
    first, second = (texts(compose(each, sender, "", NOON)) for each in (ours, theirs))
    assert (first[0][:10], second[0][:6]) == ("[CRITIQUE]", "[حرج] ")
    assert "Ashford" not in str(first)
    assert "Brookfield" not in str(second)


def test_what_goes_to_a_program_is_the_same_whatever_the_language():
    parcel = a_parcel()
    spoken = replace(parcel, channel=replace(parcel.channel, language=Language.AR))
    assert document(spoken, "") == document(parcel, "")
    assert document(parcel, "")["text"] == "[CRITICAL] Pressure too low – Mill Lane, Brookfield"
