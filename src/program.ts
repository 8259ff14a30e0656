/** The command line: every command with its options, and which module does it, which is imported when it is called. */
import { Argument, Command, Option } from 'commander';
import { count, duration, milliseconds, port, rate } from './cli/arguments.ts';
import { forLog } from './cli/runner-log.ts';
import { SHELLS } from './completion/scripts.ts';
import { VERSION } from './version.ts';

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

const ONLY = new Option('--only <glob>', 'only accounts that match; repeatable').argParser(gather);
const LOCK_TIMEOUT = new Option('--lock-timeout <duration>', 'how long to wait for another run to end').argParser(
  duration,
);
const PLAN_FORMAT = new Option('--format <format>', 'how the plan is written')
  .choices(['text', 'json', 'markdown', 'html'])
  .default('text');
const YES = new Option('--yes', 'do not ask');
const DRY_RUN = new Option('--dry-run', 'show what would be written, and write nothing');

const PRUNE = new Option('--prune', 'also delete managed accounts that left the configuration');

const DUE = new Option(
  '--due',
  'only what time brings: due rotations, ended overlaps; accounts with other changes are left out',
);

const APPLYING = [
  YES,
  new Option('--allow-delete', 'with --yes: also when accounts are deleted'),
  new Option('--no-smoke', 'do not connect as the accounts afterwards'),
  PLAN_FORMAT,
  LOCK_TIMEOUT,
];

function withOptions(command: Command, ...groups: readonly Option[][]): Command {
  for (const option of groups.flat()) command.addOption(option);
  return command;
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}

/** The whole command line. */
export function program(): Command {
  const mdacc = new Command('mdacc')
    .description('MotherDuck service accounts, their access tokens and Ducklings, as one YAML file.')
    .version(VERSION)
    .configureOutput({ writeErr: (text) => void process.stderr.write(forLog(process.env)(text)) })
    .showHelpAfterError('(mdacc --help, or mdacc COMMAND --help, shows what can be typed)')
    .addHelpText('after', examples('mdacc init', 'mdacc plan --sandbox', 'mdacc apply --sandbox'))
    .exitOverride()
    .enablePositionalOptions();

  withOptions(mdacc.command('init'), [YES, DRY_RUN, LOCK_TIMEOUT], CONFIG, SERVICE, OUTPUT)
    .description('write a commented starter file, or one of what is live, and the lines for .gitignore')
    .option('--from-live', 'with the accounts, Ducklings and tokens that there are at MotherDuck')
    .option('--organization <name>', 'a name of your own for the organization (default: my_organization)')
    .addHelpText('after', examples('mdacc init', 'mdacc init --from-live --organization acme'))
    .action(go(() => import('./commands/init.ts')));

  withOptions(mdacc.command('validate'), CONFIG, OUTPUT)
    .description('check the configuration, without a network')
    .option('--sandbox [dir]', 'accepted and not needed: nothing is connected to')
    .addOption(
      new Option('--format <format>', 'how the findings are written')
        .choices(['text', 'json', 'sarif', 'github'])
        .default('text'),
    )
    .addHelpText('after', examples('mdacc validate', 'mdacc validate --config prod.yaml --format github'))
    .action(go(() => import('./commands/validate.ts')));

  withOptions(mdacc.command('plan'), [ONLY, PRUNE, DUE, PLAN_FORMAT, LOCK_TIMEOUT], CONFIG, SERVICE, OUTPUT)
    .description('show what apply would do, and why')
    .option('--out <file>', 'save the plan for apply')
    .option('--detailed-exitcode', 'exit with 2 when there is something to do')
    .addHelpText(
      'after',
      examples(
        'mdacc plan',
        'mdacc plan --only "tenant_*"',
        'mdacc plan --format html > plan.html',
        'mdacc plan --out today.plan && mdacc apply today.plan',
      ),
    )
    .action(go(() => import('./commands/plan.ts')));

  withOptions(mdacc.command('apply'), [ONLY, PRUNE, DUE], APPLYING, CONFIG, SERVICE, OUTPUT)
    .description('show the plan, ask, do it, store the secrets, then test what it touched')
    .argument('[planfile]', 'a plan saved with plan --out')
    .addHelpText('after', examples('mdacc apply', 'mdacc apply today.plan --yes', 'mdacc apply --due --yes'))
    .action(go(() => import('./commands/apply.ts')));

  withOptions(mdacc.command('smoke'), CONFIG, SERVICE, OUTPUT)
    .description('connect as each account through DuckDB and check what it finds')
    .addOption(ONLY)
    .addOption(
      new Option('--format <format>', 'how the result is written').choices(['text', 'json', 'junit']).default('text'),
    )
    .addOption(LOCK_TIMEOUT)
    .addHelpText('after', examples('mdacc smoke', 'mdacc smoke --only etl_prod --format junit > smoke.xml'))
    .action(go(() => import('./commands/smoke.ts')));

  withOptions(mdacc.command('audit'), [ONLY], CONFIG, SERVICE, OUTPUT)
    .description('hold the live organization against the configuration and good practice')
    .addOption(
      new Option('--format <format>', 'how the findings are written')
        .choices(['text', 'json', 'markdown', 'html', 'sarif', 'junit'])
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit with 2 from which severity on; notes fail nothing')
        .choices(['error', 'warning', 'never'])
        .default('warning'),
    )
    .option('--usage', 'also find accounts that ran no query (one connection to md: as the Admin)')
    .addOption(
      new Option('--idle <duration>', 'with --usage: after how long without a query (default: 30d)').argParser(
        duration,
      ),
    )
    .addHelpText(
      'after',
      examples(
        'mdacc audit',
        'mdacc audit --fail-on error --format sarif > audit.sarif',
        'mdacc audit --usage --idle 60d',
      ),
    )
    .action(go(() => import('./commands/audit.ts')));

  withOptions(mdacc.command('import'), [YES, DRY_RUN, LOCK_TIMEOUT], CONFIG, SERVICE, OUTPUT)
    .description('take live accounts and tokens into the configuration and the state, as they are')
    .argument('[account[/token]...]', 'as MotherDuck names them; a token also by its id')
    .option('--all', 'every service account, and what nothing manages of the tokens of managed ones')
    .option('--store <name>', 'the secret store of new policies, where the configuration has several')
    .option('--into <file>', 'an included file for what is new (default: the configuration itself)')
    .addHelpText(
      'after',
      examples('mdacc import --all --dry-run', 'mdacc import etl_prod tenant_acme', 'mdacc import etl_prod/airflow'),
    )
    .action(go(() => import('./commands/import.ts')));

  withOptions(mdacc.command('rotate'), APPLYING, CONFIG, SERVICE, OUTPUT)
    .description('replace tokens now, by the same plan and apply')
    .argument('<account[/token]...>', 'as the configuration names them; an account stands for all of its tokens')
    .addHelpText('after', examples('mdacc rotate etl_prod/airflow', 'mdacc rotate tenant_acme tenant_globex --yes'))
    .action(go(() => import('./commands/rotate.ts')));

  withOptions(mdacc.command('destroy'), [ONLY], APPLYING, CONFIG, SERVICE, OUTPUT)
    .description('delete everything that the state manages, after a typed confirmation')
    .addHelpText('after', examples('mdacc destroy', 'mdacc destroy --only "tenant_*" --yes --allow-delete'))
    .action(go(() => import('./commands/destroy.ts')));

  stateCommands(mdacc.command('state').description('look at the state, drop an entry, remove a stale lock'));

  sandboxCommands(
    mdacc.command('sandbox').description('the embedded organization: serve it, reset it, let time pass in it'),
  );

  withOptions(mdacc.command('schema'), OUTPUT)
    .description('print a JSON Schema')
    .addArgument(
      new Argument('[which]', 'what it describes').choices(['config', 'plan', 'state', 'audit']).default('config'),
    )
    .addHelpText('after', examples('mdacc schema', 'mdacc schema plan > plan.schema.json'))
    .action(go(() => import('./commands/schema.ts')));

  mdacc
    .command('completion')
    .description('print a completion script, for commands, options, accounts and tokens')
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        'source <(mdacc completion bash)',
        'source <(mdacc completion zsh)',
        'mdacc completion fish > ~/.config/fish/completions/mdacc.fish',
      ),
    )
    .action(go(() => import('./commands/completion.ts')));
  mdacc
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(
      go(async () => ({
        run: async (_options: never, words: readonly string[]) =>
          (await import('./commands/completion.ts')).complete(mdacc, words),
      })),
    );

  return mdacc;
}

