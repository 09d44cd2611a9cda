// What TypeScript accepts in code that uses the client, and what it rejects. A missing expected error is an error.

import { type ErrorCode, Latchkey, match, type Reason, type ResetPasswordResult } from "./latchkey";

const latchkey = new Latchkey("https://id.example.com", { timeout: 5000 });

const reasons: Record<Reason, string> = {
  too_short: "",
  too_long: "",
  contains_nul: "",
  too_common: "",
  like_address: "",
  like_product: "",
  same_as_old: "",
  breached: "",
};

// @ts-expect-error Reasons are missing.
export const fewReasons: Record<Reason, string> = { too_short: "" };

// @ts-expect-error Codes are missing.
export const fewCodes: Record<ErrorCode, string> = { weak_password: "", unreachable: "" };

export async function ask(signal: AbortSignal): Promise<string> {
  const result = await latchkey.forgotPassword({ email: "anna@example.com" }, { signal });
  return match(result, {
    ok: ({ value }) => value.message,
    invalid_request: ({ errors }) => errors.map(({ field }) => field).join(),
    body_too_large: () => "",
    rate_limited: ({ retryAfter }) => retryAfter.toFixed(),
    unavailable: ({ retryAfter }) => retryAfter.toFixed(),
    unreachable: () => "",
    unexpected: ({ status }) => status.toFixed(),
  });
}

export function forgetOne(result: ResetPasswordResult): string {
  // @ts-expect-error `invalid_or_expired_token` and other codes are missing.
  return match(result, { ok: () => "", weak_password: ({ reasons: [first] }) => (first ? reasons[first] : "") });
}

// @ts-expect-error Not every case returns a value.
export function forgetInASwitch(result: ResetPasswordResult): string {
  switch (result.code) {
    case "ok":
      return result.value.message;
    case "weak_password":
      return result.reasons.map((reason) => reasons[reason]).join();
  }
}

export async function wrongRequests(): Promise<void> {
  // @ts-expect-error No such field.
  await latchkey.forgotPassword({ mail: "anna@example.com" });
  // @ts-expect-error The password is missing.
  await latchkey.resetPassword({ token: "x" });
  // @ts-expect-error A token is not a number.
  await latchkey.checkLink({ token: 1 });
}

export async function readTooEarly(): Promise<string> {
  const result = await latchkey.checkLink({ token: "x" });
  // @ts-expect-error It may be an error.
  return result.value.expires_at;
}

export async function noSuchOutcome(): Promise<boolean> {
  const result = await latchkey.forgotPassword({ email: "anna@example.com" });
  // @ts-expect-error A request for a link can't fail with this code.
  return result.code === "weak_password";
}
