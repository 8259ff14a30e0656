/** GitHub's runner takes commands out of what a step prints. Names are other people's text: none of them may be one. */

/** How a character is put in so that the runner sees no command: by an escape where the format has one, else by a space. */
const ESCAPES: Readonly<Record<string, { readonly hash: string; readonly colon: string }>> = {
  json: { hash: '\\u0023', colon: ':' },
  sarif: { hash: '\\u0023', colon: ':' },
  html: { hash: '&#35;', colon: '&#58;' },
  junit: { hash: '&#35;', colon: '&#58;' },
};
const SPACED = { hash: ' #', colon: ' :' };

/** Gives what makes a text fit for the log that this environment has, in a format of reports. */
export function forLog(env: NodeJS.ProcessEnv, format = 'text'): (text: string) => string {
  return env.GITHUB_ACTIONS === 'true' ? (text) => withoutCommands(text, format) : (text) => text;
}

/** The runner obeys `##[command]` anywhere in a line, and `::command::` at its beginning, after blanks too. */
export function withoutCommands(text: string, format = 'text'): string {
  const { hash, colon } = ESCAPES[format] ?? SPACED;
  // In JSON no line begins with a colon.
  return text.replace(/##(?=\[)/g, `#${hash}`).replace(/^([\t\v\f\x85\p{Z}]*):(?=:)./gmu, `$1:${colon}`);
}
