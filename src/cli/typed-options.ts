/** Commands to type next carry the options that say which configuration, state and organization the user works on. */
import { DEFAULT_CONFIG } from '../config/errors.ts';
import { plainCommand, type ToCommand } from '../report/hint.ts';

/** The options that a command to type next repeats. */
export interface ContextOptions {
  readonly config?: string;
  readonly state?: string;
  readonly sandbox?: string | true;
  readonly apiUrl?: string;
}

/** Commands that take none of them. */
const WITHOUT_CONTEXT = ['sandbox', 'schema', 'completion', 'help'];
/** Commands that never call MotherDuck take no `--api-url`. */
const WITHOUT_API_URL = ['state', 'validate'];

/** Gives argv with the context options that were typed; those of `options` at their defaults are left out. */
export function inContext(argv: readonly string[], options: ContextOptions): readonly string[] {
  const { config, state, sandbox, apiUrl } = options;
  if (WITHOUT_CONTEXT.includes(argv[0] ?? '')) return argv;
  const typed: readonly (readonly string[])[] = [
    config === undefined || config === DEFAULT_CONFIG ? [] : ['--config', config],
    state === undefined ? [] : ['--state', state],
    apiUrl === undefined || WITHOUT_API_URL.includes(argv[0] ?? '') ? [] : ['--api-url', apiUrl],
    // `--sandbox` takes the word that follows for its folder, so it comes last.
    sandbox === undefined ? [] : sandbox === true ? ['--sandbox'] : [`--sandbox=${sandbox}`],
  ];
  const added = typed.filter(([name = '']) => !argv.includes(name)).flat();
  const end = argv.indexOf('--');
  // Positional words come after `--`; a bare `--sandbox` would take one of them, so `--` stays behind it.
  return end === -1 ? [...argv, ...added] : [...argv.slice(0, end), ...added, ...argv.slice(end)];
}

/** Writes a command for the shell, with the context options that were typed. */
export function commandInContext(options: ContextOptions): ToCommand {
  return (argv) => plainCommand(inContext(argv, options));
}

/** The same data, in which every hint's command has the context options that were typed. */
export function hintsInContext<T>(data: T, options: ContextOptions): T {
  if (Array.isArray(data)) return data.map((item: unknown) => hintsInContext(item, options)) as T;
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) return data;
  const copy = Object.entries(data).map(([key, value]) => [
    key,
    key === 'command' && 'text' in data && Array.isArray(value)
      ? inContext(value, options)
      : hintsInContext(value, options),
  ]);
  return Object.fromEntries(copy) as T;
}
