/** Commands to type that put files of a sandbox out of the way. */
import { existsSync } from 'node:fs';
import { shellCommand } from '../model/shell.ts';
import { shownRelativePath } from './paths.ts';

/** `mv .motherduck/secrets.env .motherduck/secrets.sandbox.env`: moves a file of a sandbox aside. */
export function moveAside(file: string): string {
  const aside = /\.\w+$/.test(file) ? file.replace(/(\.\w+)$/, '.sandbox$1') : `${file}.sandbox`;
  return shellCommand('mv', shownRelativePath(file), shownRelativePath(aside));
}

/** Removes the state of a sandbox, where it is a file, and moves the secrets aside that it knows, in files that exist. Empty: there is nothing to do. */
export function leaveSandboxCommand(stateFile: string | undefined, secretFiles: readonly string[]): string {
  const removed = stateFile === undefined ? [] : [shellCommand('rm', stateFile)];
  return [...removed, ...secretFiles.filter(existsSync).map((file) => moveAside(file))].join(' && ');
}
