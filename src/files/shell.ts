import { existsSync } from 'node:fs';
import { shellCommand } from '../model/shell.ts';
import { shownRelativePath } from './paths.ts';

/** `mv .motherduck/secrets.env .motherduck/secrets.sandbox.env`: moves a file aside, under a name that says what it is of. */
export function moveAside(file: string, of = 'sandbox'): string {
  const aside = /\.\w+$/.test(file) ? file.replace(/(\.\w+)$/, `.${of}$1`) : `${file}.${of}`;
  return shellCommand('mv', shownRelativePath(file), shownRelativePath(aside));
}

/** Removes the state of a sandbox, where it is a file, and moves the secrets aside that it knows, in files that exist. Empty: there is nothing to do. */
export function leaveSandboxCommand(stateFile: string | undefined, secretFiles: readonly string[]): string {
  const removed = stateFile === undefined ? [] : [shellCommand('rm', stateFile)];
  return [...removed, ...secretFiles.filter(existsSync).map((file) => moveAside(file))].join(' && ');
}
