/** The names of the output formats, and what is known of each, whatever it shows. `formats.ts` has the renderers. */

/** What is known of an output format. */
interface FormatTraits {
  /** Text for a person at a terminal: it is wrapped to the width, and names of files are links. */
  readonly isText?: boolean;
  /** Programs read it, so it names files from the root of the repository. */
  readonly isForPrograms?: boolean;
  /** What hides a workflow command from the runner of GitHub Actions. */
  readonly escapes: CommandEscapes;
}

/** What the second sign of `##` and of `::` is replaced by: an escape where the format has one, otherwise a space is put before it. */
interface CommandEscapes {
  readonly hash: string;
  readonly colon: string;
}

const SPACED: CommandEscapes = { hash: ' #', colon: ' :' };
// No line of JSON begins with a colon.
const IN_JSON: CommandEscapes = { hash: '\\u0023', colon: ':' };
const IN_MARKUP: CommandEscapes = { hash: '&#35;', colon: '&#58;' };

const FORMATS = {
  text: { isText: true, escapes: SPACED },
  json: { isForPrograms: true, escapes: IN_JSON },
  markdown: { escapes: SPACED },
  html: { escapes: IN_MARKUP },
  sarif: { isForPrograms: true, escapes: IN_JSON },
  junit: { isForPrograms: true, escapes: IN_MARKUP },
  github: { isForPrograms: true, escapes: SPACED },
} satisfies Record<string, FormatTraits>;

/** The name of an output format. */
export type FormatName = keyof typeof FORMATS;

/** What is known of a format. Output without a format is text. */
export function traitsOf(format: FormatName = 'text'): FormatTraits {
  return FORMATS[format];
}
