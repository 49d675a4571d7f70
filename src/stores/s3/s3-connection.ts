import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { type AwsCredentialOptions, openAwsCredentials } from "./aws-credentials.ts";
import { refusesChecksums, s3Error } from "./s3-errors.ts";

export interface S3ConnectionOptions extends AwsCredentialOptions {
  readonly bucket: string;
  /** Undefined for the one that the environment or the profile names. */
  readonly region?: string | undefined;
  /** An S3 server that is not AWS's, or an address of AWS's own. Objects are then at `<endpointUrl>/<bucket>/<key>`. */
  readonly endpointUrl?: string | undefined;
  /** Undefined: each object is sent with its checksum, until the server clearly says that it does not know those. */
  readonly checksums?: "always" | "never" | undefined;
  readonly patience?: Partial<S3Patience> | undefined;
}

export interface S3Patience {
  readonly connectMillis: number;
  /** Without a byte in either direction. */
  readonly stallMillis: number;
  /** Of one request, the first included. */
  readonly attempts: number;
}

/** Waits between eight attempts come to about half a minute when S3 asks to slow down. */
const defaultPatience: S3Patience = { connectMillis: 10_000, stallMillis: 60_000, attempts: 8 };

/** One bucket, and how it is talked to. */
export interface S3Connection {
  readonly client: S3Client;
  readonly bucket: string;
  /** `s3://bucket/`. */
  readonly root: string;
  /** Where that is, for messages. */
  readonly place: string;
  readonly patience: S3Patience;
  readonly checksums: ChecksumChoice;
}

/** Whether checksums go along; changes once, when the server has refused them. */
export interface ChecksumChoice {
  send: boolean;
  readonly fixed: boolean;
}

/** Connects to nothing yet. */
export async function openS3Connection(options: S3ConnectionOptions): Promise<S3Connection> {
  const { bucket, region, endpointUrl } = options;
  const patience = { ...defaultPatience, ...options.patience };
  const checksums = { send: options.checksums !== "never", fixed: options.checksums !== undefined };
  // The release is pinned to one that Node 20 can run; its advice is nothing that a user can follow.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const client = new S3Client({
    ...placeOf(options),
    ...clientBehaviour(patience, checksums),
    credentials: await openAwsCredentials(options),
  });
  const place = endpointUrl ?? (region === undefined ? "AWS" : `AWS, region ${region}`);
  return { client, bucket, root: `s3://${bucket}/`, place, patience, checksums };
}

function placeOf({ region, endpointUrl, awsProfile }: S3ConnectionOptions): S3ClientConfig {
  return {
    // A server that is not AWS's is signed for with any region, as long as there is one.
    ...(region !== undefined || endpointUrl !== undefined ? { region: region ?? "us-east-1" } : {}),
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl, forcePathStyle: true }),
    ...(awsProfile === undefined ? {} : { profile: awsProfile }),
  };
}

function clientBehaviour(patience: S3Patience, checksums: ChecksumChoice): S3ClientConfig {
  const agent = { keepAlive: true, maxSockets: 64 };
  const wanted = async (): Promise<"WHEN_SUPPORTED" | "WHEN_REQUIRED"> =>
    checksums.send ? "WHEN_SUPPORTED" : "WHEN_REQUIRED";
  return {
    retryMode: "standard",
    maxAttempts: patience.attempts,
    requestHandler: {
      connectionTimeout: patience.connectMillis,
      socketTimeout: patience.stallMillis,
      httpAgent: agent,
      httpsAgent: agent,
      logger: silent,
    },
    requestChecksumCalculation: wanted,
    responseChecksumValidation: wanted,
    // With it the SDK opens a connection of its own for every large part.
    expectContinueHeader: false,
    logger: silent,
  };
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Does `work`, which is one request or several, and tells what fails as an error of the store. */
export async function onS3<T>(
  connection: S3Connection,
  right: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { checksums } = connection;
    if (checksums.send && !checksums.fixed && refusesChecksums(cause)) {
      checksums.send = false;
      return onS3(connection, right, key, work);
    }
    throw s3Error(connection, right, key, cause);
  }
}
