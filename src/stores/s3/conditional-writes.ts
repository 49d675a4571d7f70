import { randomBytes } from "node:crypto";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { PanoramaError } from "../../errors.ts";
import { sharedSystemFolder } from "../lake-path.ts";
import { unquote } from "./multipart-upload.ts";
import type { ObjectTraits } from "./object-traits.ts";
import { onS3, type S3Connection } from "./s3-connection.ts";
import { isConflict, isMissing, isNotImplemented } from "./s3-errors.ts";

/** An object that is only there to see what the server does. */
export interface Probe {
  readonly key: string;
  put(condition: Condition): Promise<string>;
  remove(): Promise<void>;
}

export interface Condition {
  readonly IfMatch?: string;
  readonly IfNoneMatch?: string;
}

/** A version as `put` knows it becomes the header that S3 wants. */
export function conditionOf(ifVersion: string | null | undefined): Condition {
  if (ifVersion === undefined) return {};
  return ifVersion === null ? { IfNoneMatch: "*" } : { IfMatch: `"${ifVersion}"` };
}

/** In the lake's own folder, under a name that nothing else has. */
export function planProbe(
  connection: S3Connection,
  traits: ObjectTraits,
  basePrefix: string | undefined,
): Probe {
  const { client, bucket } = connection;
  const key = `${sharedSystemFolder(basePrefix)}probe-${randomBytes(8).toString("hex")}`;
  return {
    key,
    async put(condition) {
      const input = { Bucket: bucket, Key: key, Body: randomBytes(16), ...traits, ...condition };
      return unquote((await client.send(new PutObjectCommand(input))).ETag);
    },
    async remove() {
      await onS3(connection, "s3:DeleteObject", key, () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
      );
    },
  };
}

/**
 * Throws STORE_UNSUPPORTED where two runs could overwrite each other's manifest, because the server does not know
 * conditions or takes no notice of them. Leaves nothing behind.
 */
export async function assertConditionsHeeded(
  connection: S3Connection,
  traits: ObjectTraits,
  basePrefix: string | undefined,
): Promise<void> {
  const probe = planProbe(connection, traits, basePrefix);
  await onS3(connection, "s3:PutObject", probe.key, () => probe.put({}));
  try {
    for (const [header, condition] of Object.entries({
      "If-None-Match": { IfNoneMatch: "*" },
      "If-Match": { IfMatch: `"${"0".repeat(32)}"` },
    })) {
      if (!(await isHeeded(connection, probe, condition))) throw unsupported(connection, header);
    }
  } finally {
    await probe.remove();
  }
}

/** The condition does not hold, so the server has to refuse. */
async function isHeeded(connection: S3Connection, probe: Probe, condition: Condition): Promise<boolean> {
  return onS3(connection, "s3:PutObject", probe.key, async () => {
    try {
      await probe.put(condition);
      return false;
    } catch (cause) {
      if (isConflict(cause) || isMissing(cause)) return true;
      if (isNotImplemented(cause)) return false;
      throw cause;
    }
  });
}

function unsupported({ root, place }: S3Connection, header: string): PanoramaError {
  const sentence = `${place} takes no notice of ${header}, so two runs could overwrite each other's work in ${root}`;
  return new PanoramaError("STORE_UNSUPPORTED", sentence);
}
