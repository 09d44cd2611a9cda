// The field for a new password: checks the length while typing, shows the password, and warns about Caps Lock.

import { byId } from "./page.js";

const PAUSE = 1000; // Milliseconds without typing until screen readers announce the count.
const field = byId("password");
const box = byId("length");
const toggle = byId("show");
const { min, max, unit } = box.dataset;
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\x01-\x08\x0e-\x1f\x7f-\x9f\u2800]/gu;
let pause;

// Returns how many characters a person sees, as the API does: api/passwords/readings.py.
function seen(password) {
  const visible = password.normalize("NFC").replace(UNSEEN, "");
  return [...visible.replace(/([\x00-\x7f])\p{M}+/gu, "$1").replace(/[\p{Me}\p{Script=Inherited}]/gu, "")].length;
}

// Returns the API's reason codes for a length: bytes are those of UTF-8.
export function lengthReasons(password) {
  const characters = seen(password);
  const size = unit === "bytes" ? new TextEncoder().encode(password).length : characters;
  const found = { too_short: characters < Number(min), too_long: size > Number(max) };
  return Object.keys(found).filter((reason) => found[reason]);
}

function look() {
  const masked = field.type === "password";
  field.type = masked ? "text" : "password";
  toggle.setAttribute("aria-pressed", String(masked));
}

function count() {
  const characters = seen(field.value);
  const state = lengthReasons(field.value).pop() || "enough";
  box.querySelector(".clock").textContent = characters;
  box.style.setProperty("--part", Math.min(1, characters / min));
  box.dataset.state = state;
  for (const line of box.querySelectorAll("[data-length]")) line.hidden = !characters || line.dataset.length !== state;
  clearTimeout(pause);
  pause = setTimeout(tell, PAUSE);
}

function tell() {
  const line = box.querySelector("[data-length]:not([hidden])");
  box.querySelector(".heard").textContent = line ? line.textContent : "";
}

function lookForCapsLock(event) {
  // What a password manager fills in comes with events that know no keys.
  byId("caps").firstElementChild.hidden = !(event.getModifierState && event.getModifierState("CapsLock"));
}

field.addEventListener("input", count);
for (const kind of ["keydown", "keyup", "mousedown", "blur"]) field.addEventListener(kind, lookForCapsLock);
toggle.addEventListener("click", look);
