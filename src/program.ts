/** The command line: every command with its options, and which module does it, which is imported when it is called. */
import { Argument, Command, Option } from 'commander';
import { environmentLines, HELP, section, withExamples } from './cli/help.ts';
import {
  APPLYING,
  CONFIG,
  count,
  DRY_RUN,
  DUE,
  duration,
  format,
  LOCK_TIMEOUT,
  milliseconds,
  NO_SERVICE,
  ONLY,
  OUTPUT,
  PRUNE,
  port,
  rate,
  SANDBOX_FOLDER,
  SERVICE,
  withOptions,
  YES,
} from './cli/options.ts';
import { forLog } from './cli/terminal.ts';
import { SCRIPTS, SHELLS, type Shell } from './completion/scripts.ts';
import { AUDIT_FORMATS, PLAN_FORMATS, SMOKE_FORMATS, STATE_FORMATS, VALIDATE_FORMATS } from './report/formats.ts';
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

/** The whole command line. */
export function program(): Command {
  const mdacc = new Command('mdacc')
    .description('MotherDuck service accounts, their tokens and Ducklings, as one YAML file.')
    .version(VERSION, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp(HELP)
    .configureOutput({ writeErr: (text) => void process.stderr.write(forLog(process.env)(text)) })
    .exitOverride()
    .enablePositionalOptions();
  withExamples(mdacc, 'mdacc init', 'mdacc plan --sandbox', 'mdacc apply --sandbox', 'mdacc plan --help');
  mdacc.addHelpText('after', section('Environment:', environmentLines()));

  const init = mdacc
    .command('init')
    .description('write a commented starter file, or one with the live accounts')
    .option('--from-live', 'include the accounts, Ducklings and tokens at MotherDuck')
    .option('--organization <name>', 'the name of the organization in the configuration (default: my_organization)')
    .action(go(() => import('./commands/init.ts')));
  withOptions(init, [YES, DRY_RUN, LOCK_TIMEOUT], CONFIG, SERVICE, OUTPUT);
  withExamples(init, 'mdacc init', 'mdacc init --from-live --organization acme');

  const validate = mdacc
    .command('validate')
    .description('check the configuration without a network')
    .addOption(format('format of the findings', VALIDATE_FORMATS))
    .addOption(NO_SERVICE)
    .action(go(() => import('./commands/validate.ts')));
  withOptions(validate, CONFIG, OUTPUT);
  withExamples(validate, 'mdacc validate', 'mdacc validate --config prod.yaml --format github');

  const plan = mdacc
    .command('plan')
    .description('show what apply would change, and why')
    .option('--out <file>', 'save the plan for apply')
    .option('--detailed-exitcode', 'exit with 2 if there are changes')
    .action(go(() => import('./commands/plan.ts')));
  withOptions(
    plan,
    [ONLY, PRUNE, DUE, format('format of the plan', PLAN_FORMATS), LOCK_TIMEOUT],
    CONFIG,
    SERVICE,
    OUTPUT,
  );
  withExamples(
    plan,
    'mdacc plan',
    'mdacc plan --only "tenant_*"',
    'mdacc plan --format html > plan.html',
    'mdacc plan --out today.plan && mdacc apply today.plan',
  );

  const apply = mdacc
    .command('apply')
    .description('show the plan, ask, apply it, store secrets, and test the accounts')
    .argument('[planfile]', 'a plan saved with plan --out')
    .action(go(() => import('./commands/apply.ts')));
  withOptions(apply, [ONLY, PRUNE, DUE], APPLYING, CONFIG, SERVICE, OUTPUT);
  withExamples(apply, 'mdacc apply', 'mdacc apply today.plan --yes', 'mdacc apply --due --yes');

  const smoke = mdacc
    .command('smoke')
    .description('connect as each account through DuckDB and check what it finds')
    .addOption(ONLY)
    .addOption(format('format of the results', SMOKE_FORMATS))
    .addOption(LOCK_TIMEOUT)
    .action(go(() => import('./commands/smoke.ts')));
  withOptions(smoke, CONFIG, SERVICE, OUTPUT);
  withExamples(smoke, 'mdacc smoke', 'mdacc smoke --only etl_prod --format junit > smoke.xml');

  const audit = mdacc
    .command('audit')
    .description('compare live resources with the configuration and good practice')
    .addOption(ONLY)
    .addOption(format('format of the findings', AUDIT_FORMATS))
    .addOption(
      new Option('--fail-on <severity>', 'exit with 2 at or above this severity; notes never fail')
        .choices(['error', 'warning', 'never'])
        .default('warning'),
    )
    .option('--usage', 'also find accounts that ran no query (one connection to md: as the Admin)')
    .addOption(
      new Option(
        '--idle <duration>',
        'with --usage: report accounts without a query for this long (default: 30d)',
      ).argParser(duration),
    )
    .action(go(() => import('./commands/audit.ts')));
  withOptions(audit, CONFIG, SERVICE, OUTPUT);
  withExamples(
    audit,
    'mdacc audit',
    'mdacc audit --fail-on error --format sarif > audit.sarif',
    'mdacc audit --usage --idle 60d',
  );

  const adopt = mdacc
    .command('import')
    .description('add live accounts and tokens to the configuration and the state')
    .argument('[account[/token]...]', 'names at MotherDuck; a token also by its id')
    .option('--all', 'every service account, and unmanaged tokens of managed accounts')
    .option('--store <name>', 'the secret store of new policies; needed when the configuration has several')
    .option('--into <file>', 'the included file to add to (default: the configuration itself)')
    .action(go(() => import('./commands/import.ts')));
  withOptions(adopt, [YES, DRY_RUN, LOCK_TIMEOUT], CONFIG, SERVICE, OUTPUT);
  withExamples(
    adopt,
    'mdacc import --all --dry-run',
    'mdacc import etl_prod tenant_acme',
    'mdacc import etl_prod/airflow',
  );

  const rotate = mdacc
    .command('rotate')
    .description('replace tokens now, whether they are due or not')
    .argument('<account[/token]...>', 'as the configuration names them; an account stands for all of its tokens')
    .action(go(() => import('./commands/rotate.ts')));
  withOptions(rotate, APPLYING, CONFIG, SERVICE, OUTPUT);
  withExamples(rotate, 'mdacc rotate etl_prod/airflow', 'mdacc rotate tenant_acme tenant_globex --yes');

  const destroy = mdacc
    .command('destroy')
    .description('delete every managed account, after a typed confirmation')
    .action(go(() => import('./commands/destroy.ts')));
  withOptions(destroy, [ONLY], APPLYING, CONFIG, SERVICE, OUTPUT);
  withExamples(destroy, 'mdacc destroy', 'mdacc destroy --only "tenant_*" --yes --allow-delete');

  stateCommands(mdacc.command('state').description('show the state, forget an entry, remove a stale lock'));
  sandboxCommands(mdacc.command('sandbox').description('serve the embedded organization, fill it, advance its clock'));

  const schema = mdacc
    .command('schema')
    .description('print a JSON Schema')
    .addArgument(
      new Argument('[which]', 'the document it describes')
        .choices(['config', 'plan', 'state', 'audit'])
        .default('config'),
    )
    .action(go(() => import('./commands/schema.ts')));
  withOptions(schema, OUTPUT);
  withExamples(schema, 'mdacc schema', 'mdacc schema plan > plan.schema.json');

  const completion = mdacc
    .command('completion')
    .description('print a completion script for commands, options and names')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    // Part of the main program, because every new shell waits for it.
    .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]));
  withExamples(
    completion,
    'source <(mdacc completion bash)',
    'source <(mdacc completion zsh)',
    'mdacc completion fish > ~/.config/fish/completions/mdacc.fish',
  );
  mdacc
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: readonly string[]) => (await import('./commands/complete.ts')).complete(mdacc, words));

  return mdacc;
}

