/** The commands of `mdacc state`, with their options. */
import type { Command } from 'commander';
import { COMMAND_OPTIONS } from './cli/command-options.ts';
import { withExamples } from './cli/help.ts';
import { whenCalled } from './cli/loaded-command.ts';
import { format, withOptions } from './cli/options.ts';
import { HISTORY_FORMATS, STATE_FORMATS } from './report/formats.ts';

/** Adds them to their group. */
export function stateCommands(state: Command): void {
  withExamples(state, 'mdacc state list', 'mdacc state show etl_prod');

  const list = state
    .command('list')
    .description('List managed accounts and tokens, with the locations of their secrets')
    .argument('[account...]', 'Names or globs; default: all')
    .addOption(format('Set the format of the state', STATE_FORMATS))
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).list })));
  withOptions(list, COMMAND_OPTIONS['state list']);
  withExamples(list, 'mdacc state list', 'mdacc state list "tenant_*"', 'mdacc state list --format json');

  const show = state
    .command('show')
    .description('Print one entry as JSON')
    .argument('<account[/token]>', 'Name as in the configuration')
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).show })));
  withOptions(show, COMMAND_OPTIONS['state show']);
  withExamples(show, 'mdacc state show etl_prod', 'mdacc state show etl_prod/airflow');

  const history = state
    .command('history')
    .description('List the last runs: when, who, which command, what it did')
    .addOption(format('Set the format of the history', HISTORY_FORMATS))
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).history })));
  withOptions(history, COMMAND_OPTIONS['state history']);
  withExamples(history, 'mdacc state history', 'mdacc state history --format json');

  const mv = state
    .command('mv')
    .description('Give a token its new key in the state; usernames cannot change')
    .argument('<account[/token]>', 'Name as in the state')
    .argument('<new-account[/token]>', 'Name as in the configuration')
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).mv })));
  withOptions(mv, COMMAND_OPTIONS['state mv']);
  withExamples(mv, 'mdacc state mv etl_prod/airflow etl_prod/loads');

  const forget = state
    .command('forget')
    .description('Remove an entry from the state without changing MotherDuck')
    .argument('<account[/token]>', 'Name as in the configuration')
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).forget })));
  withOptions(forget, COMMAND_OPTIONS['state forget']);
  withExamples(forget, 'mdacc state forget tenant_acme', 'mdacc state forget etl_prod/airflow --yes');

  const unlock = state
    .command('unlock')
    .description('Remove the lock of a run that has ended')
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).unlock })));
  withOptions(unlock, COMMAND_OPTIONS['state unlock']);
  withExamples(unlock, 'mdacc state unlock', 'mdacc state unlock --yes');

  const migrate = state
    .command('migrate')
    .description('Move the state to where the configuration now says')
    .option(
      '--from <file>',
      'Name what says where the state is: the configuration before the change, or a state file (default: the file beside the configuration)',
    )
    .action(whenCalled(async () => ({ run: (await import('./commands/state.ts')).migrate })));
  withOptions(migrate, COMMAND_OPTIONS['state migrate']);
  withExamples(migrate, 'mdacc state migrate', 'mdacc state migrate --from old.yaml');
}
