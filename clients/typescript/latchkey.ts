// A client of Latchkey's API 1.0, made by `make client` from its OpenAPI document. Copy it; do not edit it.
//
// Whatever the API or the network answers, a call resolves to a result whose `code` says what came of it: "ok", one of
// the API's codes, or "unreachable" or "unexpected". It rejects only where your own AbortSignal aborts it.

/** The one answer to every request for a link. */
export interface Accepted {
  message: string;
}

/** The body has more than 16 KiB. */
export interface BodyTooLargeProblem {
  code: "body_too_large";
  status: 413;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
}

/** The password is set. */
export interface Done {
  message: string;
}

/** What is wrong with one field. */
export interface FieldError {
  /** Its name; empty for the body as a whole, and for an unknown field with a strange name. */
  field: string;
  /** What is wrong, in the language of the request. */
  reason: string;
}

/** Ask for a reset link. */
export interface ForgotRequest {
  /** One email address. */
  email: string;
  /** The language of the answer and of the email, where there is one; before `Accept-Language`. */
  locale?: string;
}

/** The body is not a JSON object of the fields asked for. */
export interface InvalidRequestProblem {
  code: "invalid_request";
  errors: Array<FieldError>;
  status: 422;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
}

/** The link is used, too old or not genuine, or password or address have changed since. Offer a new one. */
export interface LinkProblem {
  code: "invalid_or_expired_token";
  status: 400;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
}

/** The link is good. */
export interface LinkState {
  /** When it stops working, in UTC. */
  expires_at: string;
}

/** Which passwords are taken. */
export interface Policy {
  /** Whether leaked passwords are looked up. */
  breach_check: boolean;
  /** In `max_length_unit`. */
  max_length: number;
  /** `bytes` are those of UTF-8. */
  max_length_unit: "characters" | "bytes";
  /** In characters (code points). */
  min_length: number;
  /** For the attribute `passwordrules`, which password managers read. */
  passwordrules: string;
  /** Every reason there is. */
  reasons: Array<ReasonText>;
}

/** The client has asked too often. Try again after the seconds of `Retry-After`. */
export interface RateLimitedProblem {
  code: "rate_limited";
  status: 429;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
  /** Seconds to wait, from the header Retry-After. */
  retryAfter: number;
}

/** A reason to refuse a password. `code` is stable. */
export interface ReasonText {
  code: "too_short" | "too_long" | "contains_nul" | "too_common" | "like_address" | "like_product" | "same_as_old" | "breached";
  /** In the language of the answer. */
  text: string;
}

/** Set a new password. */
export interface ResetRequest {
  /** The language of the answer and of the email, where there is one; before `Accept-Language`. */
  locale?: string;
  /** The new password. */
  password: string;
  /** The token from the link. */
  token: string;
}

/** A token as the email's link carries it. */
export interface TokenRequest {
  /** The language of the answer and of the email, where there is one; before `Accept-Language`. */
  locale?: string;
  /** The token from the link. */
  token: string;
}

/** Nobody can be served at the moment. Try again after the seconds of `Retry-After`. */
export interface UnavailableProblem {
  code: "unavailable";
  status: 503;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
  /** Seconds to wait, from the header Retry-After. */
  retryAfter: number;
}

/** The policy refuses the password; the link stays valid. `GET /password-policy` explains the reasons. */
export interface WeakPasswordProblem {
  code: "weak_password";
  /** One or more. */
  reasons: Array<"too_short" | "too_long" | "contains_nul" | "too_common" | "like_address" | "like_product" | "same_as_old" | "breached">;
  status: 422;
  /** A sentence for people, in the language of the request. */
  title: string;
  type: string;
}

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

export type ForgotPasswordResult =
  | Ok<Accepted>
  | BodyTooLargeProblem
  | InvalidRequestProblem
  | RateLimitedProblem
  | UnavailableProblem
  | Unreachable
  | Unexpected;

export type PasswordPolicyResult =
  | Ok<Policy>
  | Unreachable
  | Unexpected;

export type ResetPasswordResult =
  | Ok<Done>
  | LinkProblem
  | BodyTooLargeProblem
  | InvalidRequestProblem
  | WeakPasswordProblem
  | RateLimitedProblem
  | UnavailableProblem
  | Unreachable
  | Unexpected;

export type CheckLinkResult =
  | Ok<LinkState>
  | LinkProblem
  | BodyTooLargeProblem
  | InvalidRequestProblem
  | RateLimitedProblem
  | UnavailableProblem
  | Unreachable
  | Unexpected;

export type Result = ForgotPasswordResult | PasswordPolicyResult | ResetPasswordResult | CheckLinkResult;

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

const WAITS = [429, 503]; // The statuses that say when to try again.
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

  /** Answer every address alike; an email with a link goes out only where an account uses it. More requests for one address than its quota are accepted, and no email is sent. */
  forgotPassword(body: ForgotRequest, options?: CallOptions): Promise<ForgotPasswordResult> {
    const known: string[] = ["body_too_large", "invalid_request", "rate_limited", "unavailable"];
    return this.#ask("POST", "/forgot-password", known, body, options);
  }

  /** Tell which passwords are taken, and why others are refused: the same to everybody, and quickly. */
  passwordPolicy(options?: CallOptions): Promise<PasswordPolicyResult> {
    const known: string[] = [];
    return this.#ask("GET", "/password-policy", known, undefined, options);
  }

  /** Use the link, which works once. A password that the policy refuses leaves it good. The owner of the address is told by email. */
  resetPassword(body: ResetRequest, options?: CallOptions): Promise<ResetPasswordResult> {
    const known: string[] = ["invalid_or_expired_token", "body_too_large", "invalid_request", "weak_password", "rate_limited", "unavailable"];
    return this.#ask("POST", "/reset-password", known, body, options);
  }

  /** Tell early whether a link is dead, before anybody thinks of a password; nothing is changed. */
  checkLink(body: TokenRequest, options?: CallOptions): Promise<CheckLinkResult> {
    const known: string[] = ["invalid_or_expired_token", "body_too_large", "invalid_request", "rate_limited", "unavailable"];
    return this.#ask("POST", "/reset-password/check", known, body, options);
  }

  async #ask<R>(
    method: string,
    path: string,
    known: string[],
    body: unknown,
    { signal, headers }: CallOptions = {},
  ): Promise<R | Unreachable | Unexpected> {
    const timeout = AbortSignal.timeout(this.#timeout);
    let response: Response;
    let text: string;
    try {
      response = await this.#fetch(this.#address + path, {
        method,
        headers: body === undefined ? { ...headers } : { ...headers, "Content-Type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        credentials: "omit",
      });
      text = await response.text();
    } catch {
      signal?.throwIfAborted();
      return { code: "unreachable" };
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