import { presetEntry, secretColumns } from "../openedx/preset/plan-preset.ts";
import { switchOf } from "../privacy/privacy-rules.ts";
import type { TableSettings } from "../settings/settings.ts";
import type { SelectedTables } from "./select-tables.ts";

export interface PrivacyWarning {
  readonly source: string;
  readonly message: string;
}

/** What the settings put into the lake that an operator may not mean to be there. */
export function privacyWarnings(selected: readonly SelectedTables[]): readonly PrivacyWarning[] {
  return selected.flatMap(({ datasource, tables }) => {
    // Made-up rows give nothing away.
    const secrets = datasource.type === "mysql" ? tables.flatMap(loadedSecrets) : [];
    const unknown = tables.filter(({ name, privacy }) => {
      const hasRules = (privacy?.demanded.size ?? 0) > 0;
      return presetEntry(name, "full") === undefined && !hasRules;
    });
    const messages: string[] = [];
    if (secrets.length > 0) {
      messages.push(
        `the lake gets ${secrets.join(", ")}, where Open edX keeps password hashes, session ids and keys; ` +
          "`privacy: drop` on a field leaves it out, and `preset: openedx` leaves them all out",
      );
    }
    if (["pseudonymous", "anonymous"].includes(datasource.presetLevel ?? "") && unknown.length > 0) {
      const names = unknown.map(({ name }) => name).join(", ");
      messages.push(
        `the preset does not know ${names}: nothing of these is hashed or dropped unless their own \`privacy\` says so`,
      );
    }
    return messages.map((message) => ({ source: datasource.name, message }));
  });
}

function loadedSecrets({ name, fields, privacy }: TableSettings): readonly string[] {
  return secretColumns(name)
    .filter((column) => ["keep", "year"].includes(switchOf(privacy, column)))
    .filter((column) => {
      const listed = fields?.find((field) => field.name.toLowerCase() === column);
      return fields === undefined || (listed !== undefined && listed.constant === undefined);
    })
    .map((column) => `${name}.${column}`);
}
