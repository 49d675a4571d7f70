/** A key as AWS gives it out; the token belongs to keys that expire. */
export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface AwsCredentialOptions {
  /** Undefined: the environment, the profile, a web identity or the instance's role, in AWS's usual order. */
  readonly credentials?: AwsKey | undefined;
  /** The profile of AWS's configuration files to use; undefined for what `AWS_PROFILE` says. */
  readonly awsProfile?: string | undefined;
  /** A role that those credentials assume before anything else is asked for. */
  readonly roleArn?: string | undefined;
  /** What the role's trust asks of those who assume it. */
  readonly externalId?: string | undefined;
  /** Where the role is asked for. */
  readonly region?: string | undefined;
  readonly endpointUrl?: string | undefined;
}

/** Asked before each request; gives the same key again until it is about to expire. */
export type AwsCredentialSource = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}>;

/** Asks nobody yet. */
export async function openAwsCredentials(options: AwsCredentialOptions): Promise<AwsCredentialSource> {
  const { credentials, awsProfile, roleArn, externalId, region, endpointUrl } = options;
  // Loading the other ways to get a key takes a tenth of a second.
  if (credentials !== undefined && roleArn === undefined) return async () => plainKey(credentials);
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import("@aws-sdk/credential-providers");
  const clientConfig = region === undefined ? {} : { region };
  const own: AwsCredentialSource =
    credentials === undefined
      ? fromNodeProviderChain({ clientConfig, ...(awsProfile === undefined ? {} : { profile: awsProfile }) })
      : async () => plainKey(credentials);
  if (roleArn === undefined) return own;
  // AWS gives out roles at an address of their own; servers that are not AWS's have one for everything.
  const elsewhere = endpointUrl !== undefined && !isAws(endpointUrl) ? { endpoint: endpointUrl } : {};
  return fromTemporaryCredentials({
    masterCredentials: own,
    params: {
      RoleArn: roleArn,
      RoleSessionName: "panorama-elt",
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    clientConfig: { ...clientConfig, ...elsewhere },
  });
}

function isAws(endpointUrl: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpointUrl).hostname);
}

function plainKey({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: AwsKey): Awaited<ReturnType<AwsCredentialSource>> {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
