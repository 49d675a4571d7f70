import { sourceLibraryOf } from "./source-library.ts";
import type { StructureBlock } from "./structure-document.ts";

/** Settings that a block has from the nearest block above it that sets them. */
export interface InheritedSettings {
  readonly graded: boolean;
  readonly visibleToStaffOnly: boolean;
  readonly format?: string | undefined;
  readonly due?: number | undefined;
  readonly start?: number | undefined;
}

/** The settings of one block as they count: its own, else those that came with it, else those from above. */
export interface BlockSettings extends InheritedSettings {
  readonly displayName: string;
  readonly sourceLibrary?: string | undefined;
  readonly maxCount?: number | undefined;
  readonly weight?: number | undefined;
}

export const nothingInherited: InheritedSettings = { graded: false, visibleToStaffOnly: false };

const int32Limit = 2 ** 31;

/** `onUnreadableDate` is called for each date that is none; it is taken for not set. */
export function readSettings(
  block: StructureBlock,
  blockId: string,
  inherited: InheritedSettings,
  onUnreadableDate: () => void,
): BlockSettings {
  const setting = (name: string): unknown => block.fields?.[name] ?? block.defaults?.[name] ?? undefined;
  const date = (name: string): number | undefined => {
    const value = setting(name);
    if (value === undefined) return undefined;
    const millis = millisOf(value);
    if (millis === undefined) onUnreadableDate();
    return millis;
  };
  return {
    displayName: textOf(setting("display_name")) ?? blockId.replaceAll("_", " "),
    graded: flagOf(setting("graded")) ?? inherited.graded,
    visibleToStaffOnly: flagOf(setting("visible_to_staff_only")) ?? inherited.visibleToStaffOnly,
    format: textOf(setting("format")) ?? inherited.format,
    due: date("due") ?? inherited.due,
    start: date("start") ?? inherited.start,
    sourceLibrary: sourceLibraryOf(block),
    maxCount: integerOf(setting("max_count")),
    weight: numberOf(setting("weight")),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = textOf(value)?.toLowerCase();
  return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function integerOf(value: unknown): number | undefined {
  const number = numberOf(value);
  const fits = Number.isInteger(number) && Math.abs(number as number) < int32Limit;
  return fits ? number : undefined;
}

/** Some imported courses hold dates as ISO text; one without a zone is UTC, like all of Open edX. */
function millisOf(value: unknown): number | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== "string") return undefined;
  const match =
    /^"?(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(?:Z|([+-]\d\d):?(\d\d))?"?$/.exec(
      value.trim(),
    );
  if (match === null) return undefined;
  const [, day = "", time = "00:00", zoneHours = "+00", zoneMinutes = "00"] = match;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  // What Date makes of February 30 is a day in March.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  const millis = Date.parse(`${day}T${time}${zoneHours}:${zoneMinutes}`);
  return Number.isNaN(millis) ? undefined : millis;
}
