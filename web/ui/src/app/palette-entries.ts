import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { api, data, session, type Schemas } from "@/api/client";
import { useMay } from "@/api/may";
import { useActiveAlerts, useSensors } from "@/live/use-live";
import type { IconName } from "@/parts/Icon";
import { useTitle } from "@/parts/use-title";
import { PAGES } from "virtual:help-index";
import { useMunicipality } from "./municipality";
import { sieve, type Entry } from "./palette-sieve";
import { useChangePreferences, type Theme } from "./preferences";
import type { Screen } from "./screens";

const THEMES: readonly Theme[] = ["dark", "light", "system"];
const LEAST_TYPED = 2;
const FOUND = 12;
const ICONS: Readonly<Record<string, IconName>> = { incident: "incident", zone: "layers" };

/** Everything that can be gone to or done from anywhere, without what lies on the server only. */
export function useEntries(screens: readonly Screen[]): Entry[] {
  const [places, parts, deeds] = [usePlaces(screens), useParts(screens), useDeeds()];
  const [alerts, sensors, t] = [useActiveAlerts(), useSensors(), useTranslations("app.palette")];
  const titleOf = useTitle();
  return useMemo(
    () => [
      ...places,
      ...parts,
      ...deeds,
      ...alerts.map((each) => ({ id: `alarm ${each.id}`, name: titleOf(each), icon: "alarm" as const, go: `/alarms/${each.id}` })),
      ...sensors.map((each) => ({ id: `sensor ${each.id}`, name: `${each.name} · ${each.device_id}`, icon: "sensor" as const, go: `/sensors/${each.id}` })),
      ...PAGES.map(({ id, title }) => ({ id: `help ${id}`, name: t("help", { title }), icon: "help" as const, go: `/help/${id}` })),
    ],
    [places, parts, deeds, alerts, sensors, t, titleOf],
  );
}

function usePlaces(screens: readonly Screen[]): Entry[] {
  const t = useTranslations("app");
  return useMemo(
    () => screens.map((each) => ({ id: each.path, name: t("palette.go", { screen: t(`screens.${each.name}`) }), icon: each.icon, go: each.path })),
    [screens, t],
  );
}

/** What lies on a tab of a screen, for those who see the screen. */
function useParts(screens: readonly Screen[]): Entry[] {
  const t = useTranslations();
  return useMemo(() => {
    const parts: [path: string, tab: string, name: string][] = [
      ["/devices", "?tab=keys", t("devices.keys")],
      ["/devices", "?tab=rejected", t("devices.rejected")],
      ["/devices", "?tab=limits", t("devices.limits")],
      ["/devices", "?tab=import", t("devices.import")],
      ["/people", "?tab=roles", t("people.roles")],
      ["/people", "?tab=tokens", t("people.tokens")],
      ["/people", "?tab=factor", t("people.secondFactor")],
      ["/notifications", "?tab=webhooks", t("notifications.webhooks")],
      ["/notifications", "?tab=deliveries", t("notifications.deliveries")],
      ["/settings", "?tab=retention", t("settings.retention")],
      ["/settings", "?tab=zones", t("settings.zones")],
      ["/system", "?tab=settings", t("app.screens.settings")],
      ["/system", "?tab=sign-in", t("system.signIn")],
      ["/system", "?tab=backups", t("system.backups")],
      ["/alarms", "/history", t("alarms.history")],
    ];
    return parts.flatMap(([path, tab, name]) => {
      const screen = screens.find((each) => each.path === path);
      const words = screen && t("app.palette.go", { screen: `${t(`app.screens.${screen.name}`)} · ${name}` });
      return words ? [{ id: path + tab, name: words, icon: screen.icon, go: path + tab }] : [];
    });
  }, [screens, t]);
}

/** What can be done at once, from wherever one is. */
function useDeeds(): Entry[] {
  const t = useTranslations();
  const may = useMay();
  const change = useChangePreferences();
  const { id: here, all, choose } = useMunicipality();
  return useMemo(
    () => [
      ...(may("incidents.report") ? [{ id: "new incident", name: t("incidents.new"), icon: "plus" as const, go: "/incidents/new" }] : []),
      ...(may("rules.edit") ? [{ id: "new rule", name: t("rules.new"), icon: "plus" as const, go: "/rules/new" }] : []),
      ...THEMES.map((theme) => ({
        id: `theme ${theme}`, name: `${t("app.theme.label")}: ${t(`app.theme.${theme}`)}`, icon: "settings" as const, go: () => change({ theme }),
      })),
      ...all.filter((each) => each.id !== here).map((each) => ({
        id: `town ${each.id}`, name: `${t("app.municipality")}: ${each.name}`, icon: "town" as const, go: () => choose(each.id),
      })),
      { id: "leave", name: t("app.signOut"), icon: "person" as const, go: () => void session.signOut() },
    ],
    [t, may, change, here, all, choose],
  );
}