function stateCommands(state: Command): void {
  withExamples(state, 'mdacc state list', 'mdacc state show etl_prod');

  const list = state
    .command('list')
    .description('list managed accounts and tokens, and where their secrets are')
    .addOption(format('format of the state', STATE_FORMATS))
    .action(go(async () => ({ run: (await import('./commands/state.ts')).list })));
  withOptions(list, [NO_SERVICE], CONFIG, OUTPUT);
  withExamples(list, 'mdacc state list', 'mdacc state list --format json');

  const show = state
    .command('show')
    .description('print one entry as JSON')
    .argument('<account[/token]>', 'as the configuration names it')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).show })));
  withOptions(show, [NO_SERVICE], CONFIG, OUTPUT);
  withExamples(show, 'mdacc state show etl_prod', 'mdacc state show etl_prod/airflow');

  const forget = state
    .command('forget')
    .description('remove an entry from the state; change nothing at MotherDuck')
    .argument('<account[/token]>', 'as the configuration names it')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).forget })));
  withOptions(forget, [YES, LOCK_TIMEOUT, NO_SERVICE], CONFIG, OUTPUT);
  withExamples(forget, 'mdacc state forget tenant_acme', 'mdacc state forget etl_prod/airflow --yes');

  const unlock = state
    .command('unlock')
    .description('remove the lock of a run that has ended')
    .action(go(async () => ({ run: (await import('./commands/state.ts')).unlock })));
  withOptions(unlock, [YES, NO_SERVICE], CONFIG, OUTPUT);
  withExamples(unlock, 'mdacc state unlock', 'mdacc state unlock --yes');
}

