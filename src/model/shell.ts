/** What is typed in a shell: each word is quoted only where the shell would read it otherwise. */

/** One word of a command; on Windows, in quotes that all its shells accept. */
export function shellWord(word: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w@%+=:,.\\/-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A path as a word, which no program takes for an option. */
export function shellPath(path: string, platform?: NodeJS.Platform): string {
  return shellWord(path.startsWith('-') ? `./${path}` : path, platform);
}

/** `git rm --cached a.yaml`: a command with paths. @param program With its options. */
export function shellCommand(program: string, ...paths: readonly string[]): string {
  return [program, ...paths.map((path) => shellPath(path))].join(' ');
}

/** Moves a file away, beside itself. */
export function moveAwayCommand(path: string): string {
  return shellCommand('mv', path, `${path}.old`);
}
