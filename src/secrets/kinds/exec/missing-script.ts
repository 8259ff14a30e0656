/** Scripts that a command gives to a shell or another interpreter, and that are not there. */
import { existsSync } from 'node:fs';
import { basename, delimiter, isAbsolute, resolve } from 'node:path';
import { interpreterOf } from '../../interpreters.ts';

/** Options of a shell that take no word after them, and leave the next one to be a script. */
const SHELL_OPTIONS = /^-[abefhklmnptuvx]+$/;
/** Node adds these. */
const NODE_ENDINGS = ['.js', '.json', '.node'];

/** The script of `sh put.sh …`; undefined where a command has none, or only its interpreter can tell. */
export function scriptOf([program = '', ...words]: readonly string[]): string | undefined {
  const place = interpreterOf(program)?.script ?? 'unknown';
  if (place === 'unknown') return undefined;
  const script = place === 'first' ? words[0] : words.find((word) => !SHELL_OPTIONS.test(word));
  return script === undefined || script === '' || /^-|[{\0]|:\/\//.test(script) ? undefined : script;
}

/**
 * Says that the script of a command is missing; undefined where it is there, or may be. Runs nothing.
 *
 * @param words With placeholders, a script is not looked for.
 * @param folder Where the command runs.
 * @param isHere Whether it runs on this machine: others may have another file at an absolute path.
 */
export function missingScript(words: readonly string[], folder: string, isHere: boolean): string | undefined {
  const script = scriptOf(words);
  if (script === undefined || (!isHere && isAbsolute(script))) return undefined;
  const program = basename(words[0] ?? '');
  // Shells also look on the PATH.
  const onPath =
    interpreterOf(program)?.isShell && !/[\\/]/.test(script) ? (process.env.PATH ?? '').split(delimiter) : [];
  const endings = ['', ...(/^node/i.test(program) ? NODE_ENDINGS : [])];
  const isThere = ['', ...onPath].some((each) =>
    endings.some((end) => existsSync(resolve(folder, each, script + end))),
  );
  return isThere ? undefined : `there is no file ${script}, which ${program} is to run.`;
}