function sandboxCommands(sandbox: Command): void {
  withExamples(sandbox, 'mdacc sandbox seed 20', 'mdacc sandbox advance 80d', 'mdacc sandbox serve --port 8080');

  const serve = sandbox
    .command('serve')
    .description('serve the organization over HTTP on this machine')
    .addOption(new Option('--port <n>', 'the port; 0: a free port').argParser(port).default(0))
    .addOption(new Option('--latency <ms>', 'delay added to each request, in milliseconds').argParser(milliseconds))
    .addOption(new Option('--fail <rate>', 'share of requests that fail, 0 to 1').argParser(rate))
    .addOption(new Option('--rate-limit <n>', 'requests per second before it answers 429').argParser(count))
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).serve })));
  withOptions(serve, [SANDBOX_FOLDER], OUTPUT);
  withExamples(
    serve,
    'mdacc sandbox serve',
    'mdacc sandbox serve --port 8080',
    'mdacc sandbox serve --latency 20 --fail 0.05',
  );

  const connect = sandbox
    .command('connect')
    .description('connect with the token in MOTHERDUCK_TOKEN, and print its account')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).connect })));
  withOptions(connect, [SANDBOX_FOLDER], OUTPUT);
  withExamples(
    connect,
    '. .motherduck/secrets.env',
    'MOTHERDUCK_TOKEN=$MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW mdacc sandbox connect',
  );

  const reset = sandbox
    .command('reset')
    .description('empty the sandbox and reset its clock')
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).reset })));
  withOptions(reset, [SANDBOX_FOLDER], OUTPUT);
  withExamples(reset, 'mdacc sandbox reset', 'mdacc sandbox reset --sandbox rehearsal');

  const seed = sandbox
    .command('seed')
    .description('add N accounts with two tokens each to the sandbox')
    .argument('<n>', 'how many accounts', count)
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).seed })));
  withOptions(seed, [SANDBOX_FOLDER], OUTPUT);
  withExamples(seed, 'mdacc sandbox seed 20', 'mdacc sandbox seed 1000 --sandbox large');

  const advance = sandbox
    .command('advance')
    .description("advance the sandbox's clock")
    .argument('<duration>', 'how far, for example 12h, 80d or 2w', duration)
    .action(go(async () => ({ run: (await import('./commands/sandbox.ts')).advance })));
  withOptions(advance, [SANDBOX_FOLDER], OUTPUT);
  withExamples(advance, 'mdacc sandbox advance 80d', 'mdacc sandbox advance 12h');
}
