import { type ErrorCode, PanoramaError } from "../../errors.ts";
import { keyWithoutValues } from "../lake-path.ts";
import type { S3Connection } from "./s3-connection.ts";

/** What a right allows, as the middle of a sentence. */
const deeds: Readonly<Record<string, string>> = {
  "s3:PutObject": "write",
  "s3:GetObject": "read",
  "s3:ListBucket": "list",
  "s3:DeleteObject": "remove",
  "s3:AbortMultipartUpload": "give up writing",
  "s3:ListBucketMultipartUploads": "look for unfinished uploads in",
};

/** The parts of the SDK's errors that are safe to look at. */
export interface S3Failure {
  /** S3's code such as `AccessDenied`, or the system's such as `ECONNREFUSED`. */
  readonly code: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly attempts: number;
  /** Not for messages: it may hold keys of objects and of accounts. */
  readonly message: string;
  /** The bucket's region, where the server tells it. */
  readonly region: string | undefined;
}

/** Undefined for what no server and no network has caused. */
export function failureOf(cause: unknown): S3Failure | undefined {
  if (!(cause instanceof Error) || cause instanceof PanoramaError) return undefined;
  const error = cause as Error & {
    readonly code?: unknown;
    readonly Code?: unknown;
    readonly Region?: unknown;
    readonly $metadata?: { httpStatusCode?: number; requestId?: string; attempts?: number };
    readonly $response?: { headers?: Readonly<Record<string, string>> };
  };
  const { $metadata: metadata, $response: response } = error;
  // Node's own codes tell mistakes of this program, but for those about certificates.
  const system =
    typeof error.code === "string" && /^(?!ERR_)|^ERR_(TLS|SSL)/.test(error.code) ? error.code : undefined;
  const known = /^(TimeoutError|AbortError|CredentialsProviderError|TokenProviderError)$/.test(error.name);
  const regionMissing = error.message === "Region is missing";
  if (metadata?.httpStatusCode === undefined && system === undefined && !known && !regionMissing) {
    return undefined;
  }
  const named = [error.Code, error.name].find((name) => typeof name === "string" && /^[A-Z]\w+$/.test(name));
  const region = error.Region ?? response?.headers?.["x-amz-bucket-region"];
  return {
    code: regionMissing ? "RegionMissing" : (system ?? (named as string | undefined) ?? "Unknown"),
    status: metadata?.httpStatusCode,
    requestId: metadata?.requestId,
    attempts: metadata?.attempts ?? 1,
    message: error.message,
    region: typeof region === "string" ? region : undefined,
  };
}

/**
 * What `onS3` throws: a sentence with the bucket, the key's names and the right that is missing. The server's own
 * words stay out of it and of its cause, since they repeat keys. Anything that is no failure is returned as it is.
 */
export function s3Error(connection: S3Connection, right: string, key: string, cause: unknown): unknown {
  const failure = failureOf(cause);
  if (failure === undefined || failure.code === "AbortError") return cause;
  const path = keyWithoutValues(key);
  const [code, reason] = explain(connection, right, failure);
  const message = `Cannot ${deeds[right] ?? "use"} ${connection.root}${path}: ${reason}`;
  return new PanoramaError(code, message, path === "" ? {} : { key: path }, { cause: traceOf(failure) });
}

function explain(connection: S3Connection, right: string, failure: S3Failure): [ErrorCode, string] {
  const { bucket, place } = connection;
  const { code, status, region } = failure;
  switch (code) {
    case "CredentialsProviderError":
    case "TokenProviderError":
      return [
        "STORE_DENIED",
        "there are no AWS credentials, neither in the settings nor in the environment, a profile, a web identity or the machine's role",
      ];
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "TokenRefreshRequired":
    case "InvalidToken":
      return ["STORE_DENIED", `the credentials have expired (${code})`];
    case "InvalidAccessKeyId":
      return ["STORE_DENIED", `${place} does not know the access key (${code})`];
    case "SignatureDoesNotMatch":
      return ["STORE_DENIED", `the secret access key does not belong to the access key (${code})`];
    case "RequestTimeTooSkewed":
      return ["STORE_DENIED", `this machine's clock is wrong (${code})`];
    case "NoSuchBucket":
      return ["STORE_UNREACHABLE", `there is no bucket ${bucket} at ${place}`];
    case "RegionMissing":
      return ["STORE_UNREACHABLE", `no region is set for bucket ${bucket}`];
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return ["STORE_UNREACHABLE", `bucket ${bucket} is ${elsewhere(region)} at ${place} (${code})`];
  }
  if (status === 301) return ["STORE_UNREACHABLE", `bucket ${bucket} is ${elsewhere(region)} at ${place}`];
  if (status === 403) return ["STORE_DENIED", `these credentials lack ${missingRight(right, failure)}`];
  if (status === undefined) return ["STORE_UNREACHABLE", `${place} does not answer (${code})`];
  const tries = failure.attempts > 1 ? `, after ${failure.attempts} attempts` : "";
  return ["STORE_FAILED", `${place} answers ${code} (HTTP ${status}${tries})`];
}

function elsewhere(region: string | undefined): string {
  return region === undefined ? "in another region, not" : `in region ${region}, not`;
}

/** AWS says which right is missing, for encryption too. Without the one to list, what is not there is forbidden. */
function missingRight(right: string, { message }: S3Failure): string {
  const told = /not authorized to perform: ([\w-]+:\w+)/.exec(message)?.[1] ?? right;
  return told === "s3:GetObject" ? "s3:GetObject, or s3:ListBucket if the object does not exist" : told;
}

/** What AWS's support asks for, and nothing else of the cause. */
function traceOf({ code, status, requestId, attempts }: S3Failure): Error {
  const request = requestId === undefined ? "" : `, request ${requestId}`;
  const answer = status === undefined ? "" : `, HTTP ${status}`;
  return new Error(`${code}${answer}${request}, attempt ${attempts}`);
}

/** A condition that does not hold, or that cannot be decided because somebody else is writing. */
export function isConflict(cause: unknown): boolean {
  const status = failureOf(cause)?.status;
  return status === 412 || status === 409;
}

export function isMissing(cause: unknown): boolean {
  const failure = failureOf(cause);
  if (failure?.status !== 404) return false;
  return (
    ["NoSuchKey", "NotFound", "NoSuchUpload", "404"].includes(failure.code) || failure.code === "Unknown"
  );
}

/** Worth another attempt after a while. */
export function isTransient(cause: unknown): boolean {
  const failure = failureOf(cause);
  if (failure === undefined) return false;
  if (failure.status !== undefined && failure.status >= 400) {
    return [429, 500, 502, 503, 504].includes(failure.status);
  }
  return /^(ECONN|EPIPE|ETIMEDOUT|TimeoutError$|EAI_AGAIN)/.test(failure.code);
}

export function isNotImplemented(cause: unknown): boolean {
  const failure = failureOf(cause);
  return failure?.status === 501 || failure?.code === "NotImplemented";
}

/** The server does not know the checksum's headers. That a checksum is wrong is something else. */
export function refusesChecksums(cause: unknown): boolean {
  const failure = failureOf(cause);
  if (failure?.status !== 400 && failure?.status !== 501) return false;
  const refused = ["NotImplemented", "InvalidArgument", "InvalidRequest", "UnsupportedArgument"];
  return refused.includes(failure.code) && /x-amz-(checksum|sdk-checksum|trailer)/i.test(failure.message);
}
