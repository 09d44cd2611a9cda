// A client for Latchkey's API {{ version }}, generated from its OpenAPI document by `make client`. Copy it; do not edit it.
//
// Every call resolves to a result with a `code`: "ok", one of the API's error codes, "unreachable" or "unexpected". It
// rejects only if your own AbortSignal aborts it.

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
/** The call succeeded. */
export interface Ok<T> {
  code: "ok";
  value: T;
}

/** No response: no network, a timeout, or an origin missing from CORS_ORIGINS. The server may still have done the work. */
export interface Unreachable {
  code: "unreachable";
}

/** A response that is not in the document: from a proxy, a newer version of the API, or a bug in Latchkey. */
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


/** Every code of a result except "ok", for example for a `Record<ErrorCode, string>` of messages. */
export type ErrorCode = Exclude<Result["code"], "ok">;

/** Every reason for rejecting a password. */
export type Reason = WeakPasswordProblem["reasons"][number];

/** Handle a result by its code. Leaving out a code is a type error. */
export function match<R extends { code: string }, T>(
  result: R,
  cases: { [C in R["code"]]: (result: Extract<R, { code: C }>) => T },
): T {
  const decide = cases[result.code as R["code"]] as (result: R) => T;
  return decide(result);
}

export interface Options {
  /** Milliseconds until a call ends as "unreachable"; 15,000 by default. */
  timeout?: number;
  /** A replacement for `fetch`. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Extra headers, for example if a server calls on behalf of a visitor. */
  headers?: Record<string, string>;
}

const WAITS = {{ waits | sort | tojson }}; // The statuses that have a Retry-After header.
const RETRY_AFTER = 5; // Seconds, in case a proxy has removed the header.

export class Latchkey {
  readonly #address: string;
  readonly #timeout: number;
  readonly #fetch: typeof fetch;

  /** `address` is the API's base URL, such as `https://id.example.com`. */
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
