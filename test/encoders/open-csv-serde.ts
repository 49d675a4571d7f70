/**
 * What Athena makes of a CSV file: a line is a row, whatever stands in it, and a line is read as
 * `org.apache.hadoop.hive.serde2.OpenCSVSerde` does with separator `,`, quote `"`, escape `\` and the first line
 * skipped. Oddities included: a backslash counts only within a field, a quote in the middle of a field opens
 * quotes that hide the separators after it, and a field whose quotes do not end is missing.
 */
export function readAsOpenCsvSerde(
  file: Uint8Array,
  columnCount: number,
): readonly (readonly (string | null)[])[] {
  const text = new TextDecoder("utf-8", { ignoreBOM: false }).decode(file);
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") {
    lines.pop();
  }
  return lines.slice(1).map((line) => readLine(line, columnCount));
}

function readLine(line: string, columnCount: number): (string | null)[] {
  const fields: (string | null)[] = [];
  let field = "";
  let quoted = false;
  let begun = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    const next = line.charAt(at + 1);
    const inside = quoted || begun;
    if (character === "\\") {
      if (inside && (next === '"' || next === "\\")) {
        field += next;
        at++;
      }
    } else if (character === '"') {
      if (inside && next === '"') {
        field += next;
        at++;
      } else {
        if (isWithinField(line, at)) {
          field = /^\s+$/.test(field) ? "" : `${field}"`;
        }
        quoted = !quoted;
      }
      begun = !begun;
    } else if (character === "," && !quoted) {
      fields.push(field);
      field = "";
      begun = false;
    } else {
      field += character;
      begun = true;
    }
  }
  fields.push(quoted || line === "" ? null : field);
  return Array.from({ length: columnCount }, (_, column) => fields[column] ?? null);
}

/** The first three characters of a line never count as the middle of a field. */
function isWithinField(line: string, at: number): boolean {
  return at > 2 && line[at - 1] !== "," && at + 1 < line.length && line[at + 1] !== ",";
}
