/** Made when it is needed: to make it takes some milliseconds. */
let segmenter: Intl.Segmenter | undefined;
const plain = /^[\x20-\x7e]*$/;
const invisible = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
const pictured = /\p{Emoji_Presentation}|\uFE0F|\u20E3/u;
/** East Asian Wide and Fullwidth: https://www.unicode.org/reports/tr11/ */
const wide =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]/u;

/** How many columns of a terminal the text takes: two for Chinese and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmentsOf(text)) width += segmentWidth(segment);
  return width;
}

/** The text, or as much of its beginning as fits with a `…` behind it. */
export function cutToWidth(text: string, width: number): string {
  if (text.length <= width && plain.test(text)) return text;
  let used = 0;
  let kept = 0;
  for (const { segment, index } of segmentsOf(text)) {
    used += segmentWidth(segment);
    if (used > width) return `${text.slice(0, kept)}…`;
    // What still leaves a column for the `…`.
    if (used <= width - 1) kept = index + segment.length;
  }
  return text;
}

function segmentsOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

function segmentWidth(segment: string): number {
  if (segment.length === 1 && plain.test(segment)) return 1;
  if (invisible.test(segment)) return 0;
  return wide.test(segment) || pictured.test(segment) ? 2 : 1;
}
