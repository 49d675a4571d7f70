import sax from "sax";

const responseTags: ReadonlySet<string> = new Set([
  "annotationresponse",
  "choiceresponse",
  "choicetextresponse",
  "coderesponse",
  "customresponse",
  "externalresponse",
  "formularesponse",
  "imageresponse",
  "javascriptresponse",
  "jsmeresponse",
  "multiplechoiceresponse",
  "numericalresponse",
  "optionresponse",
  "schematicresponse",
  "stringresponse",
  "symbolicresponse",
  "truefalseresponse",
]);

const inputTags: ReadonlySet<string> = new Set([
  "annotationinput",
  "checkboxgroup",
  "checkboxtextgroup",
  "chemicalequationinput",
  "choicegroup",
  "codeinput",
  "crystallography",
  "designprotein2dinput",
  "drag_and_drop_input",
  "editageneinput",
  "editamoleculeinput",
  "filesubmission",
  "formulaequationinput",
  "imageinput",
  "javascriptinput",
  "jsinput",
  "jsmolinput",
  "matlabinput",
  "optioninput",
  "radiogroup",
  "radiotextgroup",
  "schematic",
  "textbox",
  "textline",
  "vsepr_input",
]);

export interface InputCount {
  readonly inputCount: number;
  /** False when the XML has errors: what could be read was counted, the platform may count otherwise. */
  readonly wellFormed: boolean;
}

/**
 * Counts what a problem asks for: the input elements within its responses, each of which is worth a point unless
 * the problem has a weight. A response without an input that we know counts as one. Comments, CDATA and inputs
 * outside of a response do not count.
 */
export function countInputs(xml: string): InputCount {
  const responses: { depth: number; inputCount: number }[] = [];
  let depth = 0;
  let rootCount = 0;
  let inputCount = 0;
  let wellFormed = true;
  const reader = sax.parser(true);
  // The reader stops at an error that nobody clears.
  reader.onerror = () => {
    wellFormed = false;
    reader.resume();
  };
  reader.onopentag = ({ name }) => {
    depth++;
    if (depth === 1) rootCount++;
    const response = responses.at(-1);
    if (responseTags.has(name)) responses.push({ depth, inputCount: 0 });
    else if (inputTags.has(name) && response !== undefined) response.inputCount++;
  };
  const leave = (): void => {
    const response = responses.pop();
    inputCount += Math.max(1, response?.inputCount ?? 0);
  };
  reader.onclosetag = () => {
    if (responses.at(-1)?.depth === depth) leave();
    depth--;
  };
  reader.write(xml.trim()).close();
  while (responses.length > 0) leave();
  return { inputCount, wellFormed: wellFormed && rootCount === 1 };
}
