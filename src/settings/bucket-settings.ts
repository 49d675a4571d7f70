import { z } from "zod";
import { isBlank, isMapping, type Mapping, type Readings } from "./read-mapping.ts";
import { optionalText, optionalWord, requiredText, type Shape, webAddress } from "./setting-values.ts";
import type {
  AccessKey,
  AssumedRole,
  BucketSettings,
  CatalogUpkeep,
  ObjectEncryption,
  ObjectSettings,
} from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";
import { readSecret, type SettingsReading } from "./settings-reading.ts";

type TextReading = { readonly value: string } | { readonly problem: string };

const bucketName = (text: string): TextReading =>
  text.includes("://") ? { problem: "must be the bucket's name alone, without s3://" } : { value: text };

const keyName = (text: string): TextReading =>
  /^(arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)\/\S+|(?!arn:)\S+)$/.test(text)
    ? { value: text }
    : { problem: "must be a KMS key's id, alias/name or ARN" };

// Other servers than AWS's have accounts of other names, or none.
const roleArn = (text: string): TextReading =>
  /^arn:aws[\w-]*:iam::(\d{12}|[A-Za-z]\w*|):role\/[\w+=,.@/-]+$/.test(text)
    ? { value: text }
    : { problem: "must be a role's ARN such as arn:aws:iam::123456789012:role/panorama" };

const externalId = (text: string): TextReading =>
  /^[\w+=,.@:/-]{2,1224}$/.test(text)
    ? { value: text }
    : { problem: "must be 2 to 1224 characters without spaces" };

/** Those whose objects can be read at once: a table in an archive can be queried by nobody. */
const storageClasses = [
  "standard",
  "standard_ia",
  "onezone_ia",
  "intelligent_tiering",
  "glacier_ir",
  "reduced_redundancy",
] as const;

/** The keys that `aws` and `s3` share. */
export interface BucketKeys {
  readonly panorama_raw_data_bucket: string;
  readonly endpoint_url: string | undefined;
  readonly aws_region: string | undefined;
  readonly aws_access_key: string | undefined;
  readonly aws_access_key_file: string | undefined;
  readonly aws_secret_access_key: string | undefined;
  readonly aws_secret_access_key_file: string | undefined;
  readonly aws_profile: string | undefined;
  readonly role_arn: string | undefined;
  readonly external_id: string | undefined;
  readonly sse: "s3" | "kms" | "none" | undefined;
  readonly kms_key_id: string | undefined;
  readonly storage_class: (typeof storageClasses)[number] | undefined;
  readonly catalog: CatalogUpkeep | undefined;
}

export const bucketShape: Shape<BucketKeys> = {
  panorama_raw_data_bucket: requiredText({ description: "Bucket that holds the lake." }, bucketName),
  endpoint_url: optionalText({ description: "Address of an S3 server that is not AWS's." }, webAddress),
  aws_region: optionalText({ description: "Region of bucket and Athena.", examples: ["us-east-1"] }),
  aws_access_key: optionalText({ description: "Without it the default AWS credential chain is used." }),
  aws_access_key_file: optionalText({ description: "File that holds the access key." }),
  aws_secret_access_key: optionalText({
    description: "Better: `${AWS_SECRET_ACCESS_KEY}`, or the key below.",
  }),
  aws_secret_access_key_file: optionalText({ description: "File that holds the secret access key." }),
  aws_profile: optionalText({ description: "Profile of the AWS configuration files, in place of a key." }),
  role_arn: optionalText(
    { description: "Role to assume.", examples: ["arn:aws:iam::123456789012:role/panorama"] },
    roleArn,
  ),
  external_id: optionalText({ description: "External id that the role asks for." }, externalId),
  sse: optionalWord(["s3", "kms", "none"], {
    description: "How files are encrypted; none leaves it to the bucket. kms when kms_key_id is given.",
    default: "none",
  }),
  kms_key_id: optionalText({ description: "KMS key that encrypts the files." }, keyName),
  storage_class: optionalWord(storageClasses, { description: "Storage class of the files." }),
  catalog: optionalWord(["auto", "manual"], {
    description: "manual: only the create commands create tables and views.",
    default: "auto",
  }),
};

const mostTags = 10;

const tagsSchema = z
  .union([z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])), z.null()])
  .optional()
  .meta({ description: `Tags of the files, up to ${mostTags}.`, examples: [{ project: "panorama" }] });

/** `tags` as written; read by `readBucket`, so that each tag is judged for itself. */
export const tagsShape: { readonly tags: z.ZodType } = { tags: tagsSchema };

