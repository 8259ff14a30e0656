/** The commands of `mdacc sandbox`, with their options. */
import { type Command, Option } from 'commander';
import { COMMAND_OPTIONS } from './cli/command-options.ts';
import { withExamples } from './cli/help.ts';
import { whenCalled } from './cli/loaded-command.ts';
import { advanceTime, count, milliseconds, port, rate } from './cli/option-values.ts';
import { SANDBOX_SETTINGS, withOptions } from './cli/options.ts';

/** Adds them to their group. */
export function sandboxCommands(sandbox: Command): void {
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
    .action(whenCalled(async () => ({ run: (await import('./commands/sandbox.ts')).serve })));
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
    .action(whenCalled(async () => ({ run: (await import('./commands/sandbox.ts')).connect })));
  withOptions(connect, COMMAND_OPTIONS['sandbox connect']);
  withExamples(
    connect,
    '. .motherduck/secrets.env',
    'MOTHERDUCK_TOKEN=$MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW mdacc sandbox connect',
  );

  const reset = sandbox
    .command('reset')
    .description('Delete everything in the sandbox and reset its clock')
    .action(whenCalled(async () => ({ run: (await import('./commands/sandbox.ts')).reset })));
  withOptions(reset, COMMAND_OPTIONS['sandbox reset']);
  withExamples(reset, 'mdacc sandbox reset', 'mdacc sandbox reset --sandbox-dir rehearsal');

  const seed = sandbox
    .command('seed')
    .description('Add N accounts with two tokens each')
    .argument('<n>', 'Number of accounts', count)
    .action(whenCalled(async () => ({ run: (await import('./commands/sandbox.ts')).seed })));
  withOptions(seed, COMMAND_OPTIONS['sandbox seed']);
  withExamples(seed, 'mdacc sandbox seed 20', 'mdacc sandbox seed 1000 --sandbox-dir large');

  const advance = sandbox
    .command('advance')
    .description('Advance the clock of the sandbox')
    .argument('<duration>', 'Time such as 12h, 80d or 2w', advanceTime)
    .action(whenCalled(async () => ({ run: (await import('./commands/sandbox.ts')).advance })));
  withOptions(advance, COMMAND_OPTIONS['sandbox advance']);
  withExamples(advance, 'mdacc sandbox advance 80d', 'mdacc sandbox advance 12h');
}
