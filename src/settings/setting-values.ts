import { z } from "zod";
import { nearestName } from "./nearest-name.ts";
import { isShowable } from "./settings-problems.ts";

/** Keys of a mapping with the schema of each; `Keys` says what they hold once read. */
export type Shape<Keys> = { readonly [Key in keyof Keys]: z.ZodType<Keys[Key]> };

/** What an editor shows beside a setting. */
export interface SettingNotes {
  readonly description: string;
  readonly default?: string | number | boolean;
  readonly examples?: readonly string[];
}

/** zod leaves `default` out where a setting is transformed, so the description says it. */
function describe({ description, default: usual, examples }: SettingNotes): Record<string, unknown> {
  const text = usual === undefined ? description : `${description} Default: ${usual}.`;
  return { description: text, ...(examples === undefined ? {} : { examples }) };
}

type Reading<Value> = { readonly value: Value } | { readonly problem: string };

// A number may be written where text is meant, and text where a number is meant: `${PORT}` is text.
const textInput = z.union([z.string(), z.number(), z.boolean()], { error: "must be text" });
const numberInput = z.union([z.number(), z.string()], { error: "must be a number" });
const flagInput = z.union([z.boolean(), z.string()], { error: "must be true or false" });

/** Blank (null or empty) means not set. */
function optional<Value>(
  input: typeof textInput | typeof numberInput | typeof flagInput,
  read: (text: string) => Reading<Value>,
  notes: SettingNotes,
): z.ZodType<Value | undefined> {
  return (input as typeof textInput)
    .nullish()
    .transform((written, context): Value | undefined => {
      if (written === undefined || written === null || written === "") return undefined;
      const reading = read(String(written));
      if ("value" in reading) return reading.value;
      context.addIssue({ code: "custom", message: reading.problem });
      return z.NEVER;
    })
    .meta(describe(notes));
}

const unchanged = (text: string): Reading<string> => ({ value: text });

export function requiredText(notes: SettingNotes, read: typeof unchanged = unchanged): z.ZodType<string> {
  return textInput
    .transform((written, context): string => {
      const reading = written === "" ? { problem: "missing" } : read(String(written));
      if ("value" in reading) return reading.value;
      context.addIssue({ code: "custom", message: reading.problem });
      return z.NEVER;
    })
    .meta(describe(notes));
}

export function optionalText(
  notes: SettingNotes,
  read: typeof unchanged = unchanged,
): z.ZodType<string | undefined> {
  return optional(textInput, read, notes);
}

/** Must be there, and may be blank. */
export function presentText(notes: SettingNotes): z.ZodType<string | undefined> {
  return textInput
    .nullable()
    .transform((written) => (written === null || written === "" ? undefined : String(written)))
    .meta(describe(notes));
}

export interface NumberRange {
  readonly whole: boolean;
  readonly least: number;
  readonly most?: number;
  /** How a message says it, e.g. `a whole number above 0`. */
  readonly spelled: string;
}

export function optionalNumber(range: NumberRange, notes: SettingNotes): z.ZodType<number | undefined> {
  function read(text: string): Reading<number> {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    const fits = range.whole ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!fits || value < range.least || value > (range.most ?? Number.MAX_VALUE)) {
      return { problem: `must be ${range.spelled}` };
    }
    return { value };
  }
  return optional(numberInput, read, notes);
}

export function optionalFlag(notes: SettingNotes): z.ZodType<boolean | undefined> {
  function read(text: string): Reading<boolean> {
    if (/^(true|yes|on|1)$/i.test(text)) return { value: true };
    if (/^(false|no|off|0)$/i.test(text)) return { value: false };
    return { problem: "must be true or false" };
  }
  return optional(flagInput, read, notes);
}

/** One of some words in any case. */
export function optionalWord<Word extends string>(
  words: readonly Word[],
  notes: SettingNotes,
): z.ZodType<Word | undefined> {
  function read(text: string): Reading<Word> {
    const value = words.find((word) => word === text.trim().toLowerCase().replaceAll("-", "_"));
    return value === undefined ? { problem: describeUnknownWord(text, words) } : { value };
  }
  const spellings = words.flatMap((word) => [...new Set([word, word.toUpperCase()])]);
  return optional(textInput, read, notes).meta({ anyOf: [{ enum: [...spellings, null] }] });
}

/** `unknown word "parket"; did you mean "parquet"?`, or the list of what is known when it is short. */
export function describeUnknownWord(word: string, known: readonly string[]): string {
  const found = isShowable(word) ? `unknown word "${word}"` : "unknown word";
  const meant = nearestName(word, known);
  if (meant !== undefined) return `${found}; did you mean "${meant}"?`;
  return known.length > 12 ? found : `${found}; known are ${known.join(", ")}`;
}

export function isoDate(text: string): Reading<string> {
  const day = new Date(`${text}T00:00:00Z`);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(day.getTime());
  return isDay && day.toISOString().startsWith(text)
    ? { value: text }
    : { problem: "must be a date such as 2024-12-31" };
}

export function webAddress(text: string): Reading<string> {
  return /^https?:\/\/[^\s/]+/i.test(text) && URL.canParse(text)
    ? { value: text }
    : { problem: "must be an address such as https://s3.example.com" };
}
