// A client of Latchkey's API {{ version }}, made by `make client` from its OpenAPI document. Copy it; do not edit it.
//
// Whatever the API or the network answers, a call resolves to a result whose `code` says what came of it: "ok", one of
// the API's codes, or "unreachable" or "unexpected". It rejects only where your own AbortSignal aborts it.

{% for name, schema in schemas.items() %}
/** {{ schema.description }} */
export interface {{ name }} {
{% for field, value in schema.properties.items() %}
{% if value.description is defined %}
  /** {{ value.description }} */
{% endif %}
  {{ field }}{{ "" if field in schema.required else "?" }}: {{ value | type }};
{% endfor %}
}

{% endfor %}
/** What was asked for is done. */
export interface Ok<T> {
  code: "ok";
  value: T;
}

/** No answer: no network, not in time, or an origin that CORS_ORIGINS does not name. What was asked for may be done. */
export interface Unreachable {
  code: "unreachable";
}

/** An answer that the document does not know: of a proxy, of a newer API, or a fault of ours. */
export interface Unexpected {
  code: "unexpected";
  status: number;
}

{% for call in calls %}
export type {{ call.result }} =
  | Ok<{{ call.good }}>
{% for problem in call.problems.values() %}
  | {{ problem }}
{% endfor %}
  | Unreachable
  | Unexpected;

{% endfor %}
export type Result = {% for call in calls %}{{ call.result }}{{ " | " if not loop.last else ";" }}{% endfor %}


/** Every code that a result may have, but for "ok": a `Record<ErrorCode, string>` has a text for each. */
export type ErrorCode = Exclude<Result["code"], "ok">;

/** Every reason to refuse a password. */
export type Reason = WeakPasswordProblem["reasons"][number];

/** Decide by the code of a result. To forget one is a type error. */
export function match<R extends { code: string }, T>(
  result: R,
  cases: { [C in R["code"]]: (result: Extract<R, { code: C }>) => T },
): T {
  const decide = cases[result.code as R["code"]] as (result: R) => T;
  return decide(result);
}

export interface Options {
  /** Milliseconds until a call is "unreachable"; 15,000 unless told otherwise. */
  timeout?: number;
  /** Another function in the place of `fetch`. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** More headers: for calls from a server, which speaks for a visitor. */
  headers?: Record<string, string>;
}

const WAITS = {{ waits | sort | tojson }}; // The statuses that say when to try again.
const RETRY_AFTER = 5; // Seconds, where something on the way has taken the header off.

export class Latchkey {
  readonly #address: string;
  readonly #timeout: number;
  readonly #fetch: typeof fetch;

  /** Call the API at an address such as `https://id.example.com`. */
  constructor(address: string, options: Options = {}) {
    this.#address = address.replace(/\/+$/, "");
    this.#timeout = options.timeout ?? 15_000;
    this.#fetch = options.fetch ?? ((...request) => fetch(...request));
  }

{% for call in calls %}
  /** {{ call.about | replace("\n\n", " ") }} */
  {{ call.name }}({{ "body: " ~ call.body ~ ", " if call.body else "" }}options?: CallOptions): Promise<{{ call.result }}> {
    const known: string[] = {{ call.problems | list | tojson }};
    return this.#ask("{{ call.method }}", "{{ call.path }}", known, {{ "body" if call.body else "undefined" }}, options);
  }

{% endfor %}
  async #ask<R>(
    method: string,
    path: string,
    known: string[],
    body: unknown,
    { signal, headers }: CallOptions = {},
  ): Promise<R | Unreachable | Unexpected> {
    // AbortSignal.timeout and .any are younger than many browsers in use.
    const control = new AbortController();
    const abort = () => control.abort();
    const timer = setTimeout(abort, this.#timeout);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(this.#address + path, {
        method,
        headers: body === undefined ? { ...headers } : { ...headers, "Content-Type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: control.signal,
        credentials: "omit",
      });
      text = await response.text();
    } catch {
      if (signal?.aborted) throw signal.reason ?? new DOMException("The call was aborted.", "AbortError");
      return { code: "unreachable" };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
    return (read(response, text, known) as R | undefined) ?? { code: "unexpected", status: response.status };
  }
}

function read(response: Response, text: string, known: string[]): unknown {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (response.ok) return { code: "ok", value };
  if (!known.includes(value?.code)) return undefined;
  if (!WAITS.includes(response.status)) return value;
  return { ...value, retryAfter: Number(response.headers.get("Retry-After")) || RETRY_AFTER };
}
