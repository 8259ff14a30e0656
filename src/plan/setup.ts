/** The SQL of an account's `setup`: it runs when the account is new, when the list changed, and again after it failed. */
import type { RunSetup } from '../model/action.ts';
import type { DesiredAccount } from '../model/desired.ts';
import { disruptiveWords } from '../model/setup.ts';
import type { StateAccount } from '../model/state.ts';
import { sourceLine } from './account-plan.ts';

/**
 * Plans to run all statements, or nothing.
 *
 * @param state undefined: the account is created or adopted, so nothing is known of it
 */
export function planSetup(
  { username, setup = [] }: DesiredAccount,
  state: StateAccount | undefined,
  isNew: boolean,
  mainFile: string,
): RunSetup[] {
  const [first] = setup;
  if (first === undefined) return [];
  const last = state?.setup;
  const ran = last?.statements ?? [];
  const isSame = ran.length === setup.length && setup.every(({ hash }, index) => hash === ran[index]);
  if (last?.passed && isSame) return [];
  const fresh = setup.filter(({ hash }) => !ran.includes(hash));
  const kind = isNew ? 'new_account' : last === undefined ? 'unset' : last.passed ? 'changed' : 'interrupted';
  const { location } = fresh[0] ?? first;
  const words = [...new Set(setup.flatMap(({ sql }) => disruptiveWords(sql)))];
  return [
    {
      action: 'run_setup',
      account: username,
      location: sourceLine(location, mainFile),
      reason: { kind },
      risk: words.length > 0 ? 'disruptive' : 'safe',
      before: null,
      after: {
        new_statements: fresh.map(({ sql }) => sql),
        statements: setup.map(({ sql }) => sql),
        ...(words.length > 0 && { disruptive_words: words }),
      },
    },
  ];
}
