import type { Catalog } from "./catalogs/catalog.ts";
import type { RemoteFiles } from "./catalogs/duckdb/remote-files.ts";
import type {
  AwsDatalakeSettings,
  BucketSettings,
  ObjectEncryption,
  S3DatalakeSettings,
} from "./settings/settings.ts";
import { catalogMemoryKey, type LakePlace } from "./stores/lake-path.ts";
import type { AwsCredentialOptions } from "./stores/s3/aws-credentials.ts";
import type { S3StoreOptions } from "./stores/s3/s3-store.ts";
import type { Store } from "./stores/store.ts";

/** For what is written and not sent yet, of all threads together. */
const uploadBytes = 24 << 20;

/** The bucket of a lake. `sharedBy`: how many threads of this process write to it, each with a store of its own. */
export async function openBucketStore(
  lake: S3DatalakeSettings | AwsDatalakeSettings,
  sharedBy: number,
): Promise<Store> {
  // AWS's libraries take a third of a second to load, which no other lake is to pay for.
  const { openS3Store } = await import("./stores/s3/s3-store.ts");
  return openS3Store(storeOptions(lake, Math.floor(uploadBytes / sharedBy)));
}

/** AWS's catalog of a lake; undefined when the settings name no database or no workgroup, and files are all there is. */
export async function openAwsCatalog(
  lake: AwsDatalakeSettings,
  store: Store,
  place: LakePlace,
): Promise<Catalog | undefined> {
  const { database, workgroup, region } = lake;
  if (database === undefined || workgroup === undefined) return undefined;
  const { openAthenaCatalog } = await import("./catalogs/athena/athena-catalog.ts");
  const { storedMemory } = await import("./catalogs/athena/catalog-memory.ts");
  const { openAwsCredentials } = await import("./stores/s3/aws-credentials.ts");
  return openAthenaCatalog({
    database,
    workgroup,
    region,
    credentials: await openAwsCredentials(credentialOptions(lake)),
    awsProfile: lake.profile,
    ownBasePartition: place.basePartition,
    memory: storedMemory(store, catalogMemoryKey(place)),
  });
}

/** The bucket of a lake for DuckDB to read. */
export async function openRemoteFiles(lake: S3DatalakeSettings | AwsDatalakeSettings): Promise<RemoteFiles> {
  const { openBucketAccess } = await import("./stores/s3/bucket-access.ts");
  const { bucket } = lake;
  return {
    root: `s3://${bucket}/`,
    access: await openBucketAccess({ ...credentialOptions(lake), bucket }),
  };
}

function storeOptions(lake: S3DatalakeSettings | AwsDatalakeSettings, memoryBytes: number): S3StoreOptions {
  const { bucket, basePrefix, objects } = lake;
  return {
    ...credentialOptions(lake),
    bucket,
    basePrefix,
    memoryBytes,
    ...encryptionOptions(objects.encryption),
    storageClass: objects.storageClass,
    tags: objects.tags,
  };
}

function credentialOptions({
  region,
  endpointUrl,
  credentials,
  profile,
  role,
}: BucketSettings): AwsCredentialOptions {
  return {
    region,
    endpointUrl,
    credentials,
    awsProfile: profile,
    roleArn: role?.arn,
    externalId: role?.externalId,
  };
}

function encryptionOptions(
  encryption: ObjectEncryption | undefined,
): Pick<S3StoreOptions, "sse" | "kmsKeyId"> {
  if (encryption === undefined) return {};
  return encryption.kind === "s3" ? { sse: "AES256" } : { sse: "aws:kms", kmsKeyId: encryption.keyId };
}
