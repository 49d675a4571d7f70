/** A file that holds the query of one view. */
export interface ViewFile {
  /** As other files refer to it: the file's name without `.sql`. */
  readonly name: string;
  /** What the catalog calls the view. */
  readonly viewName: string;
  readonly text: string;
}
