// @ts-check
/** Which municipality is shown: one's own, or for a super admin the one chosen. */

import { fill, h, say, the } from "./dom.js";

const KEPT = "weir.municipality";

/**
 * Give the municipality's id, and show its name and, where there is a choice, the choice. Throws an
 * ApiError when the server can't be asked.
 * @param {import("./api.js").Api} api
 * @param {AbortSignal} signal
 * @returns {Promise<number>}
 */
export async function chooseTown(api, signal) {
  const user = /** @type {import("./types.js").User} */ (api.user);
  say(the("who"), user.full_name || user.username);
  /** @type {{id: number, name: string}[]} */
  const towns = await api.all("/api/v1/municipalities");
  const wanted = user.municipality_id ?? Number(localStorage.getItem(KEPT));
  const town = towns.find(({ id }) => id === wanted) ?? towns[0];
  say(the("town"), town?.name ?? "");
  offer(towns, town?.id, signal);
  return user.municipality_id ?? town?.id ?? 0;
}

/**
 * @param {{id: number, name: string}[]} towns
 * @param {number | undefined} chosen
 * @param {AbortSignal} signal
 */
function offer(towns, chosen, signal) {
  const list = /** @type {HTMLSelectElement} */ (the("towns"));
  the("town-choice").hidden = towns.length < 2;
  the("town").hidden = towns.length > 1;
  fill(list, ...towns.map(({ id, name }) => h("option", { value: id, selected: id === chosen }, name)));
  list.addEventListener("change", () => {
    localStorage.setItem(KEPT, list.value);
    location.hash = "";
    location.reload();
  }, { signal });
}
