import { z } from "zod";
import { secondsOf } from "./duration-text.ts";
import { isBlank, readMapping } from "./read-mapping.ts";
import { expectMapping } from "./read-type.ts";
import { optionalNumber, optionalText, type Shape } from "./setting-values.ts";
import type { MaxLoadSettings } from "./settings.ts";
import type { SettingPath, SettingsProblems } from "./settings-problems.ts";

interface MaxLoadKeys {
  readonly threads_running: number | undefined;
  readonly replica_lag: string | undefined;
  readonly max_wait: string | undefined;
}

const usualWait = "10m";
/** The server holds a connection open for a day. */
const longestWaitSeconds = 43_200;
const durationPattern = /^(\d+)\s*(s|m|h|seconds?|minutes?|hours?)$/i;

const duration = (text: string): { value: string } | { problem: string } =>
  durationPattern.test(text.trim())
    ? { value: text.trim() }
    : { problem: "must be a time such as 30s or 10m" };

const wait = (text: string): { value: string } | { problem: string } => {
  const read = duration(text);
  if ("problem" in read) return read;
  return durationSeconds(read.value) > longestWaitSeconds ? { problem: "must be 12h at most" } : read;
};

/** Seconds of a text that `duration` accepts. */
function durationSeconds(text: string): number {
  const [, count = "", unit = ""] = durationPattern.exec(text) ?? [];
  return secondsOf(count, unit);
}

const maxLoadShape: Shape<MaxLoadKeys> = {
  threads_running: optionalNumber(
    { whole: true, least: 1, spelled: "a whole number above 0" },
    { description: "Statements that may run at the server, those of the load not counted." },
  ),
  replica_lag: optionalText(
    { description: "How far the replica that is read may be behind its primary.", examples: ["30s"] },
    duration,
  ),
  max_wait: optionalText(
    {
      description: "How long a load waits in all; then it goes on, and fails where a replica is still unfit.",
      default: usualWait,
      examples: ["30m"],
    },
    wait,
  ),
};

/** `max_load` of a datasource as written. */
export const maxLoadSchema: z.ZodType = z
  .union([z.strictObject(maxLoadShape), z.null()])
  .optional()
  .meta({ description: "How much the server may have to do: above it a load pauses." });

export function readMaxLoad(
  value: unknown,
  path: SettingPath,
  problems: SettingsProblems,
): MaxLoadSettings | undefined {
  if (isBlank(value)) return undefined;
  const mapping = expectMapping(value, path, problems, "threads_running and replica_lag");
  if (mapping === undefined) return undefined;
  const keys = readMapping(maxLoadShape, mapping, path, problems);
  const { threads_running: threadsRunning, replica_lag: lag, max_wait: longest = usualWait } = keys;
  const isBounded = !isBlank(mapping["threads_running"]) || !isBlank(mapping["replica_lag"]);
  if (!isBounded) problems.add(path, "threads_running or replica_lag is missing");
  return {
    threadsRunning,
    replicaLagSeconds: lag === undefined ? undefined : durationSeconds(lag),
    maxWaitSeconds: durationSeconds(longest),
  };
}
