import { type ErrorCode, type ErrorDetails, PanoramaError } from "../../errors.ts";

const unreachable = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOENT"],
  ...["ECONNRESET", "EPIPE", "EACCES", "PROTOCOL_CONNECTION_LOST", "ER_CON_COUNT_ERROR"],
]);
const tls = new Set([
  ...["HANDSHAKE_NO_SSL_SUPPORT", "HANDSHAKE_SSL_ERROR", "SELF_SIGNED_CERT_IN_CHAIN", "CERT_HAS_EXPIRED"],
  ...["DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
  ...["UNABLE_TO_GET_ISSUER_CERT", "CERT_SIGNATURE_FAILURE", "ER_SECURE_TRANSPORT_REQUIRED"],
]);

/** Server error numbers: https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  1044: "SOURCE_DENIED",
  1045: "SOURCE_DENIED",
  1698: "SOURCE_DENIED",
  1142: "SOURCE_DENIED",
  1143: "SOURCE_DENIED",
  1227: "SOURCE_DENIED",
  1049: "SOURCE_DATABASE_MISSING",
  1146: "TABLE_MISSING",
  1054: "COLUMN_MISSING",
  1040: "SOURCE_UNREACHABLE",
  1129: "SOURCE_UNREACHABLE",
  1130: "SOURCE_DENIED",
  1053: "SOURCE_UNREACHABLE",
  1927: "SOURCE_UNREACHABLE",
  3159: "SOURCE_TLS",
};

/** What mysql2 and the system put on an error, as far as it is used here. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

/** Wraps what a driver threw. `what` is the attempt, e.g. `Cannot connect to shop at db:3306`. */
export function mysqlError(cause: unknown, what: string, details: ErrorDetails): PanoramaError {
  if (cause instanceof PanoramaError) return cause;
  if (!(cause instanceof Error)) throw cause;
  const { code = "", errno, fatal } = cause as DriverError;
  // mysql2's answer to a command that comes after the connection has ended.
  if (code === "" && fatal === true) {
    return new PanoramaError("SOURCE_UNREACHABLE", `${what}: the connection has been lost`, details, {
      cause,
    });
  }
  return new PanoramaError(codeFor(code, errno), `${what}: ${reason(cause)}`, details, { cause });
}

function codeFor(code: string, errno: number | undefined): ErrorCode {
  if (errno !== undefined && errno in byNumber) return byNumber[errno] as ErrorCode;
  if (tls.has(code) || /^ERR_(TLS|SSL|OSSL)/.test(code)) return "SOURCE_TLS";
  return unreachable.has(code) ? "SOURCE_UNREACHABLE" : "SOURCE_FAILED";
}

function reason(error: Error): string {
  // Node reports a host with several addresses as an AggregateError without a message.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join("; ");
  return error.message;
}
