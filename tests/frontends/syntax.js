// Which of the scripts does a browser of 2020 not read? `node syntax.js FILE`, where FILE holds {name: source} as JSON.

import { readFileSync } from "node:fs";
import { parse, tokenizer } from "acorn";

const OPTIONS = { ecmaVersion: 2019, sourceType: "module", locations: true };
// Syntax of ES2018 that Safari has understood since 16.4 only. A browser fails at the whole script.
const LOOKBEHIND = /\(\?<[=!]/;

function complaint(source) {
  try {
    parse(source, OPTIONS);
  } catch (error) {
    return error.message;
  }
  const tokens = [...tokenizer(source, OPTIONS)];
  const regex = tokens.find(({ value }) => value && value.pattern && LOOKBEHIND.test(value.pattern));
  const text = tokens.find(({ value }) => typeof value === "string" && LOOKBEHIND.test(value));
  const found = regex || text;
  return found ? `Lookbehind (${found.loc.start.line}:${found.loc.start.column})` : null;
}

const scripts = JSON.parse(readFileSync(process.argv[2], "utf8"));
const complaints = Object.entries(scripts).map(([name, source]) => [name, complaint(source)]);
console.log(JSON.stringify(Object.fromEntries(complaints.filter(([, said]) => said))));
