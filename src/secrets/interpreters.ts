/** Programs that run a text or a script that they are given. */
import { basename } from 'node:path';

/** What commands may expect of one. */
interface Interpreter {
  /** Whether it replaces `$NAME` and `~` in the text after `-c`. */
  readonly isShell: boolean;
  /** Which word is its script: the first, the first that is no option of a shell, or one that only the program can tell. */
  readonly script: 'first' | 'after_options' | 'unknown';
}

const INTERPRETERS: readonly (readonly [name: RegExp, interpreter: Interpreter])[] = [
  [/^(ba|da|z|k|a)?sh$/, { isShell: true, script: 'after_options' }],
  [/^fish$/, { isShell: true, script: 'first' }],
  [/^(pwsh|powershell)$/, { isShell: true, script: 'unknown' }],
  [/^(node|python[\d.]*|ruby|perl|php)$/, { isShell: false, script: 'first' }],
  [/^(cmd|deno|bun|tsx|ts-node|uv|make|just|npm|npx)$/, { isShell: false, script: 'unknown' }],
];

/** The name of the program that a word is, without folder and `.exe`. */
export function programName(word: string): string {
  return basename(word).replace(/\.exe$/i, '');
}

/** The interpreter that a word of a command names; undefined for any other word. */
export function interpreterOf(word: string): Interpreter | undefined {
  const name = programName(word).toLowerCase();
  return INTERPRETERS.find(([pattern]) => pattern.test(name))?.[1];
}
