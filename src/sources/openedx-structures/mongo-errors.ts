import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from "mongodb";
import { type ErrorCode, type ErrorDetails, PanoramaError } from "../../errors.ts";

/** Server error numbers: https://www.mongodb.com/docs/manual/reference/error-codes/ */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  11: "SOURCE_DENIED",
  13: "SOURCE_DENIED",
  18: "SOURCE_DENIED",
  // Atlas, for a wrong password.
  8000: "SOURCE_DENIED",
};

const unreachable =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|ENODATA|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ESERVFAIL/;
const tls =
  /certificate|self.signed|\bSSL\b|\bTLS\b|ERR_(TLS|SSL|OSSL)|UNABLE_TO_|HANDSHAKE|altnames|EPROTO|disconnected before secure/i;

/** Wraps what the driver threw. `what` is the attempt, e.g. `Cannot connect to db:27017`. */
export function mongoError(cause: unknown, what: string, details: ErrorDetails): PanoramaError {
  if (cause instanceof PanoramaError) return cause;
  if (!(cause instanceof Error)) throw cause;
  const reason = reasonOf(cause);
  const code = codeFor(cause, reason);
  const hint =
    code === "SOURCE_DENIED" ? "; `mongodb_auth_source` names the database that knows the user" : "";
  return new PanoramaError(code, `${what}: ${reason}${hint}`, details, { cause });
}

/** True for an error after which nothing more can be read over the connection. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof MongoNetworkError || error instanceof MongoServerSelectionError;
}

function codeFor(error: Error, reason: string): ErrorCode {
  if (error instanceof MongoServerError) return byNumber[Number(error.code)] ?? "SOURCE_FAILED";
  if (/ENOENT|EACCES/.test(reason) || tls.test(reason)) return "SOURCE_TLS";
  if (isConnectionLost(error) || unreachable.test(reason)) return "SOURCE_UNREACHABLE";
  return error instanceof MongoError ? "SOURCE_FAILED" : "BUG";
}

/** The driver says `Server selection timed out` and keeps what each server said. */
function reasonOf(error: Error): string {
  if (!(error instanceof MongoServerSelectionError)) return error.message;
  const said = new Set<string>();
  for (const [, server] of error.reason?.servers ?? []) {
    if (server.error instanceof Error) said.add(innermost(server.error).message);
  }
  return said.size === 0 ? error.message : [...said].join("; ");
}

function innermost(error: Error): Error {
  return error.message === "" && error.cause instanceof Error ? innermost(error.cause) : error;
}
