import type { Schemas } from "@/api/client";
import type { Person, Role } from "./queries";

/** What the form says; roles of the municipality's own are written `#12`. */
export interface Said {
  username: string;
  fullName: string;
  email: string;
  password: string;
  role: string;
  zones: string[] | null;
  enabled: boolean;
}

export function roleKey(id: number): string {
  return `#${id}`;
}

/** The number of a role of one's own, or null for one that comes with Weir. */
export function roleOfKey(key: string): number | null {
  return key.startsWith("#") ? Number(key.slice(1)) : null;
}

export function said(person: Person | null): Said {
  return {
    username: person?.username ?? "",
    fullName: person?.full_name ?? "",
    email: person?.email ?? "",
    password: "",
    role: person ? (person.role_id === null ? person.role : roleKey(person.role_id)) : "operator",
    zones: person?.zone_ids?.map(String) ?? null,
    enabled: person?.enabled ?? true,
  };
}

/** Only what is different: what somebody else has changed meanwhile is left as it is. */
export function changes(form: Said, person: Person | null): Schemas["UserPatch"] {
  const before = said(person);
  const own = roleOfKey(form.role);
  const zones = form.zones === null ? null : form.zones.map(Number);
  const isZoned = form.role === "technician" || own !== null;
  const areOther = JSON.stringify(form.zones) !== JSON.stringify(before.zones);
  return {
    ...(form.fullName !== before.fullName && { full_name: form.fullName }),
    ...(form.email !== before.email && { email: form.email }),
    ...(form.password !== "" && { password: form.password }),
    ...((!person || form.role !== before.role) && (own === null ? { role: form.role as Role } : { role_id: own })),
    ...(isZoned && areOther && { zone_ids: zones }),
    ...(form.enabled !== before.enabled && { enabled: form.enabled }),
  };
}
