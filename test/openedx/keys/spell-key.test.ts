import { expect, test } from "vitest";
import type { OpaqueKey } from "../../../src/openedx/keys/opaque-key.ts";
import { parseKey } from "../../../src/openedx/keys/parse-key.ts";
import {
  spellBlockKey,
  spellCcxBlockKey,
  spellMasterBlockKey,
  spellMasterCourseKey,
} from "../../../src/openedx/keys/spell-key.ts";

function keyOf<Kind extends OpaqueKey["kind"]>(kind: Kind, text: string): Extract<OpaqueKey, { kind: Kind }> {
  const key = parseKey(text);
  expect(key?.kind).toBe(kind);
  return key as Extract<OpaqueKey, { kind: Kind }>;
}

test("a block's key is spelled after the kind of its course", () => {
  const course = keyOf("course", "course-v1:a:b+Ж+2025_T1\n");
  const ccx = keyOf("ccx-course", "ccx-v1:a:b+Ж+2025_T1+ccx@7");
  const old = keyOf("old-course", "MITx/6.002x/2012_Fall");

  expect(spellBlockKey(course, "html", "Sección_1")).toBe("block-v1:a:b+Ж+2025_T1+type@html+block@Sección_1");
  expect(spellBlockKey(ccx, "html", "Sección_1")).toBe(
    "ccx-block-v1:a:b+Ж+2025_T1+ccx@7+type@html+block@Sección_1",
  );
  expect(spellBlockKey(old, "html", "Week_1")).toBe("i4x://MITx/6.002x/html/Week_1");
});

test("a CCX's block and its master's lead to each other", () => {
  const masterText = "block-v1:DemoX+CS101+2025_T1+type@problem+block@q1";
  const ccxText = "ccx-block-v1:DemoX+CS101+2025_T1+ccx@7+type@problem+block@q1";

  expect(spellCcxBlockKey(keyOf("block", masterText), "7")).toBe(ccxText);
  expect(spellMasterBlockKey(keyOf("ccx-block", ccxText))).toBe(masterText);
  expect(spellMasterCourseKey(keyOf("ccx-block", ccxText))).toBe("course-v1:DemoX+CS101+2025_T1");
  expect(spellMasterCourseKey(keyOf("ccx-course", "ccx-v1:DemoX+CS101+2025_T1+ccx@7"))).toBe(
    "course-v1:DemoX+CS101+2025_T1",
  );
});
