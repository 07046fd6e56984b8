/**
 * A display on the wall has no person in front of it. It goes in with a service token of its own, which
 * may look and do nothing else, and which is good on the wall alone: every other page asks who one is.
 */

const WALL = "/wall";
const KEPT = "weir.display";
const MAY: readonly string[] = ["network.view"];

/** A token that may do more than look has no place in a browser that nobody watches. */
export const TOO_STRONG = "token_too_strong";

/** Take a token out of the address (`/wall#token=weir_…`) and keep it; from then on it is seen nowhere. */
export function takeTokenFromAddress(): boolean {
  const token = /^#token=(.*)$/.exec(location.hash)?.[1];
  if (token === undefined || location.pathname !== WALL) return false;
  // A fragment is sent to nobody, and this way it is in no history either.
  history.replaceState(null, "", `${location.pathname}${location.search}`);
  keepDisplayToken(decodeURIComponent(token).trim());
  return true;
}

export function keepDisplayToken(token: string): void {
  localStorage.setItem(KEPT, token);
}

export function forgetDisplayToken(): void {
  localStorage.removeItem(KEPT);
}

/** The token of this display, where the page is the wall and it has one. */
export function displayToken(): string | null {
  return location.pathname === WALL ? localStorage.getItem(KEPT) : null;
}

/** Whether whoever has these permissions can only look. */
export function onlyLooks(permissions: readonly string[]): boolean {
  return permissions.every((each) => MAY.includes(each));
}
