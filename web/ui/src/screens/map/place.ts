import { MODES, type Mode } from "./looks";

export type Kind = "asset" | "sensor" | "alert" | "zone";

export interface Selected {
  kind: Kind;
  id: number;
}

export interface View {
  lng: number;
  lat: number;
  zoom: number;
}

/** What a reload, a bookmark or a colleague who is sent the address should see again. */
export interface Place {
  view: View | null;
  selected: Selected | null;
  mode: Mode;
}

const KINDS: readonly Kind[] = ["asset", "sensor", "alert", "zone"];

/** Read `?at=15.2/54.61/8.71&show=asset:12&colour=age`; what makes no sense is left out. */
export function placeOf(search: string): Place {
  const asked = new URLSearchParams(search);
  const colour = asked.get("colour");
  return {
    view: viewOf(asked.get("at") ?? ""),
    selected: selectedOf(asked.get("show") ?? ""),
    mode: MODES.find((mode) => mode === colour) ?? "size",
  };
}

/** Write it; other parameters of the address stay. */
export function searchOf(search: string, place: Place): string {
  const written = new URLSearchParams(search);
  const put = (name: string, value: string | null): void => {
    if (value === null) written.delete(name);
    else written.set(name, value);
  };
  const { view, selected, mode } = place;
  put("at", view && `${view.zoom.toFixed(2)}/${view.lat.toFixed(5)}/${view.lng.toFixed(5)}`);
  put("show", selected && `${selected.kind}:${selected.id}`);
  put("colour", mode === "size" ? null : mode);
  return written.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
}

function viewOf(text: string): View | null {
  const parts = text.split("/").map(Number);
  const [zoom, lat, lng] = parts;
  if (parts.length !== 3 || zoom === undefined || lat === undefined || lng === undefined) return null;
  const isReal = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 90 && Math.abs(lng) <= 180;
  return isReal ? { zoom, lat, lng } : null;
}

function selectedOf(text: string): Selected | null {
  const [word, number, ...more] = text.split(":");
  const kind = KINDS.find((each) => each === word);
  const id = Number(number);
  return kind && more.length === 0 && Number.isSafeInteger(id) && id > 0 ? { kind, id } : null;
}
