// A client for Latchkey's API 1.0, generated from its OpenAPI document by `make client`. Copy it; do not edit it.
//
// Every call resolves to a result with a `code`: "ok", one of the API's error codes, "unreachable" or "unexpected". It
// rejects only if your own AbortSignal aborts it.

/** The request is accepted. The answer is the same for every address. */
export interface Accepted {
  message: string;
}

/** The body is larger than 16 KiB. */
export interface BodyTooLargeProblem {
  code: "body_too_large";
  status: 413;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
}

/** The password has been changed. */
export interface Done {
  message: string;
}

/** What is wrong with one field. */
export interface FieldError {
  /** Its name; empty for an unknown field or the body as a whole. */
  field: string;
  /** What is wrong, in the language of the request. */
  reason: string;
}

/** The email address to send a reset link to. */
export interface ForgotRequest {
  /** One email address. */
  email: string;
  /** The language of the answer and of the email, if available. It overrides `Accept-Language`. */
  locale?: string;
}

/** The body is not a JSON object with exactly the expected fields. */
export interface InvalidRequestProblem {
  code: "invalid_request";
  errors: Array<FieldError>;
  status: 422;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
}

/** The link is used, expired or not genuine, or the password or address has changed since. Offer a new one. */
export interface LinkProblem {
  code: "invalid_or_expired_token";
  status: 400;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
}

/** The link is valid. */
export interface LinkState {
  /** When the link expires, in UTC. */
  expires_at: string;
}

/** The rules for new passwords. */
export interface Policy {
  /** Whether new passwords are looked up among leaked ones. */
  breach_check: boolean;
  /** The maximum length in `max_length_unit`. */
  max_length: number;
  /** The unit of `max_length`. `bytes` means bytes of UTF-8. */
  max_length_unit: "characters" | "bytes";
  /** The minimum length in characters (code points). */
  min_length: number;
  /** The value for the HTML attribute `passwordrules`, which password managers read. */
  passwordrules: string;
  /** All reasons for which a password can be refused. */
  reasons: Array<ReasonText>;
}

/** The client has sent too many requests. Try again after `Retry-After` seconds. */
export interface RateLimitedProblem {
  code: "rate_limited";
  status: 429;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
  /** Seconds to wait, from the Retry-After header. */
  retryAfter: number;
}

/** A reason to refuse a password. `code` is stable. */
export interface ReasonText {
  code: "too_short" | "too_long" | "contains_nul" | "too_common" | "like_address" | "like_product" | "same_as_old" | "breached";
  /** A sentence in the language of the answer. */
  text: string;
}

/** The token of a link, and the new password. */
export interface ResetRequest {
  /** The language of the answer and of the email, if available. It overrides `Accept-Language`. */
  locale?: string;
  /** The new password. */
  password: string;
  /** The token from the link. */
  token: string;
}

/** The token of a link to check. */
export interface TokenRequest {
  /** The language of the answer and of the email, if available. It overrides `Accept-Language`. */
  locale?: string;
  /** The token from the link. */
  token: string;
}

/** The service is temporarily unavailable. Try again after `Retry-After` seconds. */
export interface UnavailableProblem {
  code: "unavailable";
  status: 503;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
  /** Seconds to wait, from the Retry-After header. */
  retryAfter: number;
}

/** The policy refuses the password. The link stays valid. `GET /password-policy` explains the reasons. */
export interface WeakPasswordProblem {
  code: "weak_password";
  /** One or more reasons. */
  reasons: Array<"too_short" | "too_long" | "contains_nul" | "too_common" | "like_address" | "like_product" | "same_as_old" | "breached">;
  status: 422;
  /** A message for users, in the language of the request. */
  title: string;
  type: string;
}

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

const WAITS = [429, 503]; // The statuses that have a Retry-After header.
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

  /** Request a reset link. The answer is the same for every address. Only an account gets an email. A request over the quota of its address is also accepted, but no email is sent. */
  forgotPassword(body: ForgotRequest, options?: CallOptions): Promise<ForgotPasswordResult> {
    const known: string[] = ["body_too_large", "invalid_request", "rate_limited", "unavailable"];
    return this.#ask("POST", "/forgot-password", known, body, options);
  }

  /** Return the rules for new passwords and all reasons to refuse one. They are the same for everybody. */
  passwordPolicy(options?: CallOptions): Promise<PasswordPolicyResult> {
    const known: string[] = [];
    return this.#ask("GET", "/password-policy", known, undefined, options);
  }

  /** Set a new password with a link, which works once. If the policy refuses the password, the link stays valid. The owner of the address is notified by email. */
  resetPassword(body: ResetRequest, options?: CallOptions): Promise<ResetPasswordResult> {
    const known: string[] = ["invalid_or_expired_token", "body_too_large", "invalid_request", "weak_password", "rate_limited", "unavailable"];
    return this.#ask("POST", "/reset-password", known, body, options);
  }

  /** Check whether a link is still valid, before the user chooses a password. The link stays valid. */
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