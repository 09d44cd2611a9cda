// Runs the whole flow and prints the outcomes as JSON: `node story.mjs ADDRESS TOKEN DEAD_TOKEN CLOSED_ADDRESS`.

import { Latchkey } from "./latchkey";

const [address = "", token = "", dead = "", closed = ""] = process.argv.slice(2);
const latchkey = new Latchkey(`${address}/`);
const aborted = (error: Error) => error.name;
const outcomes = {
  policy: await latchkey.passwordPolicy(),
  invalid: await latchkey.forgotPassword({ email: "anna@" }),
  accepted: await latchkey.forgotPassword({ email: "anna@example.com", locale: "en" }),
  dead: await latchkey.checkLink({ token: dead }),
  good: await latchkey.checkLink({ token }),
  weak: await latchkey.resetPassword({ token, password: "short" }),
  done: await latchkey.resetPassword({ token, password: "violet kettle under nine bridges" }),
  used: await latchkey.resetPassword({ token, password: "violet kettle under ten bridges" }),
  limited: await latchkey.forgotPassword({ email: "anna@example.com" }),
  unreachable: await new Latchkey(closed).passwordPolicy(),
  elsewhere: await new Latchkey(`${address}/docs`).passwordPolicy(),
  aborted: await latchkey.passwordPolicy({ signal: AbortSignal.abort() }).catch(aborted),
  late: await new Latchkey(address, { timeout: 0 }).passwordPolicy(),
};
console.log(JSON.stringify(outcomes));
