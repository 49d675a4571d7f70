import { type ErrorCode, PanoramaError } from "../../errors.ts";

/** One of the two services, and what is asked of it. */
export interface AwsRequest {
  readonly service: "Glue" | "Athena";
  /** As IAM and the API spell it: `BatchCreatePartition`. */
  readonly operation: string;
  /** What the right has to be granted on: `table/panorama/*`. */
  readonly resource: string;
  /** The service's own message may repeat a partition's values. */
  readonly tellsValues?: boolean;
  /** Where that is, for messages. */
  readonly place: string;
}

const credentialNames = new Set([
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "MissingAuthenticationToken",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "UnrecognizedClientException",
]);

const passingNames = new Set([
  "ConcurrentModificationException",
  "FederationSourceRetryableException",
  "InternalServerException",
  "InternalServiceException",
  "OperationTimeoutException",
  "RequestLimitExceeded",
  "ResourceNotReadyException",
  "Throttling",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequestsException",
]);

const passingCodes = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"]);

interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
}

/** The service's own name for what is wrong, such as `EntityNotFoundException`; also of what `awsError` made. */
export function failureName(error: unknown): string | undefined {
  const cause = error instanceof PanoramaError ? error.cause : error;
  return cause instanceof Error && !(cause instanceof PanoramaError) ? cause.name : undefined;
}

/** Whether asking again may help: throttling, a server's own trouble, a connection that broke. */
export function isPassing(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const { name, code, $metadata: metadata } = cause as SdkError;
  if (credentialNames.has(name)) return metadata?.clockSkewCorrected === true;
  const status = metadata?.httpStatusCode ?? 0;
  return isPassingName(name) || passingCodes.has(String(code)) || status === 429 || status >= 500;
}

export function isPassingName(name: string | undefined): boolean {
  return passingNames.has(name ?? "");
}

/** What the service's refusal means. Anything that no service and no network has caused is returned as it is. */
export function awsError(cause: unknown, request: AwsRequest): unknown {
  if (cause instanceof PanoramaError || !(cause instanceof Error)) return cause;
  const { code, message } = describe(cause, request) ?? {};
  return code === undefined || message === undefined
    ? cause
    : new PanoramaError(code, message, {}, { cause });
}

function describe(
  cause: SdkError,
  request: AwsRequest,
): { readonly code: ErrorCode; readonly message: string } | undefined {
  const { service, operation, place } = request;
  const { name, code, $metadata: metadata } = cause;
  if (credentialNames.has(name)) {
    return { code: "CATALOG_DENIED", message: describeCredentials(cause, request) };
  }
  if (/^AccessDenied/.test(name)) return { code: "CATALOG_DENIED", message: describeDenial(cause, request) };
  if (cause.message === "Region is missing") {
    return { code: "SETTINGS_INVALID", message: `${service} needs a region; set aws_region` };
  }
  if (metadata?.httpStatusCode !== undefined) {
    const reason = request.tellsValues === true ? name : `${name}: ${sentence(cause.message)}`;
    return { code: "CATALOG_FAILED", message: `${service} (${place}) refused ${operation}: ${reason}` };
  }
  // Node's own codes tell mistakes of this program, but for those about certificates.
  const network = typeof code === "string" && /^(?!ERR_)|^ERR_(TLS|SSL)/.test(code) ? code : undefined;
  if (network === undefined && name !== "TimeoutError") return undefined;
  return { code: "CATALOG_FAILED", message: `Cannot reach ${service} (${place}): ${network ?? name}` };
}

function describeCredentials({ name }: Error, { service }: AwsRequest): string {
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return `There are no credentials to ask ${service} with: none in the settings, the environment or AWS's own files`;
  }
  const expired = name.startsWith("ExpiredToken") ? "they have expired" : name;
  return `${service} does not take the credentials: ${expired}`;
}

/** AWS says on what, with the account's number, which is nobody else's business. */
function describeDenial({ message }: Error, { service, operation, resource }: AwsRequest): string {
  const right = `${service.toLowerCase()}:${operation}`;
  if (message.includes("Lake Formation")) {
    return `Lake Formation does not permit ${right} on ${resource}: ${sentence(message)}`;
  }
  const [, action] = /perform: ([a-z]+:\w+)/.exec(message) ?? [];
  const [, told] = /on resource: arn:[^:\s]*:[^:\s]*:[^:\s]*:[^:\s]*:([^\s]+)/.exec(message) ?? [];
  return `These credentials lack the right ${action ?? right} on ${told ?? resource}`;
}

/** The first lines of a message, without the number of the account. */
export function sentence(message: string): string {
  const plain = message
    .replace(/\b\d{12}\b/g, "…")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > 500 ? `${plain.slice(0, 500)}…` : plain;
}
