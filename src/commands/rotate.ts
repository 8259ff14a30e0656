/** `mdacc rotate`: replaces tokens now, whether they are due or not, with a normal plan and apply. */
import { type ApplyCommandOptions, planAndApply } from '../cli/applying.ts';
import { readDesired } from '../cli/configuration.ts';
import { runCommand } from '../cli/run.ts';
import { planNow } from '../engine/planning.ts';
import { scopeOf } from '../engine/state.ts';
import type { Desired } from '../model/desired.ts';
import { UserError } from '../model/user-error.ts';
import { accountKey } from '../model/username.ts';
import { suggestion } from '../yaml/wording.ts';

export function run(options: ApplyCommandOptions, names: readonly string[]): Promise<number> {
  return runCommand(options, async (io) => {
    const desired = await readDesired(options, io);
    const selected = names.map((name) => find(name, desired));
    const rotate = (account: string, token: string) =>
      selected.some((each) => each.account === account && (each.token === undefined || each.token === token));
    const only = [...new Set(selected.map((each) => each.account))];
    return planAndApply('rotate', desired, options, io, (stateWriter, service, context) => {
      const scope = scopeOf(options, stateWriter, only);
      return planNow(
        desired,
        stateWriter.state,
        service,
        { ...options, only, prune: false, rotate, scope, others: stateWriter.others },
        context,
      );
    });
  });
}

/** `ACCOUNT`, for all of its tokens, or `ACCOUNT/TOKEN`. @throws UserError USAGE when the configuration has neither */
function find(name: string, desired: Desired): { account: string; token?: string } {
  const [username = '', key, ...rest] = name.split('/');
  const account = desired.accounts.get(accountKey(username));
  if (account === undefined || rest.length > 0) {
    const known = [...desired.accounts.values()].map((each) => each.username);
    throw unknown(`the configuration has no account "${username}"`, username, known);
  }
  if (key === undefined) return { account: account.username };
  if (!account.tokens.has(key)) {
    throw unknown(`the account ${account.username} has no token "${key}"`, key, [...account.tokens.keys()]);
  }
  return { account: account.username, token: key };
}

function unknown(message: string, wrong: string, known: readonly string[]): UserError {
  const hint = suggestion(wrong, known) ?? 'Use a name of the configuration: ACCOUNT or ACCOUNT/TOKEN.';
  return new UserError('USAGE', message, hint);
}
