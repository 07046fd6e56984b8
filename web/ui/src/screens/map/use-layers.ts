import { useCallback, useEffect, useRef } from "react";
import { now } from "@/api/client";
import { useFormat } from "@/format/use-format";
import type { Alert } from "@/live/situation";
import { useSituation } from "@/live/use-live";
import type { Engine } from "./engine";
import type { Position } from "./geo";
import { alarmMarks, point, valuesIn, whereOf, type Feature } from "./live";

const VALUES_EVERY = 1000;
const VALUES_FROM = 14;
/** With so few sensors their values are written from afar, too. */
const FEW = 60;

/** Keeps values and alarms of the situation on the map; gives what to call after the map was moved. */
export function useLive(engine: Engine | null): () => void {
  const situation = useSituation();
  const format = useFormat();
  const shown = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (!engine) return undefined;
    const words = {
      value: (sensor: Parameters<typeof situation.isSilent>[0]) => format.value(sensor.last_reading, sensor.unit),
      age: (sensor: { last_reading_at: string | null }) =>
        sensor.last_reading_at ? format.ago(sensor.last_reading_at, now()) : "–",
      isSilent: (sensor: Parameters<typeof situation.isSilent>[0]) => situation.isSilent(sensor),
    };
    const values = (): void => {
      const isNear = engine.map.getZoom() >= VALUES_FROM || situation.sensors.size <= FEW;
      engine.put("values", isNear ? valuesIn(engine.box, situation.sensors.values(), words) : []);
    };
    const alarms = (): void =>
      engine.put("alarms", alarmMarks(situation.active(), (alert) => whereOf(alert, situation.sensors)));
    shown.current = values;
    let fresh: Alert[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        values();
      }, VALUES_EVERY);
    };
    const pulse = (): void => {
      alarms();
      const places = fresh.map((alert) => whereOf(alert, situation.sensors)).filter((at) => at !== null);
      fresh = [];
      engine.pulse(places);
    };
    const stops = [
      situation.subscribe("sensors", later),
      situation.subscribe("alerts", pulse),
      situation.onAlarm((alert) => fresh.push(alert)),
    ];
    // What is old becomes older, too, when nothing comes any more.
    const clock = setInterval(values, 10_000);
    values();
    alarms();
    return () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
      clearInterval(clock);
      shown.current = () => undefined;
    };
  }, [engine, situation, format]);
  return useCallback(() => shown.current(), []);
}

/** Where this device is, while somebody wants to know. */
export function useOwnPosition(engine: Engine | null, isWanted: boolean, failed: () => void): void {
  useEffect(() => {
    if (!engine || !isWanted) return undefined;
    let isFirst = true;
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        const at: Position = [coords.longitude, coords.latitude];
        engine.put("me", [point(at, { accuracy: coords.accuracy })]);
        if (isFirst) engine.goTo(at);
        isFirst = false;
      },
      failed,
      { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 },
    );
    return () => {
      navigator.geolocation.clearWatch(watch);
      engine.put("me", []);
    };
  }, [engine, isWanted, failed]);
}

/** Browsers tell a page where they are only over TLS or on the same computer. */
export function canLocate(): boolean {
  return isSecureContext && "geolocation" in navigator;
}

/** Draw a ring or a band around what is selected. */
export function useHighlight(engine: Engine | null, features: Feature[] | null): void {
  useEffect(() => engine?.put("selected", features ?? []), [engine, features]);
}
