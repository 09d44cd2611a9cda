// A form that never has two requests in flight, shows errors, and waits as long as the server tells it to.

import { countdown } from "./clock.js";

const SLOW = 3000; // Milliseconds.
const TRIES = 3; // Automatic retries. They are safe: if the API says "unavailable", nothing was changed.
const JITTER = 2; // Seconds, so that not all pages retry at the same moment.

export class Form {
  // `send` returns an answer like those of `post`. `settle` gets it, and returns true if no message is needed.
  constructor(element, send, settle) {
    Object.assign(this, { element, send, settle, busy: false, counts: {} });
    this.field = element.querySelector("input");
    this.button = element.querySelector("button:not([type])");
    element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    element.addEventListener("input", () => this.typed());
    addEventListener("online", () => this.reveal("[data-code=offline]", false));
    this.button.disabled = false;
    this.mark();
  }

  async submit() {
    if (this.busy || this.counts.person) return;
    this.busy = true;
    for (let repeats = 0; await this.attempt(repeats); repeats++);
    this.busy = false;
    this.mark();
  }

  // Sends once, and resolves to true if it should be sent again.
  async attempt(repeats) {
    this.say("");
    const answer = await this.ask();
    if (this.settle(answer)) return false;
    const again = answer.code === "unavailable" && repeats < TRIES;
    this.say(again ? "retrying" : answer.code, answer.reasons);
    if (answer.code === "rate_limited") this.pause(answer.wait).then(() => this.say(""));
    return again && this.count("page", answer.wait * 2 ** repeats + Math.random() * JITTER);
  }

  async ask() {
    this.mark("true");
    const slow = setTimeout(() => this.reveal("[data-slow]", true), SLOW);
    const answer = await this.send();
    clearTimeout(slow);
    this.reveal("[data-slow]", false);
    this.mark();
    return answer;
  }

  // Blocks the button for some seconds, and shows the remaining time.
  async pause(seconds) {
    const end = this.count("person", seconds);
    this.mark();
    await end;
    this.mark();
  }

  async count(kind, seconds) {
    if (this.counts[kind]) this.counts[kind].abort();
    const control = (this.counts[kind] = new AbortController());
    const finished = await countdown(this.element.querySelector(`[data-wait=${kind}]`), seconds, control.signal);
    if (this.counts[kind] === control) delete this.counts[kind];
    return finished;
  }

  // Typing makes earlier messages obsolete, except a wait that the server asked for.
  typed() {
    if (this.counts.page) this.counts.page.abort();
    if (!this.counts.person) this.say("");
  }

  // Shows the message for a code and its reasons; "" hides all messages.
  say(code, reasons = []) {
    const notes = [...this.element.querySelectorAll("[data-code]")];
    const find = (wanted) => notes.find((note) => note.dataset.code === wanted);
    const fitting = find(code) || find("internal_error");
    for (const note of notes) note.hidden = !code || note !== fitting;
    for (const item of this.element.querySelectorAll("[data-reason]")) item.hidden = !reasons.includes(item.dataset.reason);
    if (this.field) this.field.removeAttribute("aria-invalid");
    if (!code || !("field" in fitting.dataset)) return;
    this.field.setAttribute("aria-invalid", "true");
    this.field.focus();
  }

  reveal(selector, on) {
    for (const part of this.element.querySelectorAll(selector)) part.hidden = !on;
  }

  // A blocked button keeps its name and the focus; with `disabled` it would lose the focus.
  mark(sending = "false") {
    this.button.setAttribute("aria-busy", sending);
    this.button.setAttribute("aria-disabled", String(this.busy || Boolean(this.counts.person)));
  }
}
