import { showDay } from '../../model/time.ts';
import { aboutToken, type Rule } from '../rule.ts';

/** MotherDuck's own tokens are known by their reserved names. Their lifetime cannot be set, so they fail no audit. */
export const integrationTokenNeverExpires: Rule = {
  id: 'MDA038',
  name: 'integration-token-never-expires',
  severity: 'note',
  title: 'A token that MotherDuck created for its extension or its Flights never expires.',
  help: 'It stays on the machine of whoever signed in as the account, and gives access until somebody revokes it. Revoke it at MotherDuck if nothing uses it; a new one is created when somebody signs in again.',
  *check({ accounts }) {
    for (const account of accounts) {
      for (const token of account.tokens) {
        if (token.role !== 'reserved' || token.live.expiresAt !== null) continue;
        yield {
          ...aboutToken(account, token),
          message: `was created by MotherDuck for itself on ${showDay(token.live.createdAt)}, and never expires`,
          fix: { text: 'Revoke it at MotherDuck if no client or Flight uses it.' },
        };
      }
    }
  },
};
