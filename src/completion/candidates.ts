/** The completion candidates for a command line. Pure: the names of accounts, tokens and stores come from the caller. */
import type { Argument, Command, Option } from 'commander';

/** The candidates at the cursor. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** What the shell completes by itself in addition to the words. */
  readonly files: 'none' | 'files' | 'folders';
}

/** A word that completion offers, and its description. */
interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** The names in the configuration. */
export interface ConfiguredNames {
  readonly accounts: readonly string[];
  /** `etl_prod/airflow`. */
  readonly tokens: readonly string[];
  /** Secret stores. */
  readonly stores: readonly string[];
}

const NOTHING: Candidates = { words: [], files: 'none' };

/**
 * Finds the candidates for the last word, which may be empty.
 *
 * @param words the words after `mdacc`
 * @param names reads the names of a configuration; called only where a name is possible, with the value of `--config`
 * @param shared the options that are offered before a command, since most commands have them
 */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  names: (config: string | undefined) => Promise<ConfiguredNames>,
  shared: readonly Option[] = [],
): Promise<Candidates> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const { command, rest } = walk(program, before);
  const options = command.commands.length > 0 ? [...command.options, ...shared] : command.options;
  const ask = () => names(configIn(before));

  const [, flag, typed] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  const inline = flag === undefined ? undefined : optionOf(options, flag);
  if (inline !== undefined && typed !== undefined) {
    const { words: values, files } = await valuesOf(metavarOf(inline), inline.argChoices, ask);
    return { words: matching(values, typed).map(({ word }) => ({ word: `${flag}=${word}` })), files };
  }
  const last = optionOf(options, rest.at(-1) ?? '');
  if (last?.required) return startingWith(await valuesOf(metavarOf(last), last.argChoices, ask), current);
  if (current.startsWith('-')) return startingWith({ words: optionWords(options), files: 'none' }, current);
  // After an option with an optional value, the value or the next argument can follow.
  const optional = last?.optional ? await valuesOf(metavarOf(last), last.argChoices, ask) : NOTHING;
  const next = await nextOf(command, rest, ask);
  const files = next.files === 'none' ? optional.files : next.files;
  return startingWith({ words: [...optional.words, ...next.words], files }, current);
}

/** The command that the words lead to, and the words after its name. */
function walk(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  let command = program;
  let used = 0;
  for (const [index, word] of words.entries()) {
    const found = command.commands.find((each) => each.name() === word);
    if (found === undefined) break;
    command = found;
    used = index + 1;
  }
  return { command, rest: words.slice(used) };
}

async function nextOf(
  command: Command,
  rest: readonly string[],
  ask: () => Promise<ConfiguredNames>,
): Promise<Candidates> {
  const commands = command.commands.filter((each) => !each.name().startsWith('_'));
  if (commands.length > 0) {
    return { words: commands.map((each) => ({ word: each.name(), about: each.description() })), files: 'none' };
  }
  const argument = argumentAt(command.registeredArguments, positionals(command, rest));
  return argument === undefined ? NOTHING : valuesOf(argument.name(), argument.argChoices, ask);
}

/** The number of arguments before the cursor: words that are neither options nor their values. */
function positionals(command: Command, rest: readonly string[]): number {
  return rest.filter((word, index) => {
    if (word.startsWith('-')) return false;
    const option = optionOf(command.options, rest[index - 1] ?? '');
    return !option?.required && !option?.optional;
  }).length;
}

function argumentAt(all: readonly Argument[], index: number): Argument | undefined {
  return all[index] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
}

/** The candidates for a value, by its name in help: `file`, `dir`, `store`, `glob`, `account` or `account[/token]`. */
async function valuesOf(
  metavar: string,
  choices: readonly string[] | undefined,
  ask: () => Promise<ConfiguredNames>,
): Promise<Candidates> {
  if (choices !== undefined) return { words: choices.map((word) => ({ word })), files: 'none' };
  if (/file/.test(metavar)) return { words: [], files: 'files' };
  if (/dir/.test(metavar)) return { words: [], files: 'folders' };
  if (metavar === 'store') return { words: (await ask()).stores.map((word) => ({ word })), files: 'none' };
  if (metavar === 'glob' || metavar === 'account')
    return { words: (await ask()).accounts.map((word) => ({ word })), files: 'none' };
  if (!metavar.includes('account')) return NOTHING;
  const { accounts, tokens } = await ask();
  return { words: [...accounts, ...tokens].map((word) => ({ word })), files: 'none' };
}

/** `file` of `--config <file>`. */
function metavarOf({ flags }: Option): string {
  return /[<[](.+?)[>\]]/.exec(flags)?.[1] ?? '';
}

function optionOf(options: readonly Option[], flag: string): Option | undefined {
  return options.find(({ long, short }) => flag !== '' && (long === flag || short === flag));
}

function optionWords(options: readonly Option[]): Candidate[] {
  const shown = options.filter(({ hidden }) => !hidden);
  const own = shown.map(({ long, description }) => ({ word: long ?? '', about: description }));
  return [...own, { word: '--help', about: 'Show this help' }].filter(({ word }) => word !== '');
}

/** The last value of `--config`, in any of its forms. */
function configIn(words: readonly string[]): string | undefined {
  let config: string | undefined;
  for (const [index, word] of words.entries()) {
    if (word === '--config' || word === '-c') config = words[index + 1];
    else config = /^(?:--config=|-c)(.+)$/s.exec(word)?.[1] ?? config;
  }
  return config;
}

function startingWith({ words, files }: Candidates, current: string): Candidates {
  return { words: matching(words, current), files };
}

function matching(words: readonly Candidate[], typed: string): Candidate[] {
  return words.filter(({ word }) => word.startsWith(typed));
}
