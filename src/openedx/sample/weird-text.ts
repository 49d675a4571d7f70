/** What people and old imports have put into text columns, each of which has broken some export. */
export const weirdTexts: readonly string[] = [
  "Zoë 🎓 Núñez",
  "שלום עולם",
  "مرحبا بالعالم",
  "cafe\u0301 with a combining mark",
  '"Bob" Smith',
  '"quoted"',
  'says "hi", twice',
  "O'Brien; DROP TABLE auth_user; --",
  "C:\\temp\\new",
  "ends with a backslash\\",
  "a\ttab",
  "line one\nline two",
  "line one\r\nline two",
  "only\ra return",
  "=1+1",
  "+44 20 7946 0000",
  "@SUM(A1:A9)",
  "-2",
  "NULL",
  "null",
  "\\N",
  "None",
  "",
  " leading and trailing ",
  "a,b;c|d",
  '"',
  "\\",
  '\\"',
  "👩‍👩‍👧‍👦 family",
  "𝒳 outside the basic plane",
  "\u200fright-to-left mark",
  "\ufeffbyte order mark",
  "<b>bold</b> &amp; more",
  "SAO PAULO / São Paulo / 北京",
];

/** The same as Python's `json.dumps` writes it: everything beyond ASCII as `\uXXXX`. */
export function jsonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
