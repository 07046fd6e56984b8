"""An alert in words that a person at 3 a.m. understands, in a language. Pure but for its catalogue."""

from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.domain.alerts import AlertStatus, ChangeKind
from appliance.domain.findings import Evidence
from appliance.domain.instant import MINUTE, SECOND, Instant, to_datetime
from appliance.domain.languages import Language
from appliance.domain.quantities import Unit
from appliance.domain.reasons import reason_of
from appliance.domain.telling import Parcel
from appliance.domain.titles import SENTENCES, sentence_code, titled
from appliance.outbound.catalogue import Catalogue, Heading, catalogue
from appliance.outbound.pieces import Apart, English, Text, fill, line

_RAISING: Final = (ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.RETURNED)
_TWO_MINUTES: Final = 120
_TWO_HOURS: Final = 7_200
_TWO_DAYS: Final = 172_800


def zone_of(name: str) -> tzinfo:
    """Give the zone of this IANA name, UTC where this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def link(parcel: Parcel, public_url: str) -> str:
    """Give the page of the alert; empty where nobody said under which address people reach Weir."""
    return f"{public_url.rstrip('/')}/alerts/{parcel.alert.id}" if public_url else ""


def english_subject(parcel: Parcel) -> str:
    """Write for programs what a letter in English has as its subject."""
    return line(Wording(parcel, Language.EN).subject())


class Wording:
    """What is said of one parcel in one language."""

    def __init__(self, parcel: Parcel, language: Language) -> None:
        self._parcel = parcel
        self._language = language
        self._words: Catalogue = catalogue(language)

    def subject(self) -> Text:
        """Write one line: severity, what has happened, title, place."""
        parcel, words = self._parcel, self._words
        told = parcel.sensor_name and parcel.sensor_name in parcel.alert.title
        where = (Apart(parcel.municipality_name),) if told else self._place()
        severity, title = words.severity[parcel.alert.severity].upper(), self._title()
        if parcel.change.kind is ChangeKind.OPENED:
            return fill(words.subject, severity=severity, title=title, where=where)
        return fill(
            words.subject_of_change,
            severity=severity,
            happened=self._happened(),
            title=title,
            where=where,
        )

    def news(self) -> str:
        """Say what has happened to the alert."""
        change = self._parcel.change
        if change.kind is ChangeKind.MOVED:
            return self._words.moved[change.after]
        return self._words.news[change.kind]

    def facts(self, now: Instant, public_url: str) -> list[tuple[str, Text]]:
        """Give what a person needs to know as (heading, words), most urgent first, none empty."""
        parcel, words = self._parcel, self._words
        found: list[tuple[Heading, Text]] = [
            ("what", fill(words.what, title=self._title(), severity=self._severity())),
            ("evidence", self._evidence()),
            ("since", self._since(now)),
            ("where", self._place()),
            ("coordinates", self._coordinates()),
            ("note", self._note()),
            ("advice", (self._advice(),)),
            ("open", (Apart(link(parcel, public_url)),)),
            ("delayed", self._delayed(now)),
            ("alert", self._number()),
        ]
        return [(words.headings[heading], said) for heading, said in found if any(said)]

    def _happened(self) -> str:
        change = self._parcel.change
        if change.kind is ChangeKind.MOVED:
            return self._words.status[change.after].lower()
        return self._words.happened[change.kind]

    def _title(self) -> Text:
        title, words = self._parcel.alert.title, self._words
        made = titled(title)
        if made.code is not None:
            about = Apart(made.about or "")
            return fill(words.title_of, rule=words.built_in[made.code], sensor=about)
        return self._sentence(title) or (Apart(title),)

    def _sentence(self, kept: str) -> Text:
        """Say a sentence that Weir keeps in English; empty where it is none of those."""
        code = sentence_code(kept)
        return () if code is None else (self._words.sentences[code],)

    def _severity(self) -> str:
        return self._words.severity[self._parcel.alert.severity].lower()

    def _place(self) -> Text:
        parcel = self._parcel
        town = Apart(parcel.municipality_name)
        if not parcel.sensor_name:
            return (town,)
        return fill(self._words.place, sensor=Apart(parcel.sensor_name), municipality=town)

    def _coordinates(self) -> Text:
        spot = self._parcel.alert.position
        # With points in every language: that is how maps want them.
        said = f"{spot.latitude:.5f}, {spot.longitude:.5f} (WGS 84)" if spot else ""
        return (Apart(said),)

    def _evidence(self) -> Text:
        change, alert = self._parcel.change, self._parcel.alert
        evidence = change.evidence or alert.evidence
        is_over = change.kind is ChangeKind.CLEARED
        return self._reason(evidence, evidence.words or alert.description, is_over=is_over)

    def _note(self) -> Text:
        """Say what a person noted as it was typed, and what Weir did in its own words."""
        change, ended_by = self._parcel.change, self._parcel.ended_by
        if change.by is not None or not change.note:
            return (Apart(change.note),)
        return self._reason(ended_by or Evidence(""), change.note, is_over=True)

    def _reason(self, evidence: Evidence, kept: str, *, is_over: bool) -> Text:
        """Say by its numbers what was seen; in English as it is kept, which says a little more."""
        if self._language is Language.EN:
            return (Apart(kept),)
        reason, unit = reason_of(evidence.numbers, is_over=is_over), self._parcel.unit
        if reason is None or (reason.values and unit is None):
            return self._sentence(kept) or (English(kept),)
        values = {name: self._amount(value, unit) for name, value in reason.values.items() if unit}
        times = {name: self._span(seconds) for name, seconds in reason.times.items()}
        return fill(self._words.why[reason.say], **values, **times)

    def _since(self, now: Instant) -> Text:
        raised_at = self._parcel.alert.raised_at
        span = self._span((now - raised_at) // SECOND)
        return fill(self._words.since, moment=self._moment(raised_at), span=span)

    def _moment(self, instant: Instant) -> Text:
        """Write a time as the clock on the wall shows it: `Fri 1 May 2026, 03:12:05 (CEST)`."""
        words, moment = (
            self._words,
            to_datetime(instant).astimezone(zone_of(self._parcel.time_zone)),
        )
        return fill(
            words.moment,
            weekday=words.weekdays[moment.weekday()],
            day=str(moment.day),
            month=words.months[moment.month - 1],
            year=f"{moment:%Y}",
            time=f"{moment:%H:%M:%S}",
            zone=Apart(moment.tzname() or ""),
        )

    def _advice(self) -> str:
        """Say what to do now; empty where there is nothing to do."""
        alert = self._parcel.alert
        if self._parcel.change.kind not in _RAISING or alert.status is not AlertStatus.OPEN:
            return ""
        if alert.title == SENTENCES["test_title"]:
            return ""
        advice = self._words.advice
        return advice.get(alert.alert_type, advice["general"])

    def _delayed(self, now: Instant) -> Text:
        delay = now - self._parcel.change.at
        if delay < 10 * MINUTE:
            return ()
        status = self._words.status[self._parcel.alert.status].lower()
        return fill(self._words.delayed, span=self._span(delay // SECOND), status=status)

    def _number(self) -> Text:
        change = self._parcel.change
        return fill(self._words.alert, id=Apart(str(change.alert)), number=str(change.number))

    def _amount(self, value_si: float, unit: Unit) -> Apart:
        """Write a value in the sensor's unit with at most 4 significant digits, never in powers of ten."""
        rounded = float(f"{unit.from_si(value_si):.4g}") + 0.0
        figure = f"{rounded:.12f}".rstrip("0").rstrip(".").replace(".", self._words.decimal)
        return Apart(figure if unit.symbol == "1" else f"{figure} {unit.symbol}")

    def _span(self, seconds: float) -> str:
        """Write how long something lasts in its one or two largest units: `90 s`, `2 h 30 min`."""
        lasting, spans = round(max(seconds, 0)), self._words.spans
        if lasting < _TWO_MINUTES:
            return spans["seconds"].format(n=lasting)
        minutes = round(lasting / 60)
        if lasting < _TWO_HOURS:
            return spans["minutes"].format(n=minutes)
        if lasting < _TWO_DAYS:
            return _of_two(*divmod(minutes, 60), spans["hours"], spans["minutes"])
        return _of_two(*divmod(round(minutes / 60), 24), spans["days"], spans["hours"])


def _of_two(large: int, small: int, unit: str, smaller: str) -> str:
    most = unit.format(n=large)
    return f"{most} {smaller.format(n=small)}" if small else most
