/** The command line: every command with its options and its module, which is imported when the command is called. */

import { Argument, Command, Option } from 'commander';
import { COMMAND_OPTIONS } from './cli/command-options.ts';
import { environmentLines, HELP, helpRows, helpWidth, section, withExamples } from './cli/help.ts';
import { advanceTime, count, duration, milliseconds, port, rate } from './cli/option-values.ts';
import { acceptOnAll, format, SANDBOX_SETTINGS, withOptions } from './cli/options.ts';
import { refuseEmpty } from './cli/refused-values.ts';
import { SCHEMA_FILES } from './cli/schemas.ts';
import { forLog, openStderr } from './cli/terminal.ts';
import { SCRIPTS, SHELLS, type Shell } from './completion/scripts.ts';
import { DEFAULT_ORGANIZATION, IDLE_AFTER } from './model/defaults.ts';
import { formatDuration } from './model/time.ts';
import { ADDRESS_VARIABLES } from './motherduck/address.ts';
import { visibleLines } from './report/escape.ts';
import {
  AUDIT_FORMATS,
  DOCTOR_FORMATS,
  HISTORY_FORMATS,
  PLAN_FORMATS,
  SMOKE_FORMATS,
  STATE_FORMATS,
  VALIDATE_FORMATS,
} from './report/formats.ts';
import { VERSION } from './version.ts';

/** A command module: it takes options and arguments, and returns the exit code. */
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

/** What help and version are asked with, alone. */
const ABOUT_THE_PROGRAM = ['-h', '--help', '-V', '--version'];

/** Writes an error of wrong usage. */
export function writeUsageError(text: string): void {
  openStderr().write(helpRows(visibleLines(forLog(process.env)(text)), process.stderr));
}

/** A command: what the help says of it, and what gives it its options. */
interface Part {
  readonly description: string;
  readonly define: (command: Command) => void;
}

/** Commands with commands of their own. */
const GROUPS = ['state', 'sandbox'];

/**
 * Returns the command line. To make every command takes as long as to read a configuration, so with the typed `words` there is
 * only the one that they begin with, and for the list of commands they have no options. Without `words`, or where an option
 * may stand before a name, all are there.
 */
