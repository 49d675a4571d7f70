import { zipFile } from "./zip-file.ts";

/** Formats of the styles that cells name by their position here; a number is one that every workbook has. */
export const styles = [
  0,
  14,
  22,
  "yyyy\\-mm\\-dd hh:mm:ss.000",
  "[h]:mm:ss",
  '#,##0.00 "days"',
  "[$-409]d mmm yyyy;@",
  18,
] as const;

export const style = {
  number: 0,
  day: 1,
  minute: 2,
  millisecond: 3,
  duration: 4,
  days: 5,
  month: 6,
  time: 7,
} as const;

export interface WorkbookParts {
  /** By the sheets' names, the XML within `sheetData`. */
  readonly sheets: Readonly<Record<string, string>>;
  /** Each the XML within `si`, or a text. */
  readonly strings?: readonly string[];
  readonly from1904?: boolean;
  /** Parts in place of those that are made. */
  readonly parts?: Readonly<Record<string, string | Uint8Array>>;
}

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A workbook as Excel writes it, of rows that are spelled out. */
export function workbookFile({ sheets, strings = [], from1904 = false, parts = {} }: WorkbookParts): Buffer {
  const names = Object.keys(sheets);
  const relations = (entries: readonly (readonly [type: string, target: string])[]): string =>
    `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${entries
      .map(
        ([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${type}" Target="${target}"/>`,
      )
      .join("")}</Relationships>`;
  const spelled = styles.filter((each) => typeof each === "string");
  return zipFile({
    "[Content_Types].xml": `${head}<Types/>`,
    "_rels/.rels": relations([["officeDocument", "xl/workbook.xml"]]),
    "xl/_rels/workbook.xml.rels": relations([
      ...names.map((_, i) => ["worksheet", `worksheets/sheet${i + 1}.xml`] as const),
      ["styles", "styles.xml"],
      ["sharedStrings", "/xl/sharedStrings.xml"],
    ]),
    "xl/workbook.xml":
      `${head}<workbook xmlns="${main}" xmlns:r="${office}"><workbookPr${from1904 ? ' date1904="1"' : ""}/>` +
      `<sheets>${names.map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("")}</sheets></workbook>`,
    "xl/styles.xml": `${head}<styleSheet xmlns="${main}"><numFmts>${spelled
      .map((code, i) => `<numFmt numFmtId="${164 + i}" formatCode="${code.replaceAll('"', "&quot;")}"/>`)
      .join("")}</numFmts><cellStyleXfs><xf numFmtId="22"/></cellStyleXfs><cellXfs>${styles
      .map((each) => `<xf numFmtId="${typeof each === "number" ? each : 164 + spelled.indexOf(each)}"/>`)
      .join("")}</cellXfs></styleSheet>`,
    "xl/sharedStrings.xml": `${head}<sst xmlns="${main}">${strings
      .map((text) => `<si>${text.startsWith("<") ? text : `<t xml:space="preserve">${text}</t>`}</si>`)
      .join("")}</sst>`,
    ...Object.fromEntries(
      names.map((name, i) => [
        `xl/worksheets/sheet${i + 1}.xml`,
        `${head}<worksheet xmlns="${main}"><sheetData>${sheets[name]}</sheetData></worksheet>`,
      ]),
    ),
    ...parts,
  });
}

type CellValue = string | number | boolean | null | { readonly xml: string };

/** Rows of plain values below one another; a value may be the XML of its cell. */
export function sheetRows(...rows: readonly (readonly CellValue[])[]): string {
  return rows
    .map((row, i) => {
      const cells = row.map((value, column) =>
        cellXml(value, `${String.fromCharCode(0x41 + column)}${i + 1}`),
      );
      return `<row r="${i + 1}">${cells.join("")}</row>`;
    })
    .join("");
}

function cellXml(value: CellValue, reference: string): string {
  if (value === null) return "";
  if (typeof value === "object") return value.xml.replace("<c", `<c r="${reference}"`);
  if (typeof value === "number") return `<c r="${reference}"><v>${value}</v></c>`;
  if (typeof value === "boolean") return `<c r="${reference}" t="b"><v>${value ? 1 : 0}</v></c>`;
  return `<c r="${reference}" t="inlineStr"><is><t>${value}</t></is></c>`;
}

/** A number in a style. */
export function styled(value: number, name: keyof typeof style): { readonly xml: string } {
  return { xml: `<c s="${style[name]}"><v>${value}</v></c>` };
}
