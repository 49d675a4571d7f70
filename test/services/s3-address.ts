/** An S3 server, with an account that may make buckets. */
export interface S3Address {
  /** Without a slash at its end. */
  readonly endpointUrl: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Known only of servers that were started here. */
  readonly extras?: S3Extras;
}

/** What only the server's owner can set up. */
export interface S3Extras {
  /** An account without any rights, which may assume the role. */
  readonly guest: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** A role that may do everything. */
  readonly roleArn: string;
  /** A key that the server can encrypt with. */
  readonly kmsKeyId: string;
  /** A storage class besides STANDARD. */
  readonly storageClass: string;
}

/** A server, or the sentence that says why there is none. */
export type FoundS3Server = { readonly address: S3Address } | { readonly missing: string };

export const s3Variable = "PANORAMA_TEST_S3_URL";

/** Reads `http://key:secret@host:port`, optionally with `?region=`. */
export function planS3Address(text: string): S3Address {
  const url = new URL(text);
  return {
    endpointUrl: url.origin + url.pathname.replace(/\/$/, ""),
    region: url.searchParams.get("region") ?? "us-east-1",
    accessKeyId: decodeURIComponent(url.username),
    secretAccessKey: decodeURIComponent(url.password),
  };
}