export function program(words: readonly string[] = [], writeErr = writeUsageError): Command {
  const mdacc = new Command('mdacc')
    .description(
      'Manage MotherDuck service accounts, their tokens and Ducklings in one YAML file.\nOptions may also stand before the command: mdacc --sandbox plan',
    )
    .version(VERSION, '-V, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .helpCommand('help [command]', 'Show the help of a command')
    .configureHelp(HELP)
    .configureOutput({
      getOutHelpWidth: () => helpWidth(process.stdout),
      getErrHelpWidth: () => helpWidth(process.stderr),
      writeOut: (text) => void process.stdout.write(helpRows(text, process.stdout)),
      writeErr,
      outputError: (text, write) => write(text.replace(/^error:/, 'Error:')),
    })
    .exitOverride()
    .enablePositionalOptions();
  // Without a command, what to type is on the last screen.
  mdacc.addHelpText('after', ({ error }) =>
    error ? '' : `\n${section('Environment:', environmentLines())}`.trimEnd(),
  );
  withExamples(mdacc, 'mdacc init', 'mdacc plan --sandbox', 'mdacc apply --sandbox', 'mdacc plan --help');
  mdacc.addHelpText('after', ({ error }) => (error ? 'Environment variables: mdacc --help' : ''));

  const parts = new Map<string, Part>();
  const command = (name: string, description: string, define: Part['define']) =>
    parts.set(name, { description, define });

  command('init', 'Write a commented starter file, or a configuration of the live accounts', (init) => {
    init
      .option('--from-live', 'Include the accounts, Ducklings and tokens at MotherDuck')
      .option('--organization <name>', `Set a name of your own for the organization (default: ${DEFAULT_ORGANIZATION})`)
      .action(go(() => import('./commands/init.ts')));
    withOptions(init, COMMAND_OPTIONS.init);
    withExamples(init, 'mdacc init', 'mdacc init --from-live --organization acme');
  });

  command('validate', 'Check the configuration without a network connection', (validate) => {
    validate
      .addOption(format('Set the format of the findings', VALIDATE_FORMATS))
      .action(go(() => import('./commands/validate.ts')));
    withOptions(validate, COMMAND_OPTIONS.validate);
    withExamples(validate, 'mdacc validate', 'mdacc validate --config prod.yaml --format github');
  });

  command('doctor', 'Check all that an apply needs; runs the checks of secret stores', (doctor) => {
    doctor
      .addOption(format('Set the format of the checks', DOCTOR_FORMATS))
      .action(go(() => import('./commands/doctor.ts')));
    withOptions(doctor, COMMAND_OPTIONS.doctor);
    withExamples(doctor, 'mdacc doctor', 'mdacc doctor --sandbox', 'mdacc doctor --format json');
  });

  command('plan', 'Show what apply would change, and why', (plan) => {
    plan
      .option('--out <file>', 'Save the plan for apply')
      .option('--detailed-exitcode', 'Exit with 2 if there are changes')
      .addOption(format('Set the format of the plan', PLAN_FORMATS))
      .action(go(() => import('./commands/plan.ts')));
    withOptions(plan, COMMAND_OPTIONS.plan);
    withExamples(
      plan,
      'mdacc plan',
      'mdacc plan --format html > plan.html',
      'mdacc plan --out today.plan && mdacc apply today.plan',
      'mdacc plan --rotate "tenant_*/app" --out rotation.plan',
    );
  });

  command('apply', 'Show the plan, ask, apply it, store secrets and test the accounts', (apply) => {
    apply.argument('[planfile]', 'A plan saved with plan --out').action(go(() => import('./commands/apply.ts')));
    withOptions(apply, COMMAND_OPTIONS.apply);
    withExamples(apply, 'mdacc apply', 'mdacc apply today.plan --yes', 'mdacc apply --due --yes');
  });

  command('show', 'Show a saved plan in any format, without a network connection', (show) => {
    show
      .argument('<planfile>', 'A plan saved with plan --out')
      .addOption(format('Set the format of the plan', PLAN_FORMATS))
      .action(go(() => import('./commands/show.ts')));
    withOptions(show, COMMAND_OPTIONS.show);
    withExamples(show, 'mdacc show today.plan', 'mdacc show today.plan --format markdown');
  });

  command('smoke', 'Test each account with a connection through DuckDB', (smoke) => {
    smoke
      .argument('[account...]', 'Names or globs, which --only narrows; default: all')
      .addOption(format('Set the format of the results', SMOKE_FORMATS))
      .action(go(() => import('./commands/smoke.ts')));
    withOptions(smoke, COMMAND_OPTIONS.smoke);
    withExamples(smoke, 'mdacc smoke', 'mdacc smoke etl_prod "tenant_*"', 'mdacc smoke --format junit > smoke.xml');
  });

  command('audit', 'Compare live resources with the configuration and good practice', (audit) => {
    audit
      .addOption(format('Set the format of the findings', AUDIT_FORMATS))
      .addOption(
        new Option('--fail-on <severity>', 'Exit with 2 at or above this severity; notes never fail')
          .choices(['error', 'warning', 'never'])
          .default('warning'),
      )
      .option('--check-stores', 'Also run the check commands of the secret stores, which the configuration names')
      .option(
        '--usage',
        'Also report idle accounts and sizes, compute hours and storage (makes one md: connection as the Admin)',
      )
      .addOption(
        new Option(
          '--idle <duration>',
          `Set the time without a query after which --usage reports an account (default: ${formatDuration(IDLE_AFTER)})`,
        ).argParser(duration),
      )
      .action(go(() => import('./commands/audit.ts')));
    withOptions(audit, COMMAND_OPTIONS.audit);
    withExamples(
      audit,
      'mdacc audit',
      'mdacc audit --fail-on error --format sarif > audit.sarif',
      'mdacc audit --usage --idle 60d',
    );
  });

  command('import', 'Add live accounts and tokens to the configuration and the state', (adopt) => {
    adopt
      .argument('[account[/token]...]', 'Names as at MotherDuck; a token also by its id')
      .option('--all', 'Import every service account, and unmanaged tokens of managed accounts')
      .option('--terraform <file>', 'Import what this Terraform state has of MotherDuck, and print its removed blocks')
      .option('--adopt-secrets', 'Store the secrets that the Terraform state has, so that no token is rotated')
      .option('--organization <name>', 'Name the organization, where a new configuration is written')
      .option('--store <store>', 'Set the secret store of new policies, if the configuration has several')
      .option('--into <file>', 'Write new accounts to this included file (default: the main file)')
      .action(go(() => import('./commands/import.ts')));
    withOptions(adopt, COMMAND_OPTIONS.import);
    withExamples(
      adopt,
      'mdacc import --all --dry-run',
      'mdacc import etl_prod tenant_acme',
      'mdacc import etl_prod/airflow',
      'mdacc import --terraform terraform.tfstate --adopt-secrets --dry-run',
    );
  });

  command('rotate', 'Replace tokens now, whether they are due or not', (rotate) => {
    rotate
      .argument('<account[/token]...>', 'Names as in the configuration, or globs; an account selects all of its tokens')
      .action(go(() => import('./commands/rotate.ts')));
    withOptions(rotate, COMMAND_OPTIONS.rotate);
    withExamples(
      rotate,
      'mdacc rotate etl_prod/airflow',
      'mdacc rotate "tenant_*/app" --yes',
      'mdacc rotate etl_prod/airflow --revoke-old --yes',
    );
  });

  command('destroy', 'Delete every managed account, after a typed confirmation', (destroy) => {
    destroy.action(go(() => import('./commands/destroy.ts')));
    withOptions(destroy, COMMAND_OPTIONS.destroy);
    withExamples(destroy, 'mdacc destroy', 'mdacc destroy --only "tenant_*" --yes --allow-delete');
  });

  command(
    'state',
    'Show the state and its history, move it, rename or forget an entry, or remove a stale lock',
    stateCommands,
  );
  command('sandbox', 'Serve the sandbox organization, fill it or advance its clock', sandboxCommands);

  command('schema', 'Print a JSON Schema', (schema) => {
    schema
      .addArgument(
        new Argument('[which]', 'What the schema describes').choices(Object.keys(SCHEMA_FILES)).default('config'),
      )
      .action(go(() => import('./commands/schema.ts')));
    withOptions(schema, COMMAND_OPTIONS.schema);
    withExamples(schema, 'mdacc schema', 'mdacc schema plan > plan.schema.json');
  });

  command('completion', 'Print a completion script for commands, options and names', (completion) => {
    completion
      .addArgument(new Argument('<shell>', 'The shell').choices(SHELLS))
      // Part of the main program, because every new shell waits for it.
      .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]));
    withExamples(
      completion,
      'source <(mdacc completion bash)',
      'source <(mdacc completion zsh)',
      'mdacc completion fish > ~/.config/fish/conf.d/mdacc.fish',
    );
  });
  command('version', 'Show the version', (version) => {
    version.action(() => void process.stdout.write(`${VERSION}\n`));
    withOptions(version, COMMAND_OPTIONS.version);
    withExamples(version, 'mdacc version');
  });
  const [first = ''] = words;
  const isAboutProgram = words.length === 1 && ABOUT_THE_PROGRAM.includes(first);
  const one = GROUPS.includes(first) ? undefined : parts.get(first);
  for (const [name, { description, define }] of one === undefined ? parts : [[first, one] as const]) {
    const made = mdacc.command(name).description(description);
    if (isAboutProgram) continue;
    define(made);
    acceptOnAll(made);
  }
  // What the completion scripts call.
  if (one === undefined)
    mdacc
      .command('__complete', { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .action(async (typed: readonly string[]) => (await import('./commands/complete.ts')).complete(mdacc, typed));

  for (const command of mdacc.commands) if (!command.name().startsWith('_')) refuseEmpty(command);
  mdacc.hook('preAction', (_, command) => refuseEmptyVariables(command, process.env));
  return mdacc;
}

/** Like an empty option, an empty variable is wrong usage, where the command uses it. */
function refuseEmptyVariables(command: Command, env: NodeJS.ProcessEnv): void {
  const uses = (name: string) => command.options.some(({ long, hidden }) => long === name && !hidden);
  if (!uses('--config')) return;
  const names = ['MDACC_CONFIG', 'MDACC_STATE', 'MDACC_SANDBOX'];
  const { sandbox, sandboxDir, apiUrl } = command.opts<{ sandbox?: true; sandboxDir?: string; apiUrl?: string }>();
  const hasAddress = sandbox || sandboxDir !== undefined || apiUrl !== undefined;
  if (!hasAddress && uses('--api-url')) names.push(...ADDRESS_VARIABLES);
  const empty = names.find((name) => env[name]?.trim() === '');
  if (empty !== undefined) command.error(`error: ${empty} is set, but empty`, { code: 'commander.emptyVariable' });
}

function stateCommands(state: Command): void {
  withExamples(state, 'mdacc state list', 'mdacc state show etl_prod');

  const list = state
    .command('list')
    .description('List managed accounts and tokens, with the locations of their secrets')
    .argument('[account...]', 'Names or globs; default: all')
    .addOption(format('Set the format of the state', STATE_FORMATS))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).list })));
  withOptions(list, COMMAND_OPTIONS['state list']);
  withExamples(list, 'mdacc state list', 'mdacc state list "tenant_*"', 'mdacc state list --format json');

  const show = state
    .command('show')
    .description('Print one entry as JSON')
    .argument('<account[/token]>', 'Name as in the configuration')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).show })));
  withOptions(show, COMMAND_OPTIONS['state show']);
  withExamples(show, 'mdacc state show etl_prod', 'mdacc state show etl_prod/airflow');

  const history = state
    .command('history')
    .description('List the last runs: when, who, which command, what it did')
    .addOption(format('Set the format of the history', HISTORY_FORMATS))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).history })));
  withOptions(history, COMMAND_OPTIONS['state history']);
  withExamples(history, 'mdacc state history', 'mdacc state history --format json');

  const mv = state
    .command('mv')
    .description('Give a token its new key in the state; usernames cannot change')
    .argument('<account[/token]>', 'Name as in the state')
    .argument('<new-account[/token]>', 'Name as in the configuration')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).mv })));
  withOptions(mv, COMMAND_OPTIONS['state mv']);
  withExamples(mv, 'mdacc state mv etl_prod/airflow etl_prod/loads');

  const forget = state
    .command('forget')
    .description('Remove an entry from the state without changing MotherDuck')
    .argument('<account[/token]>', 'Name as in the configuration')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).forget })));
  withOptions(forget, COMMAND_OPTIONS['state forget']);
  withExamples(forget, 'mdacc state forget tenant_acme', 'mdacc state forget etl_prod/airflow --yes');

  const unlock = state
    .command('unlock')
    .description('Remove the lock of a run that has ended')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).unlock })));
  withOptions(unlock, COMMAND_OPTIONS['state unlock']);
  withExamples(unlock, 'mdacc state unlock', 'mdacc state unlock --yes');

  const migrate = state
    .command('migrate')
    .description('Move the state to where the configuration now says')
    .option(
      '--from <file>',
      'Name what says where the state is: the configuration before the change, or a state file (default: the file beside the configuration)',
    )
    .action(go(async () => ({ run: (await import('./commands/state.ts')).migrate })));
  withOptions(migrate, COMMAND_OPTIONS['state migrate']);
  withExamples(migrate, 'mdacc state migrate', 'mdacc state migrate --from old.yaml');
}

