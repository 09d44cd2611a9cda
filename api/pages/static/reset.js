// The page that the mail's link leads to. It posts to its own path.

import { post } from "./api.js";
import { Form } from "./form.js";
import { tokenIn } from "./link.js";
import { byId, ready, show } from "./page.js";
import { lengthReasons } from "./password.js";

const DEAD = "invalid_or_expired_token";
const AT_ONCE = 300; // Milliseconds that the page waits for the check, so that a dead link shows no form first.
// Nobody knows what became of a request that ended so: a link that is dead afterwards may have done its work.
const UNKNOWN = new Set(["no_answer", "offline", "internal_error", "unavailable"]);
let token = "";
let sent = ""; // The token of the request that is on its way.

// The token leaves the address bar before anything else happens; the language may stay.
function takeLink() {
  const found = tokenIn(location.href);
  const chosen = new URLSearchParams(location.search).has("locale") ? `?locale=${document.documentElement.lang}` : "";
  history.replaceState(found ? null : history.state, "", location.pathname + chosen);
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
  // Typed for another link, perhaps another account.
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

// A courtesy: whatever else is in the way will be said when the password is sent.
async function isDead(found) {
  const { code } = await post(`${location.pathname}/check`, { token: found });
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
  return reasons.length ? { code: "weak_password", reasons } : post(location.pathname, { token, password });
}

function settle({ code }) {
  if (sent !== token) return true; // Another link was opened meanwhile.
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

// Another link opened in the same tab, or the way back to an earlier one, loads nothing.
addEventListener("hashchange", () => location.hash && begin());
addEventListener("popstate", () => location.hash || begin());
begin().then(ready);
