/** What to do next, as data: `report` turns it into text, and the command line adds the options that the user typed. */
export interface Hint {
  /** Says what to do without repeating the command: `Replace it now.` */
  readonly text: string;
  /** The command to type, as arguments after the program's name: `['rotate', 'etl_prod/airflow']`. */
  readonly command?: readonly string[];
}

/** A hint from its text alone, or as it is. */
export function toHint(hint: Hint | string): Hint {
  return typeof hint === 'string' ? { text: hint } : hint;
}
