/** What a number is shown as. A `time` may be a duration of more than a day. */
export type NumberShown = "number" | "date" | "datetime" | "time";

/** Formats that every workbook has without spelling them: ECMA-376, part 1, 18.8.30. */
const builtIn = new Map<number, NumberShown>([
  ...range(14, 17, "date"),
  ...range(18, 21, "time"),
  ...range(22, 22, "datetime"),
  ...range(27, 31, "date"),
  ...range(32, 35, "time"),
  ...range(36, 36, "date"),
  ...range(45, 47, "time"),
  ...range(50, 58, "date"),
]);

/** What a format shows numbers as, by its number and, where the workbook spells it, its code. */
export function shownBy(id: number, code: string | undefined): NumberShown {
  return code === undefined ? (builtIn.get(id) ?? "number") : shownByCode(code);
}

/** `yyyy\-mm\-dd hh:mm`, `[h]:mm`, `#,##0.00 "d"`: texts and brackets are no letters of a date. */
function shownByCode(code: string): NumberShown {
  const [first = ""] = code
    .replaceAll(/"[^"]*"|\\.|[_*]./gs, "")
    .replaceAll(/\[(?!(?:h+|m+|s+)\])[^\]]*\]/gi, "")
    .split(";");
  const letters = first.toLowerCase();
  if (/general/.test(letters)) return "number";
  const hasTime = /[hs]|\[m+\]|am\/pm|a\/p/.test(letters);
  const hasDay = /[yd]/.test(letters) || (/m/.test(letters) && !hasTime);
  if (hasDay) return hasTime ? "datetime" : "date";
  return hasTime ? "time" : "number";
}

function range(from: number, to: number, shown: NumberShown): [number, NumberShown][] {
  return Array.from({ length: to - from + 1 }, (_, i) => [from + i, shown]);
}
