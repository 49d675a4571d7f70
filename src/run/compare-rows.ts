import { type PrivacySwitch, switchOf, type TablePrivacy } from "../privacy/privacy-rules.ts";
import type { RowTexts } from "./row-versions.ts";

/** A column in which two rows differ. */
export interface ColumnDifference {
  readonly column: string;
  /**
   * The values, as the lake spells them; `null` is NULL, undefined is a row without the column. Left out where privacy
   * hides them.
   */
  readonly values?: readonly [string | null | undefined, string | null | undefined];
  /** What privacy makes of the column, where that is not for anybody's eyes. */
  readonly hidden?: PrivacySwitch;
}

/** The columns of either row in which they differ, in their order. */
export function compareRows(
  one: RowTexts,
  other: RowTexts,
  privacy: TablePrivacy | undefined,
): readonly ColumnDifference[] {
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((column): readonly ColumnDifference[] => {
    const values = [one.get(column), other.get(column)] as const;
    if (values[0] === values[1]) return [];
    const hidden = hiddenBy(privacy, column);
    return [hidden === undefined ? { column, values } : { column, hidden }];
  });
}

/** Undefined for a column whose values may be shown. */
export function hiddenBy(privacy: TablePrivacy | undefined, column: string): PrivacySwitch | undefined {
  const change = switchOf(privacy, column);
  return change === "keep" || change === "year" ? undefined : change;
}
