// @ts-check
/** Where the map looks: moves, zooms and pinches a window on the plane, in metres east and south. */

const METRES_PER_DEGREE = 111_320;
const CLOSEST = 40; // pixels a metre
const STEP = 60;

export class View {
  constructor() {
    /** Pixels a metre, and the place on the screen of the plane's origin. */
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.origin = { longitude: 0, latitude: 0, squeeze: 1 };
    this.least = 1e-6;
    /** Whether a person has moved it; if not, it follows the size of the window. */
    this.moved = false;
  }

  /**
   * Set the middle of the plane. Locally flat: a town is small beside the Earth.
   * @param {number} longitude
   * @param {number} latitude
   */
  centre(longitude, latitude) {
    this.origin = { longitude, latitude, squeeze: Math.cos((latitude * Math.PI) / 180) };
  }

  /**
   * Degrees to metres.
   * @param {[number, number]} place longitude, latitude
   * @returns {[number, number]}
   */
  plane([longitude, latitude]) {
    const { origin } = this;
    return [
      (longitude - origin.longitude) * METRES_PER_DEGREE * origin.squeeze,
      (origin.latitude - latitude) * METRES_PER_DEGREE,
    ];
  }

  /**
   * Metres to pixels.
   * @param {[number, number]} point
   * @returns {[number, number]}
   */
  screen([east, south]) {
    return [this.x + east * this.scale, this.y + south * this.scale];
  }

  /**
   * Show all of a box in metres.
   * @param {{west: number, east: number, north: number, south: number}} box
   * @param {number} width
   * @param {number} height
   */
  fit(box, width, height) {
    const room = Math.min(60, width / 8);
    const wide = Math.max(box.east - box.west, 50);
    const high = Math.max(box.south - box.north, 50);
    this.scale = Math.max(1e-6, Math.min((width - 2 * room) / wide, (height - 2 * room) / high));
    this.least = this.scale / 8;
    this.x = width / 2 - ((box.west + box.east) / 2) * this.scale;
    this.y = height / 2 - ((box.north + box.south) / 2) * this.scale;
    this.moved = false;
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.moved = true;
  }

  /**
   * Zoom so that the place under x, y stays there.
   * @param {number} factor
   * @param {number} x
   * @param {number} y
   */
  zoom(factor, x, y) {
    const scale = Math.max(this.least, Math.min(CLOSEST, this.scale * factor));
    const real = scale / this.scale;
    this.x = x - (x - this.x) * real;
    this.y = y - (y - this.y) * real;
    this.scale = scale;
    this.moved = true;
  }
}

/**
 * Let mouse, fingers and keys move a view.
 * @param {HTMLElement} element
 * @param {View} view
 * @param {{draw: () => void, fit: () => void, tap: (x: number, y: number) => void, hover: (x: number, y: number) => void}} on
 */
export function steer(element, view, on) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let travelled = 0;
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    if (fingers.size === 0) travelled = 0;
    fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  });
  element.addEventListener("pointermove", (event) => {
    const was = fingers.get(event.pointerId);
    const now = { x: event.offsetX, y: event.offsetY };
    if (!was) return on.hover(now.x, now.y);
    travelled += Math.hypot(now.x - was.x, now.y - was.y);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(view, was, now, other);
    else if (travelled > 4) view.pan(now.x - was.x, now.y - was.y);
    fingers.set(event.pointerId, now);
    on.draw();
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    const alone = fingers.delete(event.pointerId) && fingers.size === 0;
    if (alone && travelled <= 4 && event.type === "pointerup") on.tap(event.offsetX, event.offsetY);
  };
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, /** @type {any} */ (lift));
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
    view.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 300), event.offsetX, event.offsetY);
    on.draw();
  }, { passive: false });
  element.addEventListener("keydown", (event) => byKey(event, element, view, on));
}

/**
 * @param {View} view
 * @param {{x: number, y: number}} was
 * @param {{x: number, y: number}} now
 * @param {{x: number, y: number}} other
 */
function pinch(view, was, now, other) {
  const before = Math.hypot(was.x - other.x, was.y - other.y);
  const after = Math.hypot(now.x - other.x, now.y - other.y);
  view.pan((now.x - was.x) / 2, (now.y - was.y) / 2);
  if (before > 0) view.zoom(after / before, (now.x + other.x) / 2, (now.y + other.y) / 2);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} element
 * @param {View} view
 * @param {{draw: () => void, fit: () => void}} on
 */
function byKey(event, element, view, on) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const [x, y] = [element.clientWidth / 2, element.clientHeight / 2];
  /** @type {Record<string, () => void>} */
  const moves = {
    ArrowLeft: () => view.pan(STEP, 0), ArrowRight: () => view.pan(-STEP, 0),
    ArrowUp: () => view.pan(0, STEP), ArrowDown: () => view.pan(0, -STEP),
    "+": () => view.zoom(1.4, x, y), "=": () => view.zoom(1.4, x, y), "-": () => view.zoom(1 / 1.4, x, y),
    0: on.fit,
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  move();
  on.draw();
}
