#!/usr/bin/env node
/** The program: names the commands, and imports one only when it is called, so that help starts as fast as node. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration, type Seconds } from './model/duration.ts';
import { VERSION } from './version.ts';

const EXIT_USAGE = 64;

/** What each command module gives: options and arguments in, exit code out. */
interface Runner {
  run(options: never, ...args: never[]): Promise<number>;
}

function go(load: () => Promise<Runner>) {
  return async (...received: unknown[]) => {
    const { run } = await load();
    const args = received.slice(0, -2);
    const options = received.at(-2);
    process.exitCode = await (run as (options: unknown, ...args: unknown[]) => Promise<number>)(options, ...args);
  };
}

function duration(text: string): Seconds {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new InvalidArgumentError('Write a number and a unit: 30s, 5m, 24h, 90d or 2w.');
  return seconds;
}

function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1 up.');
  return Number(text);
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Write a port, 0 to 65535.');
  return Number(text);
}

function milliseconds(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('Write whole milliseconds, for example 20.');
  return Number(text);
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Write a rate from 0 to 1.');
  return value;
}

function gather(text: string, before: string[] = []): string[] {
  return [...before, text];
}

const OUTPUT = [
  new Option('--no-color', 'no colours, as with NO_COLOR'),
  new Option('--quiet', 'only the result and errors'),
  new Option('--debug', 'requests and timings on stderr, never a secret'),
];

const CONFIG_FILE = new Option('--config <file>', 'the configuration').default('motherduck.accounts.yaml');
const CONFIG = [
  CONFIG_FILE,
  new Option('--state <file>', 'the state (default: motherduck.accounts.state.json beside the configuration)'),
];

const SERVICE = [
  new Option('--sandbox [dir]', 'use the embedded sandbox organization (default dir: .motherduck-sandbox)'),
  new Option('--api-url <url>', "another address of MotherDuck's API, as MOTHERDUCK_API_URL"),
  new Option('--parallelism <n>', 'how much is done at once').argParser(count).default(10),
  new Option(
    '--timeout <duration>',
    'how long one request or connection may take (default: 30s, connections 60s)',
  ).argParser(duration),
];

const PLANNING = [
  new Option('--only <glob>', 'only accounts that match; repeatable').argParser(gather),
  new Option('--prune', 'also delete managed accounts that left the configuration'),
  new Option('--format <format>', 'how the plan is written').choices(['text', 'json']).default('text'),
  new Option('--lock-timeout <duration>', 'how long to wait for another run to end').argParser(duration),
];

