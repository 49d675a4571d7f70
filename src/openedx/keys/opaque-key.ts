/**
 * The keys that Open edX writes into its tables, taken apart. `text` is the key as written, without the line
 * break that some rows end with; it is what other tables spell, so rows are joined by it.
 */
export type OpaqueKey =
  | CourseKey
  | BlockKey
  | CcxCourseKey
  | CcxBlockKey
  | LibraryKey
  | LibraryBlockKey
  | LibraryV2Key
  | LibraryV2BlockKey
  | LibraryV2ContainerKey
  | LibraryV2CollectionKey
  | OldCourseKey
  | OldBlockKey
  | OldAnswerKey;

interface CourseParts {
  readonly text: string;
  readonly org: string;
  readonly course: string;
  readonly run: string;
}

interface BlockParts {
  readonly blockType: string;
  readonly blockId: string;
}

/** `library` is the library's own code, its slug in the second version. */
interface LibraryParts {
  readonly text: string;
  readonly org: string;
  readonly library: string;
}

/** `course-v1:Org+Course+Run` */
export interface CourseKey extends CourseParts {
  readonly kind: "course";
}

/** `block-v1:Org+Course+Run+type@problem+block@ID` */
export interface BlockKey extends CourseParts, BlockParts {
  readonly kind: "block";
}

/** `ccx-v1:Org+Course+Run+ccx@7`: a coach's own run of the course whose org, course and run these are. */
export interface CcxCourseKey extends CourseParts {
  readonly kind: "ccx-course";
  /** Digits: `ccx_customcourseforedx.id`. */
  readonly ccxId: string;
}

/** `ccx-block-v1:Org+Course+Run+ccx@7+type@problem+block@ID` */
export interface CcxBlockKey extends CourseParts, BlockParts {
  readonly kind: "ccx-block";
  readonly ccxId: string;
}

/** `library-v1:Org+Lib` */
export interface LibraryKey extends LibraryParts {
  readonly kind: "library";
}

/** `lib-block-v1:Org+Lib+type@problem+block@ID` */
export interface LibraryBlockKey extends LibraryParts, BlockParts {
  readonly kind: "library-block";
}

/** `lib:Org:slug` */
export interface LibraryV2Key extends LibraryParts {
  readonly kind: "library-v2";
}

/** `lb:Org:slug:problem:ID` */
export interface LibraryV2BlockKey extends LibraryParts, BlockParts {
  readonly kind: "library-v2-block";
}

/** `lct:Org:slug:unit:ID`; block type and id are the container's. */
export interface LibraryV2ContainerKey extends LibraryParts, BlockParts {
  readonly kind: "library-v2-container";
}

/** `lib-collection:Org:slug:ID` */
export interface LibraryV2CollectionKey extends LibraryParts {
  readonly kind: "library-v2-collection";
  readonly collectionId: string;
}

/** `Org/Course/Run`, from before keys had a namespace. */
export interface OldCourseKey extends CourseParts {
  readonly kind: "old-course";
}

/** `i4x://Org/Course/problem/ID`: it says nothing of the run. */
export interface OldBlockKey extends BlockParts {
  readonly kind: "old-block";
  readonly text: string;
  readonly org: string;
  readonly course: string;
}

/**
 * `i4x-Org-Course-problem-ID_2_1`, the id of one answer of a problem. An org with a hyphen cannot be told from
 * one without: what stands before the first hyphen is taken for the org.
 */
export interface OldAnswerKey extends BlockParts {
  readonly kind: "old-answer";
  readonly text: string;
  readonly org: string;
  readonly course: string;
  /** The part behind the block's id: response and input, `2_1`. */
  readonly answer: string;
}
