import { setTimeout } from "node:timers/promises";
import type { Athena } from "@aws-sdk/client-athena";
import type { Glue } from "@aws-sdk/client-glue";
import { type AwsRequest, awsError, failureName, isPassing } from "./aws-failure.ts";

export interface AwsConnectionOptions {
  /** Undefined for the one that the environment or the profile names. */
  readonly region?: string | undefined;
  /** Undefined: AWS's default chain. Asked again when the key it gave is about to expire. */
  readonly credentials?: AwsCredentials | undefined;
  /** The profile of AWS's configuration files that names the region; undefined for what `AWS_PROFILE` says. */
  readonly awsProfile?: string | undefined;
  /** Addresses other than AWS's own. */
  readonly endpointUrls?: { readonly glue?: string; readonly athena?: string } | undefined;
  readonly patience?: Partial<AwsPatience> | undefined;
  /** Ends waiting; what was asked of AWS before may be done all the same. */
  readonly signal?: AbortSignal | undefined;
}

export type AwsCredentials = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}>;

export interface AwsPatience {
  /** Of one request, the first included. */
  readonly attempts: number;
  /** Before attempt 2, 3 and so on. */
  readonly retryMillis: (attempt: number) => number;
  /** Before a query's state is asked for the first time, the second time and so on. */
  readonly pollMillis: (poll: number) => number;
  /** How often it is asked for at most. */
  readonly polls: number;
}

/** Eight attempts take up to half a minute; a query is asked for six times in its first ten seconds. */
const defaultPatience: AwsPatience = {
  attempts: 8,
  retryMillis: (attempt) => Math.random() * Math.min(10_000, 200 * 2 ** (attempt - 1)),
  pollMillis: (poll) => Math.min(5_000, 400 * 1.7 ** (poll - 1)),
  polls: 180,
};

/** Glue and Athena. Libraries are loaded and connections made with the first request. */
export interface AwsConnection {
  readonly patience: AwsPatience;
  /** Asks until there is an answer, or throws what it means that there is none. */
  glue<T>(right: AwsRight, ask: (glue: Glue, options: CallOptions) => Promise<T>): Promise<T>;
  athena<T>(right: AwsRight, ask: (athena: Athena, options: CallOptions) => Promise<T>): Promise<T>;
  pause(millis: number): Promise<void>;
}

export interface AwsRight extends Omit<AwsRequest, "service" | "place"> {
  /** A refusal that is left to the caller, because asking the same again does not help. */
  readonly noRetryOf?: string;
}

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

export function openAwsConnection(options: AwsConnectionOptions): AwsConnection {
  const { signal } = options;
  const patience = { ...defaultPatience, ...options.patience };
  const call = signal === undefined ? {} : { abortSignal: signal };
  const place = options.region === undefined ? "AWS" : `region ${options.region}`;
  let glue: Promise<Glue> | undefined;
  let athena: Promise<Athena> | undefined;
  const pause = async (millis: number): Promise<void> => {
    // What ends the waiting is thrown below, as its own reason.
    if (millis > 0) await setTimeout(millis, undefined, signal && { signal }).catch(() => undefined);
    signal?.throwIfAborted();
  };

  async function persist<T>(
    request: AwsRequest,
    spared: string | undefined,
    ask: () => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        signal?.throwIfAborted();
        const again = isPassing(error) && failureName(error) !== spared;
        if (!again || attempt >= patience.attempts) throw awsError(error, request);
      }
      await pause(patience.retryMillis(attempt));
    }
  }

  return {
    patience,
    glue: ({ noRetryOf, ...right }, ask) =>
      persist({ service: "Glue", place, ...right }, noRetryOf, async () =>
        ask(await (glue ??= openGlue(options)), call),
      ),
    athena: ({ noRetryOf, ...right }, ask) =>
      persist({ service: "Athena", place, ...right }, noRetryOf, async () =>
        ask(await (athena ??= openAthena(options)), call),
      ),
    pause,
  };
}

async function openGlue(options: AwsConnectionOptions): Promise<Glue> {
  const { Glue } = await import("@aws-sdk/client-glue");
  return new Glue(clientConfig(options, options.endpointUrls?.glue));
}

async function openAthena(options: AwsConnectionOptions): Promise<Athena> {
  const { Athena } = await import("@aws-sdk/client-athena");
  return new Athena(clientConfig(options, options.endpointUrls?.athena));
}

function clientConfig(options: AwsConnectionOptions, endpoint: string | undefined): object {
  const { region, credentials, awsProfile } = options;
  // The releases are pinned to some that Node 20 can run; their advice is nothing that a user can follow.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return {
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(awsProfile === undefined ? {} : { profile: awsProfile }),
    ...(endpoint === undefined ? {} : { endpoint }),
    // Attempts are counted here, since some of Glue's refusals are worth another that the library gives none.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 10_000, socketTimeout: 60_000 },
  };
}