export async function readBucket(
  keys: Readings<BucketKeys>,
  mapping: Mapping,
  path: SettingPath,
  reading: SettingsReading,
): Promise<BucketSettings> {
  const { problems } = reading;
  const credentials = await readAccessKey(keys, path, reading);
  if (keys.aws_profile !== undefined && hasAccessKey(keys)) {
    problems.add([...path, "aws_profile"], "an access key is given too; keep one of the two");
  }
  return {
    bucket: keys.panorama_raw_data_bucket ?? "",
    region: keys.aws_region,
    endpointUrl: keys.endpoint_url,
    pathStyle: keys.endpoint_url !== undefined,
    credentials,
    profile: keys.aws_profile,
    role: readRole(keys, path, problems),
    objects: readObjects(keys, mapping["tags"], path, problems),
    catalog: keys.catalog ?? "auto",
  };
}

async function readAccessKey(
  keys: Readings<BucketKeys>,
  path: SettingPath,
  reading: SettingsReading,
): Promise<AccessKey | undefined> {
  const secret = (key: "aws_access_key" | "aws_secret_access_key"): Promise<string | undefined> =>
    readSecret(key, keys[key], keys[`${key}_file`], path, reading);
  const accessKeyId = await secret("aws_access_key");
  const secretAccessKey = await secret("aws_secret_access_key");
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };

  const [hasId, hasSecret] = [isGiven(keys, "aws_access_key"), isGiven(keys, "aws_secret_access_key")];
  if (hasId !== hasSecret) {
    const missing = hasId ? "aws_secret_access_key" : "aws_access_key";
    reading.problems.add([...path, missing], "missing; an access key has two parts");
  }
  return undefined;
}

function hasAccessKey(keys: Readings<BucketKeys>): boolean {
  return isGiven(keys, "aws_access_key") || isGiven(keys, "aws_secret_access_key");
}

function isGiven(keys: Readings<BucketKeys>, key: "aws_access_key" | "aws_secret_access_key"): boolean {
  return keys[key] !== undefined || keys[`${key}_file`] !== undefined;
}

function readRole(
  { role_arn: arn, external_id: id }: Readings<BucketKeys>,
  path: SettingPath,
  problems: SettingsProblems,
): AssumedRole | undefined {
  if (arn !== undefined) return { arn, externalId: id };
  if (id !== undefined) problems.add([...path, "external_id"], "role_arn is missing");
  return undefined;
}

function readObjects(
  keys: Readings<BucketKeys>,
  tags: unknown,
  path: SettingPath,
  problems: SettingsProblems,
): ObjectSettings {
  return {
    encryption: readEncryption(keys, path, problems),
    storageClass: keys.storage_class?.toUpperCase() as ObjectSettings["storageClass"],
    tags: readTags(tags, [...path, "tags"], problems),
  };
}

function readEncryption(
  { sse, kms_key_id: keyId }: Readings<BucketKeys>,
  path: SettingPath,
  problems: SettingsProblems,
): ObjectEncryption | undefined {
  if (keyId !== undefined) {
    if (sse !== undefined && sse !== "kms") {
      problems.add([...path, "sse"], "kms_key_id is given, which needs sse: kms");
    }
    return { kind: "kms", keyId };
  }
  if (sse === "kms") return { kind: "kms", keyId: undefined };
  return sse === "s3" ? { kind: "s3" } : undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
function readTags(
  value: unknown,
  path: SettingPath,
  problems: SettingsProblems,
): Readonly<Record<string, string>> {
  if (isBlank(value)) return {};
  if (!isMapping(value)) {
    problems.add(path, "must be a mapping with keys such as project");
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length > mostTags) problems.add(path, `${entries.length} tags; S3 takes ${mostTags}`);
  for (const [name, tag] of entries) {
    const problem = describeTagProblem(name, tag);
    if (problem !== undefined) problems.add([...path, name], problem);
  }
  return Object.fromEntries(entries.map(([name, tag]) => [name, isBlank(tag) ? "" : String(tag)]));
}

const tagText = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;

function describeTagProblem(name: string, value: unknown): string | undefined {
  if (typeof value === "object" && value !== null) return "must be text";
  const text = isBlank(value) ? "" : String(value);
  if (name === "" || name.length > 128) return "a tag's name has 1 to 128 characters";
  if (text.length > 256) return "a tag's value has up to 256 characters";
  if (/^aws:/i.test(name)) return "names that begin with aws: are AWS's own";
  if (tagText.test(name) && tagText.test(text)) return undefined;
  return "may hold letters, digits, spaces and + - = . _ : / @";
}
