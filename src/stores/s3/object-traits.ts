import type { PutObjectCommandInput } from "@aws-sdk/client-s3";

/** What every object gets that a store writes, copies included. */
export interface S3ObjectOptions {
  /** Undefined for the bucket's own setting. */
  readonly sse?: "AES256" | "aws:kms" | undefined;
  /** Undefined for the account's key of S3. */
  readonly kmsKeyId?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export type ObjectTraits = Pick<
  PutObjectCommandInput,
  "ServerSideEncryption" | "SSEKMSKeyId" | "StorageClass" | "Tagging"
>;

export function planTraits({ sse, kmsKeyId, storageClass, tags = {} }: S3ObjectOptions): ObjectTraits {
  const tagging = Object.entries(tags)
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .join("&");
  return {
    ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
    ...(sse !== "aws:kms" || kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
    ...(storageClass === undefined
      ? {}
      : { StorageClass: storageClass as NonNullable<ObjectTraits["StorageClass"]> }),
    ...(tagging === "" ? {} : { Tagging: tagging }),
  };
}
