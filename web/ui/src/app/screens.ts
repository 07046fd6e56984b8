import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import type { Messages } from "@/strings/en";
import type { IconName } from "@/parts/Icon";

export type ScreenName = keyof Messages["app"]["screens"];
export type Group = keyof Messages["app"]["groups"];

export interface Screen {
  name: ScreenName;
  /** Where it lies; what follows is the screen's own (`/sensors/12`). */
  path: string;
  icon: IconName;
  group: Group;
  /** Left out for people without it; null is for everybody. */
  permission: string | null;
  /** Its place in the bar of a phone, if it has one. */
  thumb?: number;
  /** Shown without navigation around it. */
  bare?: boolean;
  body: LazyExoticComponent<ComponentType>;
}

/**
 * Every screen there is, in the order of the navigation. A screen is a folder under `screens/` with a
 * `Screen.tsx`; it is loaded when somebody first goes there.
 */
export const SCREENS: readonly Screen[] = [
  {
    name: "overview",
    path: "/overview",
    icon: "overview",
    group: "watch",
    permission: "network.view",
    thumb: 2,
    body: lazy(() => import("@/screens/overview/Screen")),
  },
  {
    name: "alarms",
    path: "/alarms",
    icon: "alarm",
    group: "watch",
    permission: "network.view",
    thumb: 1,
    body: lazy(() => import("@/screens/alarms/Screen")),
  },
  {
    name: "map",
    path: "/map",
    icon: "map",
    group: "watch",
    permission: "network.view",
    thumb: 2,
    body: lazy(() => import("@/screens/map/Screen")),
  },
  {
    name: "sensors",
    path: "/sensors",
    icon: "sensor",
    group: "watch",
    permission: "network.view",
    thumb: 3,
    body: lazy(() => import("@/screens/sensors/Screen")),
  },
  {
    name: "devices",
    path: "/devices",
    icon: "device",
    group: "set",
    permission: "intake.inspect",
    body: lazy(() => import("@/screens/devices/Screen")),
  },
  {
    name: "people",
    path: "/people",
    icon: "people",
    group: "set",
    permission: "users.manage",
    body: lazy(() => import("@/screens/people/Screen")),
  },
  {
    name: "rules",
    path: "/rules",
    icon: "rule",
    group: "set",
    permission: "network.view",
    body: lazy(() => import("@/screens/rules/Screen")),
  },
  {
    name: "incidents",
    path: "/incidents",
    icon: "incident",
    group: "work",
    permission: "network.view",
    thumb: 4,
    body: lazy(() => import("@/screens/incidents/Screen")),
  },
  {
    name: "maintenance",
    path: "/maintenance",
    icon: "work",
    group: "work",
    permission: "network.view",
    body: lazy(() => import("@/screens/maintenance/Screen")),
  },
  {
    name: "wall",
    path: "/wall",
    icon: "wall",
    group: "watch",
    permission: "network.view",
    bare: true,
    body: lazy(() => import("@/screens/wall/Screen")),
  },
  {
    name: "notifications",
    path: "/notifications",
    icon: "bell",
    group: "set",
    permission: "channels.manage",
    body: lazy(() => import("@/screens/notifications/Screen")),
  },
  {
    name: "settings",
    path: "/settings",
    icon: "settings",
    group: "set",
    permission: "settings.manage",
    body: lazy(() => import("@/screens/settings/Screen")),
  },
  {
    name: "firstSteps",
    path: "/set-up",
    icon: "check",
    group: "set",
    permission: "settings.manage",
    body: lazy(() => import("@/screens/set-up/Screen")),
  },
  {
    name: "account",
    path: "/account",
    icon: "person",
    group: "set",
    permission: null,
    body: lazy(() => import("@/screens/account/Screen")),
  },
  {
    name: "audit",
    path: "/audit",
    icon: "audit",
    group: "system",
    permission: "audit.view",
    body: lazy(() => import("@/screens/audit/Screen")),
  },
  {
    name: "municipalities",
    path: "/municipalities",
    icon: "town",
    group: "system",
    permission: "system.administer",
    body: lazy(() => import("@/screens/municipalities/Screen")),
  },
  {
    name: "system",
    path: "/system",
    icon: "system",
    group: "system",
    permission: "system.administer",
    body: lazy(() => import("@/screens/system/Screen")),
  },
  {
    name: "help",
    path: "/help",
    icon: "help",
    group: "system",
    permission: null,
    body: lazy(() => import("@/screens/help/Screen")),
  },
  {
    name: "about",
    path: "/about",
    icon: "about",
    group: "system",
    permission: null,
    body: lazy(() => import("@/screens/about/Screen")),
  },
];

/** The screen of a path, the first of all for the root. */
export function screenOf(path: string): Screen | undefined {
  return path === "/" ? SCREENS[0] : SCREENS.find((each) => path === each.path || path.startsWith(`${each.path}/`));
}
