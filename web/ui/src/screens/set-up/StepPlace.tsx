import { useCallback, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useQuery } from "@tanstack/react-query";
import { api, whole } from "@/api/client";
import { useMay } from "@/api/may";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { Form } from "@/parts/Form";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { placeOf, type Place } from "./csv";
import { PlaceMap } from "./PlaceMap";
import { browserZone } from "./zone";
import type { Progress } from "./steps";
import { useTownPlace } from "./use-progress";
import css from "./Wizard.module.css";

const PRECISE = 5;

/** Where the municipality lies, and by which clock it lives. */
export function StepPlace({ progress, done }: { progress: Progress; done: () => void }): ReactNode {
  const t = useTranslations("setUp.place");
  const { place, setPlace } = useTownPlace();
  const [said, setSaid] = useState(() => words(place));
  const [complaint, setComplaint] = useState("");
  const zone = useZone(done);
  const [timeZone, setTimeZone] = useState<string | null>(null);
  const zones = Intl.supportedValuesOf("timeZone");
  const guessed = browserZone();
  const chosen = timeZone ?? (zone.kept === undefined || zone.kept === "UTC" ? guessed : zone.kept);
  const offered = [...new Set([...zones, "UTC", guessed, chosen])].map((id) => ({ id, name: id.replaceAll("_", " ") }));
  const onPlace = useCallback((found: Place) => setSaid(words(found)), []);
  const shown = placeOf(said.latitude, said.longitude)?.[0] ?? null;
  const ask = (): void => {
    setComplaint("");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => setSaid(words([coords.longitude, coords.latitude])),
      () => setComplaint(t("noPosition")),
      { timeout: 10_000 },
    );
  };
  const save = (): void => {
    const isEmpty = said.latitude.trim() === "" && said.longitude.trim() === "";
    const found = placeOf(said.latitude, said.longitude);
    if (!found && !isEmpty) {
      setComplaint(t("wrong"));
      return;
    }
    setComplaint("");
    if (found) setPlace(found[0]);
    if (zone.mayChange && chosen !== zone.kept) zone.save(chosen);
    else done();
  };
  return (
    <>
      <p>{t("about")}</p>
      <div className={css["buttons"]}>
        {window.isSecureContext && (
          <Button icon="pin" onPress={ask}>
            {t("fromBrowser")}
          </Button>
        )}
        {progress.centre && (
          <Button icon="map" onPress={() => setSaid(words(progress.centre?.coordinates))}>
            {t("fromSensors")}
          </Button>
        )}
      </div>
      <div className={css["sides"]}>
        <PlaceMap place={shown} onPlace={onPlace} />
        <Form onSubmit={save} isBusy={zone.isSaving}>
          <Text label={t("latitude")} hint={t("latitudeHint")} inputMode="decimal" value={said.latitude} onChange={(latitude) => setSaid({ ...said, latitude })} />
          <Text label={t("longitude")} hint={t("longitudeHint")} inputMode="decimal" value={said.longitude} onChange={(longitude) => setSaid({ ...said, longitude })} />
          {zone.mayChange && <Choice label={t("timeZone")} options={offered} value={chosen} onChange={setTimeZone} />}
          <p role="alert">{complaint}</p>
        </Form>
      </div>
    </>
  );
}

function words(place: readonly number[] | null | undefined): { latitude: string; longitude: string } {
  const [longitude, latitude] = place ?? [];
  return { latitude: latitude?.toFixed(PRECISE) ?? "", longitude: longitude?.toFixed(PRECISE) ?? "" };
}

/** The municipality's time zone, changed only as it was seen. */
function useZone(done: () => void): { mayChange: boolean; kept: string | undefined; save: (zone: string) => void; isSaving: boolean } {
  const { id } = useMunicipality();
  const mayChange = useMay()("settings.manage");
  const query = { municipality_id: id };
  const settings = useQuery({
    queryKey: ["settings", id],
    queryFn: async () => whole(api.GET("/api/v1/settings", { params: { query } })),
    enabled: mayChange,
  });
  const { save, isSaving } = useSave(
    (time_zone: string) =>
      whole(api.PATCH("/api/v1/settings", { params: { query, header: { "If-Match": settings.data?.headers.get("ETag") ?? "*" } }, body: { time_zone } })),
    { touches: ["settings", "municipalities"], onDone: done },
  );
  return { mayChange, kept: settings.data?.data.time_zone, save, isSaving };
}
