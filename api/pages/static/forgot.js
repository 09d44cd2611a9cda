// The page that asks for an email address. It posts to its own path.

import { post } from "./api.js";
import { Form } from "./form.js";
import { byId, here, ready, show } from "./page.js";

const email = byId("email");
let wait = 60; // Seconds until the email can be requested again; doubled each time.

function send() {
  byId("again-sent").hidden = true;
  return post(here(), { email: email.value });
}

function rest() {
  again.pause(wait);
  const until = Date.now() + wait * 1000;
  wait *= 2;
  // For a reload, a tab that the phone drops, and the way back: the browser keeps it with this entry of its history.
  history.replaceState({ email: email.value, wait, until }, "");
}

function showSent() {
  byId("typed").textContent = email.value.trim();
  show("sent");
}

function sent(answer) {
  if (answer.code !== "ok") return false;
  showSent();
  rest();
  return true;
}

function sentAgain(answer) {
  if (answer.code !== "ok") return false;
  byId("again-sent").hidden = false;
  rest();
  return true;
}

new Form(byId("ask"), send, sent);
const again = new Form(byId("again"), send, sentAgain);

// Goes back without loading the page again, and keeps the address so that it can be corrected.
byId("another").addEventListener("click", (event) => {
  event.preventDefault();
  history.replaceState(null, "");
  show("forgot", email);
  email.select();
});

function resume(kept) {
  email.value = kept.email;
  wait = kept.wait;
  showSent();
  const left = (kept.until - Date.now()) / 1000;
  if (left > 0) again.pause(Math.min(left, wait));
}

if (history.state && history.state.email) resume(history.state);
ready();