/** What the server finds by these words: assets, zones, incidents; and rules, people, devices for who may see them. */
export function useFound(typed: string): Entry[] {
  const asked = typed.trim();
  return [...useFoundOnMap(asked), ...useFoundRules(asked), ...useFoundPeople(asked), ...useFoundKnocks(asked)];
}

/** Rules by name. */
function useFoundRules(asked: string): Entry[] {
  const t = useTranslations("app.screens");
  const { id: municipality_id } = useMunicipality();
  const query = { q: asked, limit: FOUND, municipality_id };
  const { data: found } = useQuery({
    queryKey: ["found rules", municipality_id, asked],
    queryFn: ({ signal }) => data(api.GET("/api/v1/rules", { params: { query }, signal })),
    enabled: asked.length >= LEAST_TYPED,
    placeholderData: keepPreviousData,
  });
  if (asked.length < LEAST_TYPED) return [];
  return (found ?? []).map((each) => ({ id: `rule ${each.id}`, name: `${each.name} · ${t("rules")}`, icon: "rule", go: `/rules/${each.id}` }));
}

/** People by user name, full name or address, for who looks after them. */
function useFoundPeople(asked: string): Entry[] {
  const t = useTranslations("app.screens");
  const { id: municipality_id } = useMunicipality();
  const may = useMay()("users.manage");
  const query = { q: asked, limit: FOUND, municipality_id };
  const { data: found } = useQuery({
    queryKey: ["found people", municipality_id, asked],
    queryFn: ({ signal }) => data(api.GET("/api/v1/users", { params: { query }, signal })),
    enabled: may && asked.length >= LEAST_TYPED,
    placeholderData: keepPreviousData,
  });
  if (!may || asked.length < LEAST_TYPED) return [];
  return (found ?? []).map((each) => ({
    id: `person ${each.id}`,
    name: [each.username, each.full_name, t("people")].filter(Boolean).join(" · "),
    icon: "person",
    go: `/people?person=${each.id}`,
  }));
}

/** Devices that knock and that nobody knows yet; those that are known are found as sensors. */
function useFoundKnocks(asked: string): Entry[] {
  const t = useTranslations("devices");
  const { id: municipality_id } = useMunicipality();
  const may = useMay()("intake.inspect");
  const { data: found } = useQuery({
    queryKey: ["found knocks", municipality_id],
    queryFn: ({ signal }) => data(api.GET("/api/v1/devices/knocks", { params: { query: { limit: 1000, municipality_id } }, signal })),
    enabled: may && asked.length >= LEAST_TYPED,
    staleTime: 10_000,
  });
  if (!may || asked.length < LEAST_TYPED) return [];
  const entries = (found ?? []).map((each) => ({
    id: `knock ${each.id}`, name: `${each.device_id} · ${t("knocks")}`, icon: "device" as const, go: "/devices?tab=knocks",
  }));
  return sieve(entries, asked, FOUND);
}

/** Pipes and other assets, zones, incidents. */
function useFoundOnMap(asked: string): Entry[] {
  const { id } = useMunicipality();
  const { data: found } = useQuery({
    queryKey: ["search", id, asked],
    queryFn: ({ signal }) => data(api.GET("/api/v1/search", { params: { query: { q: asked, limit: FOUND, municipality_id: id } }, signal })),
    enabled: asked.length >= LEAST_TYPED,
    placeholderData: keepPreviousData,
  });
  const kinds = useTranslations("map.find.kinds");
  if (asked.length < LEAST_TYPED) return [];
  return (found ?? [])
    .filter((each) => each.kind !== "sensor" && each.kind !== "alert")
    .map((each) => ({
      id: `${each.kind} ${each.id}`,
      name: [each.name, kinds.has(each.kind as "zone") ? kinds(each.kind as "zone") : each.kind, each.detail].filter(Boolean).join(" · "),
      icon: ICONS[each.kind] ?? "map",
      go: addressOf(each),
    }));
}

function addressOf({ kind, id }: Schemas["FoundOut"]): string {
  if (kind === "incident") return `/incidents/${id}`;
  return `/map?show=${kind === "zone" ? "zone" : "asset"}:${id}`;
}
