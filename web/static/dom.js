// @ts-check
/** Building and mending the page. What comes from outside only ever becomes text, never markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element: `h("button", {class: "main", onclick: save}, "Save")`.
 * A function becomes a listener, true an empty attribute; null and false are left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else set(element, name, value);
  }
  element.append(...solid(children));
  return element;
}

/**
 * Set or remove an attribute, touching the page only where it differs.
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function set(element, name, value) {
  const wanted = value === true ? "" : value;
  if (wanted === false || wanted === null || wanted === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(wanted)) element.setAttribute(name, String(wanted));
}

/**
 * Set the text, touching the page only where it differs, so that a screen reader stays calm.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Replace what an element holds.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...solid(children));
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function solid(children) {
  const kept = [];
  for (const child of children) {
    if (child instanceof Node) kept.push(child);
    else if (child !== null && child !== undefined && child !== false) kept.push(String(child));
  }
  return kept;
}

/** The way back from a detail to the lists: an address without a choice. */
export function closeButton() {
  const back = () => {
    location.hash = "";
  };
  return h("button", { class: "close", onclick: back }, "Close");
}

/**
 * Find an element that the page promises to have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function the(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * Keep one child per item, in order. Rows stay the same elements, and the focus stays where it is.
 * @template T
 * @param {Element} list
 * @param {T[]} items
 * @param {(item: T) => string | number} key
 * @param {(item: T) => Element} make
 * @param {(row: any, item: T) => void} mend
 */
export function keyed(list, items, key, make, mend) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const known = new Map([...list.children].map((row) => [row.getAttribute("data-key"), row]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const row = known.get(name) ?? make(item);
    known.delete(name);
    set(row, "data-key", name);
    mend(row, item);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const gone of known.values()) gone.remove();
  // A row that moves loses the focus on its way.
  if (focused && focused !== document.activeElement && focused.isConnected) {
    /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
  }
}

/**
 * Make up and down walk through the buttons of a list.
 * @param {HTMLElement} list
 */
export function walkByArrows(list) {
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...list.querySelectorAll("button")];
    const here = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const there = buttons[Math.max(0, Math.min(buttons.length - 1, here + step))];
    there?.focus();
    event.preventDefault();
  });
}
