import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_CONFIG } from '../model/defaults.ts';
import type { DiagnosticJson } from '../model/diagnostic.ts';
import { quoteWhole } from '../model/quote.ts';
import { shellCommand, shellPath } from '../model/shell.ts';
import { nearest } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';

/** The error for a configuration that does not exist: the hint names a similar file here or the same file in a folder above. */
export async function notFound(file: string): Promise<UserError> {
  const folder = path.dirname(path.resolve(file));
  const message = `no configuration at ${quoteWhole(file)}`;
  const similar = await similarFile(folder, path.basename(file));
  if (similar !== undefined) {
    const shown = path.join(path.dirname(file), similar);
    return new UserError('CONFIG_NOT_FOUND', message, `Did you mean --config ${shellPath(shown)}?`);
  }
  const above = await hintAbove(file);
  if (above !== undefined) return new UserError('CONFIG_NOT_FOUND', message, above);
  return new UserError('CONFIG_NOT_FOUND', message, {
    text: 'Name your file with --config FILE, or write a starter file, which has the accounts at MotherDuck if you add --from-live.',
    command: ['init'],
  });
}

/** The file with the other ending, or the YAML file in the folder with the most similar name. */
async function similarFile(folder: string, name: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((file) => /\.ya?ml$/i.test(file));
  const stem = (file: string): string => file.replace(/\.ya?ml$/i, '').toLowerCase();
  return (
    files.find((file) => stem(file) === stem(name)) ??
    (files.includes(DEFAULT_CONFIG) ? DEFAULT_CONFIG : nearest(name, files))
  );
}

/** The hint for a missing configuration, which names one of the same name in a folder above; undefined where there is none either. */
export async function hintAbove(file: string): Promise<string | undefined> {
  const above = await fileAbove(path.dirname(path.resolve(file)), path.basename(file));
  return (
    above &&
    `There is one in a folder above. Add --config ${shellPath(above)}, or go there: ${shellCommand('cd', path.dirname(above))}`
  );
}

async function fileAbove(folder: string, name: string): Promise<string | undefined> {
  for (let at = path.dirname(folder), last = folder; at !== last; last = at, at = path.dirname(at)) {
    const file = path.join(at, name);
    const isFile = await stat(file).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isFile) return file;
  }
  return undefined;
}

/** A configuration with errors, and all of them as `diagnostics`. */
export class InvalidConfiguration extends UserError {
  readonly diagnostics: readonly DiagnosticJson[];

  /** The message has the first diagnostic unless they were `shown` before. */
  constructor(config: string, diagnostics: readonly DiagnosticJson[], shown: boolean) {
    const { length } = diagnostics;
    const all = diagnostics.at(-1)?.code === 'too-many' ? `over ${length - 1}` : length;
    const count = length === 1 ? 'an error' : `${all} errors`;
    const [first] = shown ? [] : diagnostics;
    const named =
      first && `the configuration has ${count}: ${first.file}:${first.line}:${first.column}: ${first.message}`;
    const command = ['validate', ...(config === DEFAULT_CONFIG ? [] : ['--config', config])];
    super('CONFIG_INVALID', named ?? `${config} has ${count}`, { text: 'Correct it, then check it again.', command });
    this.diagnostics = diagnostics;
  }
}
