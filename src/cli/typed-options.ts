/** Commands to type next carry the options that say which configuration, state and organization the user works on. */
import { DEFAULT_CONFIG } from '../config/errors.ts';
import type { InContext } from '../report/hint.ts';

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
  const nameOf = (word = '') => word.replace(/=.*$/s, '');
  const names = argv.map(nameOf);
  const added = typed.filter(([name]) => !names.includes(nameOf(name))).flat();
  const end = argv.indexOf('--');
  // Positional words come after `--`; a bare `--sandbox` would take one of them, so `--` stays behind it.
  return end === -1 ? [...argv, ...added] : [...argv.slice(0, end), ...added, ...argv.slice(end)];
}

/** Adds the context options that were typed to commands. */
export function contextOf(options: ContextOptions): InContext {
  return (argv) => inContext(argv, options);
}
