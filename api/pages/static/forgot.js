// The page that asks for an email address. It posts to its own path.

import { post } from "./api.js";
import { Form } from "./form.js";
import { byId, show } from "./page.js";

const email = byId("email");
let wait = 60; // Seconds until the email can be requested again; doubled each time.

function send() {
  byId("again-sent").hidden = true;
  return post(location.pathname, { email: email.value });
}

function rest() {
  again.pause(wait);
  wait *= 2;
}

function sent(answer) {
  if (answer.code !== "ok") return false;
  byId("typed").textContent = email.value.trim();
  show("sent");
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
  show("forgot", email);
  email.select();
});