function sandboxCommands(sandbox: Command): void {
  withExamples(sandbox, 'mdacc sandbox seed 20', 'mdacc sandbox advance 80d', 'mdacc sandbox serve --port 8080');

  const serve = sandbox
    .command('serve')
    .description('Serve the API of the sandbox over HTTP on this machine')
    .addOption(new Option('--port <n>', 'Set the port; 0 selects a free port').argParser(port).default(0))
    .addOption(
      new Option('--latency <ms>', 'Delay each response by this number of milliseconds').argParser(milliseconds),
    )
    .addOption(new Option('--fail <rate>', 'Set the share of requests that fail, 0 to 1').argParser(rate))
    .addOption(
      new Option('--rate-limit <n>', 'Set the number of requests per second above which it answers 429').argParser(
        count,
      ),
    )
    .option('--export', 'Print the variables as lines that a shell can eval')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).serve })));
  withOptions(serve, [...SANDBOX_SETTINGS, ...COMMAND_OPTIONS['sandbox serve']]);
  withExamples(
    serve,
    'mdacc sandbox serve',
    'mdacc sandbox serve --port 8080',
    'mdacc sandbox serve --latency 20 --fail 0.05',
    'mdacc sandbox serve --plan lite',
  );

  const connect = sandbox
    .command('connect')
    .description('Connect with the token in MOTHERDUCK_TOKEN and print its account')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).connect })));
  withOptions(connect, COMMAND_OPTIONS['sandbox connect']);
  withExamples(
    connect,
    '. .motherduck/secrets.env',
    'MOTHERDUCK_TOKEN=$MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW mdacc sandbox connect',
  );

  const reset = sandbox
    .command('reset')
    .description('Delete everything in the sandbox and reset its clock')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).reset })));
  withOptions(reset, COMMAND_OPTIONS['sandbox reset']);
  withExamples(reset, 'mdacc sandbox reset', 'mdacc sandbox reset --sandbox-dir rehearsal');

  const seed = sandbox
    .command('seed')
    .description('Add N accounts with two tokens each')
    .argument('<n>', 'Number of accounts', count)
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).seed })));
  withOptions(seed, COMMAND_OPTIONS['sandbox seed']);
  withExamples(seed, 'mdacc sandbox seed 20', 'mdacc sandbox seed 1000 --sandbox-dir large');

  const advance = sandbox
    .command('advance')
    .description('Advance the clock of the sandbox')
    .argument('<duration>', 'Time such as 12h, 80d or 2w', advanceTime)
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).advance })));
  withOptions(advance, COMMAND_OPTIONS['sandbox advance']);
  withExamples(advance, 'mdacc sandbox advance 80d', 'mdacc sandbox advance 12h');
}
