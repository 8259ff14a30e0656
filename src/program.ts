/** The command line: every command with its options and its module. The commands of `state` and `sandbox` have files of their own. */

import { Argument, Command, Option } from 'commander';
import { COMMAND_OPTIONS } from './cli/command-options.ts';
import { environmentLines, HELP, helpRows, helpWidth, section, withExamples } from './cli/help.ts';
import { whenCalled } from './cli/loaded-command.ts';
import { duration } from './cli/option-values.ts';
import { acceptOnAll, format, withOptions } from './cli/options.ts';
import { refuseEmpty, refuseEmptyVariables } from './cli/refused-values.ts';
import { SCHEMA_FILES } from './cli/schemas.ts';
import { forLog, openStderr } from './cli/terminal.ts';
import { SCRIPTS, SHELLS, type Shell } from './completion/scripts.ts';
import { DEFAULT_ORGANIZATION, IDLE_AFTER } from './model/defaults.ts';
import { quote } from './model/quote.ts';
import { formatDuration } from './model/time.ts';
import { visibleLines } from './report/escape.ts';
import { AUDIT_FORMATS, DOCTOR_FORMATS, PLAN_FORMATS, SMOKE_FORMATS, VALIDATE_FORMATS } from './report/formats.ts';
import { sandboxCommands } from './sandbox-commands.ts';
import { stateCommands } from './state-commands.ts';
import { VERSION } from './version.ts';

/** What help and version are asked with, alone. */
const ABOUT_THE_PROGRAM = ['-h', '--help', '-V', '--version'];

/** Writes an error of wrong usage. */
export function writeUsageError(text: string): void {
  openStderr().write(helpRows(visibleLines(forLog(process.env)(text)), process.stderr));
}

/** A text of commander with the quotes of every other text. */
export function quoted(text: string): string {
  return text.replace(/'(.*?)'(?=[\s.]|$)/gm, (_, word: string) => quote(word));
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
      outputError: (text, write) => write(quoted(text).replace(/^error:/, 'Error:')),
    })
    .showSuggestionAfterError(false)
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
      .action(whenCalled(() => import('./commands/init.ts')));
    withOptions(init, COMMAND_OPTIONS.init);
    withExamples(init, 'mdacc init', 'mdacc init --from-live --organization acme');
  });

  command('validate', 'Check the configuration without a network connection', (validate) => {
    validate
      .addOption(format('Set the format of the findings', VALIDATE_FORMATS))
      .action(whenCalled(() => import('./commands/validate.ts')));
    withOptions(validate, COMMAND_OPTIONS.validate);
    withExamples(validate, 'mdacc validate', 'mdacc validate --config prod.yaml --format github');
  });

  command('doctor', 'Check all that an apply needs; runs the checks of secret stores', (doctor) => {
    doctor
      .addOption(format('Set the format of the checks', DOCTOR_FORMATS))
      .action(whenCalled(() => import('./commands/doctor.ts')));
    withOptions(doctor, COMMAND_OPTIONS.doctor);
    withExamples(doctor, 'mdacc doctor', 'mdacc doctor --sandbox', 'mdacc doctor --format json');
  });

  command('plan', 'Show what apply would change, and why', (plan) => {
    plan
      .option('--out <file>', 'Save the plan for apply')
      .option('--detailed-exitcode', 'Exit with 2 if there are changes')
      .addOption(format('Set the format of the plan', PLAN_FORMATS))
      .action(whenCalled(() => import('./commands/plan.ts')));
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
    apply
      .argument('[planfile]', 'A plan saved with plan --out')
      .action(whenCalled(() => import('./commands/apply.ts')));
    withOptions(apply, COMMAND_OPTIONS.apply);
    withExamples(apply, 'mdacc apply', 'mdacc apply today.plan --yes', 'mdacc apply --due --yes');
  });

  command('show', 'Show a saved plan in any format, without a network connection', (show) => {
    show
      .argument('<planfile>', 'A plan saved with plan --out')
      .addOption(format('Set the format of the plan', PLAN_FORMATS))
      .action(whenCalled(() => import('./commands/show.ts')));
    withOptions(show, COMMAND_OPTIONS.show);
    withExamples(show, 'mdacc show today.plan', 'mdacc show today.plan --format markdown');
  });

  command('smoke', 'Test each account with a connection through DuckDB', (smoke) => {
    smoke
      .argument('[account...]', 'Names or globs, which --only narrows; default: all')
      .addOption(format('Set the format of the results', SMOKE_FORMATS))
      .action(whenCalled(() => import('./commands/smoke.ts')));
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
      .action(whenCalled(() => import('./commands/audit.ts')));
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
      .action(whenCalled(() => import('./commands/import.ts')));
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
      .action(whenCalled(() => import('./commands/rotate.ts')));
    withOptions(rotate, COMMAND_OPTIONS.rotate);
    withExamples(
      rotate,
      'mdacc rotate etl_prod/airflow',
      'mdacc rotate "tenant_*/app" --yes',
      'mdacc rotate etl_prod/airflow --revoke-old --yes',
    );
  });

  command('destroy', 'Delete every managed account, after a typed confirmation', (destroy) => {
    destroy.action(whenCalled(() => import('./commands/destroy.ts')));
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
      .action(whenCalled(() => import('./commands/schema.ts')));
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
