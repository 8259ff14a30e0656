import { existsSync } from 'node:fs';
import { shownRelativePath } from './paths.ts';

/** A path as a word of a shell command; on Windows, in quotes that all its shells accept. */
export function quoted(path: string, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return /^[\w.\\/:@+,-]+$/.test(path) ? path : `"${path}"`;
  return /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** `mv .motherduck/secrets.env .motherduck/secrets.sandbox.env`: moves a file aside, under a name that says what it is of. */
export function moveAside(file: string, of = 'sandbox'): string {
  const aside = /\.\w+$/.test(file) ? file.replace(/(\.\w+)$/, `.${of}$1`) : `${file}.${of}`;
  return `mv ${quoted(shownRelativePath(file))} ${quoted(shownRelativePath(aside))}`;
}

/** Removes the state of a sandbox, and moves the secrets aside that it knows, in files that exist. */
export function leaveSandboxCommand(state: string, secretFiles: readonly string[]): string {
  return [`rm ${quoted(state)}`, ...secretFiles.filter(existsSync).map((file) => moveAside(file))].join(' && ');
}
