import { expect, test } from "vitest";
import type { OpaqueKey } from "../../../src/openedx/keys/opaque-key.ts";
import { parseKey } from "../../../src/openedx/keys/parse-key.ts";

type Parts<Key = OpaqueKey> = Key extends OpaqueKey ? Omit<Key, "text"> : never;

const cs101 = { org: "DemoX", course: "CS101", run: "2025_T1" } as const;
const quiz = { blockType: "problem", blockId: "6c2a40ee0f5d4bd1a2b3c4d5e6f70819" } as const;
const pool = { org: "DemoX", library: "Pool" } as const;

test.each<[text: string, parts: Parts]>([
  ["course-v1:DemoX+CS101+2025_T1", { kind: "course", ...cs101 }],
  ["course-v1:DemoX+CS101+2025_T1+branch@published-branch+version@65f0c0de", { kind: "course", ...cs101 }],
  ["course-v1:course+course+course", { kind: "course", org: "course", course: "course", run: "course" }],
  [
    "course-v1:École~1.x+数学-101+Año_1",
    { kind: "course", org: "École~1.x", course: "数学-101", run: "Año_1" },
  ],
  ["course-v1:a:b+c:d+e:f", { kind: "course", org: "a:b", course: "c:d", run: "e:f" }],
  [
    "block-v1:DemoX+CS101+2025_T1+type@problem+block@6c2a40ee0f5d4bd1a2b3c4d5e6f70819",
    { kind: "block", ...cs101, ...quiz },
  ],
  [
    "block-v1:a:b+Ж+run+type@drag-and-drop-v2+block@Sección_1:50%.~",
    {
      kind: "block",
      org: "a:b",
      course: "Ж",
      run: "run",
      blockType: "drag-and-drop-v2",
      blockId: "Sección_1:50%.~",
    },
  ],
  [
    "block-v1:DemoX+CS101+2025_T1+branch@draft-branch+type@course+block@course",
    { kind: "block", ...cs101, blockType: "course", blockId: "course" },
  ],
  ["ccx-v1:DemoX+CS101+2025_T1+ccx@7", { kind: "ccx-course", ...cs101, ccxId: "7" }],
  ["ccx-v1:a:b+Ж+run+ccx@12", { kind: "ccx-course", org: "a:b", course: "Ж", run: "run", ccxId: "12" }],
  [
    "ccx-block-v1:DemoX+CS101+2025_T1+ccx@7+type@problem+block@6c2a40ee0f5d4bd1a2b3c4d5e6f70819",
    { kind: "ccx-block", ...cs101, ccxId: "7", ...quiz },
  ],
  ["library-v1:DemoX+Pool", { kind: "library", ...pool }],
  ["library-v1:DemoX+Pool+version@60d0c0de0000000000000010", { kind: "library", ...pool }],
  [
    "lib-block-v1:DemoX+Pool+type@problem+block@q1",
    { kind: "library-block", ...pool, blockType: "problem", blockId: "q1" },
  ],
  ["lib:DemoX:pool2", { kind: "library-v2", org: "DemoX", library: "pool2" }],
  [
    "lb:DemoX:pool2:problem:8f3a",
    { kind: "library-v2-block", org: "DemoX", library: "pool2", blockType: "problem", blockId: "8f3a" },
  ],
  [
    "lct:DemoX:pool2:unit:week-1.ñ",
    { kind: "library-v2-container", org: "DemoX", library: "pool2", blockType: "unit", blockId: "week-1.ñ" },
  ],
  [
    "lib-collection:DemoX:pool2:hard-ones",
    { kind: "library-v2-collection", org: "DemoX", library: "pool2", collectionId: "hard-ones" },
  ],
  ["MITx/6.002x/2012_Fall", { kind: "old-course", org: "MITx", course: "6.002x", run: "2012_Fall" }],
  ["courseX/A/B", { kind: "old-course", org: "courseX", course: "A", run: "B" }],
  ["http:a/b/c", { kind: "old-course", org: "http:a", course: "b", run: "c" }],
  ["Ж:1/50%/~r", { kind: "old-course", org: "Ж:1", course: "50%", run: "~r" }],
  [
    "i4x://MITx/6.002x/problem/Lab_0:a",
    { kind: "old-block", org: "MITx", course: "6.002x", blockType: "problem", blockId: "Lab_0:a" },
  ],
  [
    "i4x://MITx/6.002x/chapter/Week_1@draft",
    { kind: "old-block", org: "MITx", course: "6.002x", blockType: "chapter", blockId: "Week_1" },
  ],
  [
    "i4x-MITx-6_002x-problem-Lab_0_a_2_1",
    {
      kind: "old-answer",
      org: "MITx",
      course: "6_002x",
      blockType: "problem",
      blockId: "Lab_0_a",
      answer: "2_1",
    },
  ],
  [
    "i4x-MITx-6-002x-problem-a-problem-b_10_12",
    {
      kind: "old-answer",
      org: "MITx",
      course: "6-002x",
      blockType: "problem",
      blockId: "a-problem-b",
      answer: "10_12",
    },
  ],
])("%s is taken apart, with and without a line break at its end", (text, parts) => {
  expect(parseKey(text)).toEqual({ ...parts, text });
  expect(parseKey(`${text}\n`)).toEqual({ ...parts, text });
  expect(parseKey(`${text}\r\n`)).toEqual({ ...parts, text });
});

test.each([
  "",
  "\n",
  "course",
  "course-v1:",
  "course-v1:DemoX+CS101",
  "course-v1:DemoX+CS101+",
  "course-v1:DemoX+CS101+2025 T1",
  "course-v1:DemoX+CS101+2025_T1+more",
  "course-v1:DemoX+CS101+2025_T1\n\n",
  " course-v1:DemoX+CS101+2025_T1",
  "course-v1:DemoX+CS101+2025_T1+type@problem+block@q1",
  "Course-v1:DemoX+CS101+2025_T1",
  "block-v1:DemoX+CS101+2025_T1",
  "block-v1:DemoX+CS101+2025_T1+type@problem",
  "block-v1:DemoX+CS101+2025_T1+block@q1+type@problem",
  "ccx-v1:DemoX+CS101+2025_T1",
  "ccx-v1:DemoX+CS101+2025_T1+ccx@seven",
  "ccx-v1:DemoX+CS101+2025_T1+ccx@7+type@problem+block@q1",
  "library-v1:DemoX",
  "library-v1:DemoX+Pool+More+Still",
  "lib:DemoX",
  "lib:DemoX:pool2:problem",
  "lb:DemoX:pool2:problem",
  "lib-collection:DemoX:pool2",
  "a/b",
  "a/b/c/d",
  "a//c",
  "/b/c",
  "a/b c/d",
  "i4x://MITx/6.002x/problem",
  "i4x-MITx-6_002x-problem-Lab_0",
  "i4x-MITx-6_002x-video-intro_2_1",
  "asset-v1:DemoX+CS101+2025_T1+type@asset+block@a.png",
  "constructor:DemoX+CS101+2025_T1",
  "https://example.com/courses",
])("%j is no key", (text) => {
  expect(parseKey(text)).toBeUndefined();
});
