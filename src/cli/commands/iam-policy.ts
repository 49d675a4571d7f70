import type { Command } from "commander";
import type { IamPolicy, PolicyStatement } from "../../index.ts";
import { alignColumns } from "../align-columns.ts";
import { type Cli, openSettings, writeResult } from "../cli.ts";

interface Flags {
  readonly account?: string;
  readonly resultLocation?: string;
  readonly explain?: true;
}

export function addIamPolicy(program: Command, cli: Cli): void {
  program
    .command("iam-policy")
    .summary("print the smallest AWS policy for these settings")
    .description(
      "Prints the IAM policy with the least rights that all commands need with these settings. Connects to nothing.",
    )
    .option("--account <id>", "the AWS account of catalog, workgroup and key; any by default")
    .option("--result-location <s3-address>", "where the workgroup writes results: s3://bucket/folder/")
    .option("--explain", "print what each line of the policy is for in place of it")
    .addHelpText(
      "after",
      "\nExample:\n  panorama iam-policy --account 123456789012 --result-location s3://athena-results/ > policy.json",
    )
    .action(async ({ account, resultLocation, explain }: Flags, command: Command) => {
      checkFlags(command, account, resultLocation);
      const { panorama, settings } = await openSettings(cli, command);
      const policy = panorama.planIamPolicy(settings, { account, resultLocation });
      const text =
        explain === true
          ? spellExplanation(policy)
              .map((line) => panorama.printable(line))
              .join("\n")
          : JSON.stringify(panorama.policyDocument(policy.statements), null, 2);
      await writeResult(cli, `${text}\n`);
      for (const note of policy.notes) cli.notify(panorama.printable(note));
    });
}

function checkFlags(command: Command, account: string | undefined, resultLocation: string | undefined): void {
  if (account !== undefined && !/^\d{12}$/.test(account)) {
    command.error("--account needs the twelve digits of an AWS account");
  }
  if (resultLocation !== undefined && !/^s3:\/\/[a-z\d][a-z\d.-]+(\/|$)/.test(resultLocation)) {
    command.error("--result-location needs an address such as s3://bucket/folder/");
  }
}

/** Every line of the policy with what it is for, below the names of the statements. */
export function spellExplanation({ statements }: Pick<IamPolicy, "statements">): readonly string[] {
  return statements.flatMap((statement, index) => [
    ...(index === 0 ? [] : [""]),
    statement.sid,
    ...alignColumns(explainedLines(statement)),
  ]);
}

function explainedLines({ actions, resources, condition }: PolicyStatement): readonly (readonly string[])[] {
  const conditions = Object.values(condition ?? {}).flatMap((keys) => Object.entries(keys));
  return [
    ...actions.map(({ text, purpose }) => ["  may", text, purpose]),
    ...resources.map(({ text, purpose }) => ["  on", text, purpose]),
    ...conditions.flatMap(([key, values]) => values.map((value) => ["  if", `${key} ${value}`])),
  ];
}
