/** Refuses values of options, arguments and variables that are empty, forgotten or not among the choices. */
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { quote } from '../model/quote.ts';
import { nearest } from '../model/suggestion.ts';
import { ADDRESS_VARIABLES } from '../motherduck/address.ts';
import { fullName } from './help.ts';

/** Makes an empty value of any option or argument wrong usage: it is a variable that is not set, and no wish. */
export function refuseEmpty(command: Command, done = new Set<Option>()): void {
  for (const option of command.options) {
    if (!(option.required || option.optional) || done.has(option)) continue;
    done.add(option);
    const { parseArg } = option;
    option.argParser((value, before) => {
      const known = chosen(filled(value), option.argChoices);
      return parseArg ? parseArg(known, before) : known;
    });
  }
  for (const argument of command.registeredArguments) {
    const { parseArg, variadic } = argument;
    const one = (value: string, before: unknown) => {
      try {
        const known = chosen(filled(value), argument.argChoices);
        return parseArg ? parseArg(known, before) : known;
      } catch (error) {
        if (!(error instanceof InvalidArgumentError)) throw error;
        // Commander's own words for it are "command-argument value '80' is invalid for argument 'n'".
        return command.error(`error: ${argument.name()} ${quote(value)} is invalid. ${error.message}`, INVALID);
      }
    };
    argument.argParser((value, before) =>
      variadic ? [...((before as unknown[]) ?? []), one(value, before)] : one(value, before),
    );
  }
  for (const each of command.commands) refuseEmpty(each, done);
}

/** Like an empty option, an empty variable is wrong usage, where the command uses it. */
export function refuseEmptyVariables(command: Command, env: NodeJS.ProcessEnv): void {
  const uses = (name: string) => command.options.some(({ long, hidden }) => long === name && !hidden);
  if (!uses('--config')) return;
  const names = ['MDACC_CONFIG', 'MDACC_STATE', 'MDACC_SANDBOX'];
  const { sandbox, sandboxDir, apiUrl } = command.opts<{ sandbox?: true; sandboxDir?: string; apiUrl?: string }>();
  const hasAddress = sandbox || sandboxDir !== undefined || apiUrl !== undefined;
  if (!hasAddress && uses('--api-url')) names.push(...ADDRESS_VARIABLES);
  const empty = names.find((name) => env[name]?.trim() === '');
  if (empty !== undefined) command.error(`error: ${empty} is set, but empty`, { code: 'commander.emptyVariable' });
}

const INVALID = { code: 'commander.invalidValue' };

function filled(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

function chosen(value: string, choices: readonly string[] | undefined): string {
  if (choices === undefined || choices.includes(value)) return value;
  const near = nearest(value, choices);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}.${hint}`);
}

/**
 * Refuses `--only --sandbox`, where the value of `--only` was forgotten: commander would take the next option as its value,
 * and the command would not see that option. `--only=-x` passes.
 */
export function refuseForgottenValues(command: Command, words: readonly string[]): void {
  const end = words.indexOf('--');
  for (let at = 0; at < (end === -1 ? words.length : end); at += 1) {
    const option = optionWithValue(command.options, words[at] ?? '');
    if (option === undefined) continue;
    at += 1;
    const value = words[at];
    if (value !== undefined && !value.startsWith('-')) continue;
    const why = value === undefined ? 'nothing follows it' : `what follows it, ${value}, begins with "-"`;
    const flag = option.long ?? option.flags;
    const example = `\nFor example: ${fullName(command)} ${flag} ${exampleOf(option)}`;
    command.error(`error: ${flag} has no value: ${why}${example}`, { code: 'commander.optionMissingArgument' });
  }
}

/** The option that takes the next word as its value: `--format`, `-o`, or the last of `-qo`. */
export function optionWithValue(all: readonly Option[], word: string): Option | undefined {
  const known = (flag: string) => all.find(({ long, short }) => long === flag || short === flag);
  if (word.startsWith('--')) return ifRequired(known(word));
  if (!/^-\w+$/.test(word)) return undefined;
  const options = [...word.slice(1)].map((letter) => known(`-${letter}`));
  // The rest of a word is the value of its first option that takes one: `-cprod.yaml`.
  const first = options.findIndex((option) => option === undefined || option.required);
  return first === options.length - 1 ? ifRequired(options[first]) : undefined;
}

function ifRequired(option: Option | undefined): Option | undefined {
  return option?.required ? option : undefined;
}

/** Values for examples, by the option's name or the name of its value. */
const EXAMPLES: Readonly<Record<string, string>> = {
  config: 'prod.yaml',
  state: 'prod.state.json',
  out: 'today.plan',
  into: 'accounts/new.yaml',
  store: 'vault',
  organization: 'acme',
  'allow-env': 'DB_PASSWORD',
  'rate-limit': '10',
  port: '8080',
  '<glob>': '"tenant_*"',
  '<account[/token]>': '"tenant_*/app"',
  '<dir>': 'rehearsal',
  '<url>': 'http://127.0.0.1:8080',
  '<duration>': '5m',
  '<rate>': '0.05',
  '<ms>': '20',
  '<n>': '8',
};

function exampleOf({ flags, argChoices, ...option }: Option): string {
  const name = option.long?.slice(2) ?? '';
  return EXAMPLES[name] ?? argChoices?.[0] ?? EXAMPLES[/<.*>/.exec(flags)?.[0] ?? ''] ?? 'VALUE';
}
