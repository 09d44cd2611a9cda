// The field for a new password: checks the length while typing, shows the password, and warns about Caps Lock.

import { byId } from "./page.js";

const PAUSE = 1000; // Milliseconds without typing until screen readers announce the count.
const field = byId("password");
const box = byId("length");
const toggle = byId("show");
const { min, max, unit } = box.dataset;
let pause;

// Returns the API's reason codes for a length: characters are code points, bytes are those of UTF-8.
export function lengthReasons(password) {
  const characters = [...password].length;
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
  const characters = [...field.value].length;
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
