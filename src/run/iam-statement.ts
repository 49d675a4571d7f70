import type { DatalakeSettings, Settings } from "../settings/settings.ts";

/** Something that a policy allows or allows it on, with what it is for. */
export interface PolicyLine {
  readonly text: string;
  readonly purpose: string;
}

export interface PolicyStatement {
  /** Letters only, as AWS wants it. */
  readonly sid: string;
  readonly actions: readonly PolicyLine[];
  readonly resources: readonly PolicyLine[];
  readonly condition?: PolicyCondition;
}

/** By operator, then by key: `{ StringLike: { "s3:prefix": ["openedx/*"] } }`. */
export type PolicyCondition = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** A policy document in the form that AWS takes. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: "Allow";
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
    readonly Condition?: PolicyCondition;
  }[];
}

/** A lake whose rights AWS gives. */
export type AwsLake = Exclude<DatalakeSettings, { readonly type: "local" }>;

/** How exactly tables are named: a policy that AWS refuses for its length is of no use. */
export interface Breadth {
  /** `openedx_raw_*` in place of the name of each table in the catalog. */
  readonly catalogByPrefix: boolean;
  /** `openedx/*` in place of the folder of each table. */
  readonly folderByPrefix: boolean;
}

/** What everything of a policy is spelled with. */
export interface PolicyScope extends Breadth {
  readonly lake: AwsLake;
  readonly settings: Settings;
  /** `aws`, or that of AWS in China or for the US government. */
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** The policy as AWS takes it, without what its lines are for. */
export function policyDocument(statements: readonly PolicyStatement[]): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: statements.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: "Allow",
      Action: actions.map(({ text }) => text),
      Resource: resources.map(({ text }) => text),
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

/** What `*`, `?` and `$` mean in a policy is not meant by a name that has them. */
export function escapeArn(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}

export function bucketArn({ partition }: PolicyScope, bucket: string): string {
  return `arn:${partition}:s3:::${bucket}`;
}
