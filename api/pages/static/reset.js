// The page that the email links to. It posts to its own path.

import { post } from "./api.js";
import { Form } from "./form.js";
import { tokenIn } from "./link.js";
import { byId, here, ready, show } from "./page.js";
import { lengthReasons } from "./password.js";

const DEAD = "invalid_or_expired_token";
const AT_ONCE = 300; // Milliseconds to wait for the check, so that the form does not flash up for a dead link.
// The outcome of these requests is unknown: if the link is dead afterwards, the password may have been set.
const UNKNOWN = new Set(["no_answer", "offline", "internal_error", "unavailable"]);
let token = "";
let sent = ""; // The token of the request in flight.

// Removes the token from the address bar before anything else; the language may stay.
function takeLink() {
  const found = tokenIn(location.href);
  const chosen = new URLSearchParams(location.search).has("locale") ? `?locale=${document.documentElement.lang}` : "";
  history.replaceState(found ? null : history.state, "", here() + chosen);
  return found;
}

// Keeps what a reload, a tab that the phone drops, and the way back need, with this entry of the browser's history. No
// other page can read it, and the token goes when it is used or dead.
function remember(shown) {
  history.replaceState({ token, shown, unsure: !byId("maybe-set").hidden }, "");
}

async function open(found, unsure = false) {
  token = found;
  byId("link").value = "";
  // A password typed so far was meant for another link, perhaps for another account.
  byId("password").value = "";
  byId("password").dispatchEvent(new Event("input", { bubbles: true }));
  byId("maybe-set").hidden = !unsure;
  remember("reset");
  const late = new Promise((resolve) => setTimeout(resolve, AT_ONCE, false));
  if (!(await Promise.race([isDead(found), late]))) show("reset", byId("password"));
}

async function paste() {
  const found = tokenIn(byId("link").value);
  if (found) await open(found);
  return { code: found ? "ok" : "no_link" };
}

// Only looks for a dead link: other errors are shown when the password is sent.
async function isDead(found) {
  const { code } = await post(`${here()}/check`, { token: found });
  if (token !== found || (code !== DEAD && code !== "invalid_request")) return false;
  end("dead");
  return true;
}

function end(state) {
  token = "";
  byId("password").value = "";
  remember(state);
  show(state);
}

function send() {
  const password = byId("password").value;
  const reasons = lengthReasons(password);
  sent = token;
  return reasons.length ? { code: "weak_password", reasons } : post(here(), { token, password });
}

function settle({ code }) {
  if (sent !== token) return true; // Another link has been opened since.
  if (UNKNOWN.has(code)) {
    byId("maybe-set").hidden = false;
    remember("reset");
  }
  if (code === "ok") end("done");
  if (code === DEAD) end("dead");
  return code === "ok" || code === DEAD;
}

new Form(byId("choose"), send, settle);
new Form(byId("follow"), paste, ({ code }) => code === "ok");

async function begin() {
  const link = takeLink();
  const kept = history.state || {};
  if (link) return open(link);
  if (kept.token) return open(kept.token, kept.unsure);
  token = "";
  byId("maybe-set").hidden = !kept.unsure;
  return kept.shown ? show(kept.shown) : show("paste", byId("link"));
}

// Opening another link in the same tab, or going back to an earlier one, does not reload the page.
addEventListener("hashchange", () => location.hash && begin());
addEventListener("popstate", () => location.hash || begin());
begin().then(ready);
