import { expect, test } from "vitest";
import { countInputs } from "../../../src/openedx/structures/count-inputs.ts";

test.each<[what: string, xml: string, inputCount: number]>([
  [
    "checkboxes",
    `<problem>
  <choiceresponse>
    <p>"Quoted" &amp; \\backslash</p>
    <checkboxgroup><choice correct="true">a</choice><choice correct="false">b</choice></checkboxgroup>
  </choiceresponse>
</problem>`,
    1,
  ],
  [
    "a response with several inputs",
    "<problem><customresponse cfn='f'><textline/> and <textline/><p><textline/></p></customresponse></problem>",
    3,
  ],
  [
    "several responses",
    "<problem><optionresponse><optioninput/></optionresponse><numericalresponse answer='4'><formulaequationinput/></numericalresponse></problem>",
    2,
  ],
  ["a response without an input", "<problem><stringresponse answer='x'/></problem>", 1],
  [
    "a response with an input of a kind nobody knows",
    "<problem><customresponse><ourinput/></customresponse></problem>",
    1,
  ],
  [
    "comments",
    "<problem><!-- <optionresponse><optioninput/></optionresponse> --><stringresponse><!-- <textline/> --><textline/></stringresponse></problem>",
    1,
  ],
  [
    "CDATA",
    "<problem><script><![CDATA[s = '<optionresponse><optioninput/></optionresponse>']]></script><stringresponse><textline/></stringresponse></problem>",
    1,
  ],
  [
    "escaped text and attributes",
    '<problem><p title="&lt;choiceresponse&gt;">&lt;choiceresponse&gt;</p><stringresponse><textline/></stringresponse></problem>',
    1,
  ],
  ["tags that only begin like a response", "<problem><choiceresponsehint/><stringresponses/></problem>", 0],
  ["an input outside of a response", "<problem><textline/><p><optioninput/></p></problem>", 0],
  ["the choice of a text answer", choiceWithText(), 1],
  ["a prolog, a byte order mark and blank lines", "\uFEFF\n<?xml version='1.0'?>\n<problem/>\n\n", 0],
  [
    "a script as it is written in XML",
    "<problem><script type='loncapa/python'>if 1 &lt; 2: x = 1</script><formularesponse><textline/></formularesponse></problem>",
    1,
  ],
  [
    "a picture of 200,000 letters in an attribute",
    `<problem><img src="data:${"A".repeat(200_000)}"/><imageresponse><imageinput/></imageresponse></problem>`,
    1,
  ],
])("%s: inputs are counted", (_what, xml, inputCount) => {
  expect(countInputs(xml)).toEqual({ inputCount, wellFormed: true });
});

test.each<[what: string, xml: string, inputCount: number]>([
  ["nothing", "", 0],
  ["text", "Just text", 0],
  ["the end is missing", "<problem><stringresponse><textline/><textline/>", 2],
  [
    "a tag is not closed",
    "<problem><stringresponse><p><textline/></stringresponse><optionresponse/></problem>",
    2,
  ],
  ["a tag too many is closed", "<problem><stringresponse></p><textline/></b></stringresponse></problem>", 1],
  ["a bare ampersand", "<problem><p>R & D</p><stringresponse><textline/></stringresponse></problem>", 1],
  ["a bare less-than", "<problem><p>1 < 2</p><stringresponse><textline/></stringresponse></problem>", 1],
  [
    "an attribute without quotes",
    "<problem><stringresponse answer=x><textline/></stringresponse></problem>",
    1,
  ],
  ["two roots", "<problem><stringresponse/></problem><problem><stringresponse/></problem>", 2],
  [
    "a comment is not closed",
    "<problem><stringresponse><textline/></stringresponse><!-- <optionresponse/>",
    1,
  ],
])("%s: what can be read is counted, and the error told", (_what, xml, inputCount) => {
  expect(countInputs(xml)).toEqual({ inputCount, wellFormed: false });
});

function choiceWithText(): string {
  return `<problem><choicetextresponse><radiotextgroup>
    <choice correct="true">The answer is <numtolerance_input answer="5"/></choice>
    <choice correct="false">Another</choice>
  </radiotextgroup></choicetextresponse></problem>`;
}