function stateCommands(state: Command): void {
  withOptions(state.command('list'), CONFIG, OUTPUT)
    .description('the managed accounts and tokens, and where the secrets are')
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).list })));
  withOptions(state.command('show'), CONFIG, OUTPUT)
    .description('one entry, as JSON')
    .argument('<account[/token]>')
    .addHelpText('after', examples('mdacc state show etl_prod', 'mdacc state show etl_prod/airflow'))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).show })));
  withOptions(state.command('forget'), [YES, LOCK_TIMEOUT], CONFIG, OUTPUT)
    .description('drop an entry without touching MotherDuck')
    .argument('<account[/token]>')
    .addHelpText('after', examples('mdacc state forget tenant_acme'))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).forget })));
  withOptions(state.command('unlock'), [YES], CONFIG, OUTPUT)
    .description('remove the lock that a run left behind')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).unlock })));
}

function sandboxCommands(sandbox: Command): void {
  const folder = new Option('--sandbox [dir]', 'its folder (default: MDACC_SANDBOX, else .motherduck-sandbox)');
  withOptions(sandbox.command('serve'), [folder], OUTPUT)
    .description('offer the organization over HTTP on this machine')
    .addOption(new Option('--port <n>', '0: a free one').argParser(port).default(0))
    .addOption(new Option('--latency <ms>', 'milliseconds that each request takes longer').argParser(milliseconds))
    .addOption(new Option('--fail <rate>', 'share of the requests that go wrong, 0 to 1').argParser(rate))
    .addOption(new Option('--rate-limit <n>', 'requests a second before it answers 429').argParser(count))
    .addHelpText('after', examples('mdacc sandbox serve --port 8080', 'mdacc sandbox serve --latency 20 --fail 0.05'))
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).serve })));
  withOptions(sandbox.command('connect'), [folder], OUTPUT)
    .description('connect with the token in MOTHERDUCK_TOKEN, as a program would, and say as whom')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).connect })));
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
