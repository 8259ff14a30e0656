import { ducklingDifferences } from '../../plan/ducklings.ts';
import { aboutAccount, applyHint, type Rule } from '../rule.ts';

/** Compares as a plan does, so that settings that the configuration does not have never differ. */
export const ducklingsDiffer: Rule = {
  id: 'MDA010',
  name: 'ducklings-differ',
  severity: 'error',
  title: "An account's Ducklings differ from the configuration.",
  help: 'Somebody changed them at MotherDuck, or the configuration was changed and not applied. They may cost more, or be slower, than what was reviewed.',
  *check({ accounts }) {
    for (const account of accounts) {
      const { desired, ducklings } = account;
      if (desired?.ducklings === undefined || ducklings === undefined) continue;
      const differences = ducklingDifferences(desired.ducklings, ducklings.live);
      if (differences.length === 0) continue;
      yield {
        ...aboutAccount(account),
        message: differences
          .map((each) => `${each.setting} is ${each.live}, the configuration says ${each.desired}`)
          .join('; '),
        fix: applyHint(account, 'Change the configuration, or apply it.'),
        location: desired.ducklings.location,
      };
    }
  },
};
