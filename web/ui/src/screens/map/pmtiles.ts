import { PMTiles, Protocol, type RangeResponse, type Source } from "pmtiles";
import type { AddProtocolAction } from "maplibre-gl";
import { raw } from "@/api/client";
import { BASE, type Base } from "./base";

const protocol = new Protocol();

/** A file on our own server, read by parts with the session's token. */
class Signed implements Source {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  getKey(): string {
    return BASE;
  }

  async getBytes(offset: number, length: number, signal?: AbortSignal): Promise<RangeResponse> {
    const range = { Range: `bytes=${offset}-${offset + length - 1}` };
    const answer = await raw(this.#url, { headers: range, ...(signal && { signal }) });
    return { data: await answer.arrayBuffer() };
  }
}

/** Have `pmtiles://base/…` read this base map; gives the names of its layers, if it is a vector map. */
export async function openPmtiles(base: Base): Promise<string[]> {
  const file = new PMTiles(new Signed(base.url));
  protocol.tiles.clear();
  protocol.add(file);
  const said = (await file.getMetadata().catch(() => null)) as { vector_layers?: unknown } | null;
  const layers = Array.isArray(said?.vector_layers) ? (said.vector_layers as { id?: unknown }[]) : [];
  return layers.flatMap(({ id }) => (typeof id === "string" ? [id] : []));
}

/** What MapLibre asks for a tile of `pmtiles://base`. */
export const pmtilesHere: AddProtocolAction = (request, abort) =>
  protocol.tile(request as never, abort) as ReturnType<AddProtocolAction>;
