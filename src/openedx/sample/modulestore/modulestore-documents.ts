/** A document of `active_versions`: what a course's branches are. Ids are 24 hexadecimal digits, as in all of these. */
export interface SampleVersions {
  readonly _id: string;
  readonly org: string;
  readonly course: string;
  readonly run: string;
  readonly edited_by: number;
  readonly edited_on: Date;
  readonly last_update: Date;
  readonly versions: Readonly<Record<string, string>>;
  readonly schema_version: 1;
  readonly search_targets: Readonly<Record<string, string>>;
}

/** A document of `structures`. */
export interface SampleStructure {
  readonly _id: string;
  readonly root: BlockReference;
  readonly previous_version: string | null;
  readonly original_version: string;
  readonly edited_by: number;
  readonly edited_on: Date;
  readonly schema_version: 1;
  /** Not in the order of the course, as in a real one. */
  readonly blocks: readonly SampleBlock[];
}

/** Type and id. */
export type BlockReference = readonly [type: string, id: string];

export type Fields = Readonly<Record<string, unknown>>;

export interface SampleBlock {
  readonly block_type: string;
  readonly block_id: string;
  readonly definition: string;
  readonly fields: Fields;
  readonly defaults: Fields;
  readonly asides: Fields;
  readonly edit_info: {
    readonly previous_version: string | null;
    readonly update_version: string;
    readonly source_version: string | null;
    readonly edited_on: Date;
    readonly edited_by: number;
    readonly original_usage: string | null;
    readonly original_usage_version: string | null;
  };
}

/** A document of `definitions`: what a block holds besides its settings. */
export interface SampleDefinition {
  readonly _id: string;
  readonly block_type: string;
  readonly fields: Fields;
  readonly edit_info: {
    readonly edited_by: number;
    readonly edited_on: Date;
    readonly previous_version: null;
    readonly original_version: string;
  };
  readonly schema_version: 1;
}

/** The versions of one course or library, with all that they refer to. */
export interface SampleContent {
  readonly structures: readonly SampleStructure[];
  readonly definitions: readonly SampleDefinition[];
}
