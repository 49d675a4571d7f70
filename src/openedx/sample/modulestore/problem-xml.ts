/** What is written about a problem and is no input of it, though it looks like one. */
const decoys = `<!-- <stringresponse><textline/></stringresponse> -->
<p><![CDATA[<optioninput> is how a menu begins]]></p>
<textline label="An input outside of a response"/>
`;

/** A problem that asks for so many answers, as Studio's editors write it. */
export function problemXml(name: string, inputCount: number, hasDecoys: boolean): string {
  const responses = Array.from({ length: inputCount }, (_, n) => responseXml(n));
  // Two menus within one response are two inputs.
  const menus = inputCount === 3 ? [menuXml, responseXml(0)] : responses;
  return `<problem>\n<p>${escapeXml(name)}</p>\n${hasDecoys ? decoys : ""}${menus.join("\n")}\n</problem>`;
}

const menuXml = `<optionresponse>
  <optioninput options="('more','less')" correct="more"/>
  <optioninput options="('yes','no')" correct="no"/>
</optionresponse>`;

function responseXml(place: number): string {
  if (place % 2 === 1) {
    return `<numericalresponse answer="42"><formulaequationinput label="How many &lt; 50?"/></numericalresponse>`;
  }
  return `<multiplechoiceresponse>
  <choicegroup type="MultipleChoice">
    <choice correct="true">the first, "of course"</choice>
    <choice correct="false">C:\\temp &amp; more</choice>
  </choicegroup>
</multiplechoiceresponse>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