function withOptions(command: Command, ...groups: readonly Option[][]): Command {
  for (const option of groups.flat()) command.addOption(option);
  return command;
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

function program(): Command {
  const mdacc = new Command('mdacc')
    .description('MotherDuck service accounts, their access tokens and Ducklings, as one YAML file.')
    .version(VERSION)
    .showHelpAfterError('(mdacc --help, or mdacc COMMAND --help, shows what can be typed)')
    .addHelpText('after', examples('mdacc init', 'mdacc plan --sandbox', 'mdacc apply --sandbox'))
    .exitOverride()
    .enablePositionalOptions();

  withOptions(mdacc.command('init'), [CONFIG_FILE], OUTPUT)
    .description('write a commented starter file, and the lines for .gitignore')
    .addHelpText('after', examples('mdacc init', 'mdacc init --config teams/bi.yaml'))
    .action(go(() => import('./commands/init.ts')));

  withOptions(mdacc.command('validate'), CONFIG, OUTPUT)
    .description('check the configuration, without a network')
    .option('--sandbox [dir]', 'accepted and not needed: nothing is connected to')
    .addOption(
      new Option('--format <format>', 'how the findings are written').choices(['text', 'json']).default('text'),
    )
    .addHelpText('after', examples('mdacc validate', 'mdacc validate --config prod.yaml --format json'))
    .action(go(() => import('./commands/validate.ts')));

  withOptions(mdacc.command('plan'), PLANNING, CONFIG, SERVICE, OUTPUT)
    .description('show what apply would do, and why')
    .option('--out <file>', 'save the plan for apply')
    .option('--detailed-exitcode', 'exit with 2 when there is something to do')
    .addHelpText(
      'after',
      examples('mdacc plan', 'mdacc plan --only "tenant_*"', 'mdacc plan --out today.plan && mdacc apply today.plan'),
    )
    .action(go(() => import('./commands/plan.ts')));

  withOptions(mdacc.command('apply'), PLANNING, CONFIG, SERVICE, OUTPUT)
    .description('show the plan, ask, do it, store the secrets, then test what it touched')
    .argument('[planfile]', 'a plan saved with plan --out')
    .option('--yes', 'do not ask')
    .option('--allow-delete', 'with --yes: also when accounts are deleted')
    .option('--no-smoke', 'do not connect as the accounts afterwards')
    .addHelpText('after', examples('mdacc apply', 'mdacc apply --yes', 'mdacc apply today.plan --yes'))
    .action(go(() => import('./commands/apply.ts')));

  withOptions(mdacc.command('smoke'), CONFIG, SERVICE, OUTPUT)
    .description('connect as each account through DuckDB and check what it finds')
    .addOption(new Option('--only <glob>', 'only accounts that match; repeatable').argParser(gather))
    .addOption(
      new Option('--format <format>', 'how the result is written').choices(['text', 'json', 'junit']).default('text'),
    )
    .addOption(new Option('--lock-timeout <duration>', 'how long to wait for another run to end').argParser(duration))
    .addHelpText('after', examples('mdacc smoke', 'mdacc smoke --only etl_prod --format junit > smoke.xml'))
    .action(go(() => import('./commands/smoke.ts')));

  sandboxCommands(
    mdacc.command('sandbox').description('the embedded organization: serve it, reset it, let time pass in it'),
  );

  withOptions(mdacc.command('schema'), OUTPUT)
    .description('print a JSON Schema')
    .argument('[which]', 'config, plan or state', 'config')
    .addHelpText('after', examples('mdacc schema', 'mdacc schema plan > plan.schema.json'))
    .action(go(() => import('./commands/schema.ts')));

  return mdacc;
}

function sandboxCommands(sandbox: Command): void {
  const folder = new Option('--sandbox [dir]', 'its folder').default('.motherduck-sandbox');
  withOptions(sandbox.command('serve'), [folder], OUTPUT)
    .description('offer the organization over HTTP on this machine')
    .addOption(new Option('--port <n>', '0: a free one').argParser(port).default(0))
    .addOption(new Option('--latency <ms>', 'milliseconds that each request takes longer').argParser(milliseconds))
    .addOption(new Option('--fail <rate>', 'share of the requests that go wrong, 0 to 1').argParser(rate))
    .addOption(new Option('--rate-limit <n>', 'requests a second before it answers 429').argParser(count))
    .addHelpText('after', examples('mdacc sandbox serve --port 8080', 'mdacc sandbox serve --latency 20 --fail 0.05'))
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).serve })));
  withOptions(sandbox.command('reset'), [folder], OUTPUT)
    .description('empty it')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).reset })));
  withOptions(sandbox.command('seed'), [folder], OUTPUT)
    .description('fill it with N accounts, two tokens each')
    .argument('<n>', 'how many accounts', count)
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).seed })));
  withOptions(sandbox.command('advance'), [folder], OUTPUT)
    .description('let time pass in it')
    .argument('<duration>', 'for example 80d', duration)
    .addHelpText('after', examples('mdacc sandbox advance 80d'))
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).advance })));
}

async function main(): Promise<void> {
  const mdacc = program();
  try {
    await mdacc.parseAsync();
  } catch (error) {
    if (!isUsageError(error)) throw error;
    hintAtOrder(mdacc, process.argv.slice(2));
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  }
}

/** Options belong to commands; many people type them before. */
function hintAtOrder(mdacc: Command, words: readonly string[]): void {
  const command = mdacc.commands.map((each) => each.name()).find((name) => words.includes(name));
  if (command === undefined || words[0] === command || !words[0]?.startsWith('--')) return;
  const rest = words.filter((word) => word !== command);
  process.stderr.write(`Options come after the command: mdacc ${[command, ...rest].join(' ')}\n`);
}

/** Commander has then printed what is wrong. */
function isUsageError(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

void main();
