// @ts-check
/** The start: which of set-up, sign-in and control room is shown. */

import { Api, ApiError } from "./api.js";
import { the } from "./dom.js";
import { Room } from "./room.js";

const RETRY = 3000;
const api = new Api();
/** @type {Room | null} */
let room = null;

/**
 * @param {"starting" | "setup" | "signin" | "room"} view
 */
function show(view) {
  document.body.dataset.view = view;
  const first = /** @type {HTMLElement | null} */ (document.querySelector(`#${view} input`));
  if (view !== "room") first?.focus();
}

async function begin() {
  try {
    if (await api.resume()) return enter();
    const { needed, sign_in_possible } = await api.open("GET", "/api/v1/setup");
    the("to-setup").hidden = !needed;
    the("to-signin").hidden = !sign_in_possible;
    show(needed && !sign_in_possible ? "setup" : "signin");
  } catch (error) {
    the("starting").textContent = `${/** @type {Error} */ (error).message} Trying again …`;
    setTimeout(begin, RETRY);
  }
}

function enter() {
  show("room");
  room = new Room(api);
  room.enter();
}

/**
 * Let a form speak with the server: one try at a time, and what was wrong is said beside it.
 * @param {string} id
 * @param {(fields: Record<string, string>) => Promise<void>} send
 */
function onSubmit(id, send) {
  const form = /** @type {HTMLFormElement} */ (the(id));
  const complaint = /** @type {HTMLElement} */ (form.querySelector(".complaint"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    complaint.textContent = "";
    button.disabled = true;
    try {
      await send(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))));
      form.reset();
      enter();
    } catch (error) {
      complaint.textContent = /** @type {Error} */ (error).message;
    } finally {
      button.disabled = false;
    }
  });
}

the("to-setup-button").addEventListener("click", () => show("setup"));
the("to-signin-button").addEventListener("click", () => show("signin"));

onSubmit("signin-form", ({ username, password }) => api.signIn(username, password));

onSubmit("setup-form", async ({ again, ...first }) => {
  if (again !== first.password) throw new Error("The two passwords differ.");
  const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    await api.open("POST", "/api/v1/setup", { ...first, time_zone });
    the("to-setup").hidden = true;
  } catch (error) {
    // Somebody else was faster, or the answer was lost on its way: the sign-in tells which.
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
  await api.signIn(first.username, first.password);
});

api.addEventListener("signed-out", (event) => {
  room?.leave();
  room = null;
  show("signin");
  const why = /** @type {CustomEvent} */ (event).detail;
  if (why !== "Signed out") {
    /** @type {HTMLElement} */ (document.querySelector("#signin .complaint")).textContent = why;
  }
});

begin();
