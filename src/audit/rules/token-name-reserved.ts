import { RESERVED_TOKEN_NAMES } from '../../model/tokens.ts';
import { aboutAccount, type Rule } from '../rule.ts';

/** One finding per account, by the exact name: anybody can use another spelling, and such a token is an unmanaged one. */
export const tokenNameReserved: Rule = {
  id: 'MDA034',
  name: 'token-name-reserved',
  severity: 'note',
  title: 'A managed account has a token that MotherDuck created for itself.',
  help: 'MotherDuck reserves some names for the tokens of its extension and its Flights. Such tokens are not checked by other rules and cannot be adopted; those that never expire have a rule of their own.',
  *check({ accounts }) {
    for (const account of accounts) {
      const reserved = account.tokens
        .filter(({ role, live }) => role === 'reserved' && live.expiresAt !== null)
        .map(({ live }) => live.name);
      const names = RESERVED_TOKEN_NAMES.filter((name) => reserved.includes(name));
      if (account.standing === 'unmanaged' || names.length === 0) continue;
      yield {
        ...aboutAccount(account),
        message: `MotherDuck created tokens of its own for it: ${names.map((name) => `"${name}"`).join(', ')}`,
        fix: { text: 'No action is needed. Revoke them at MotherDuck if nobody works as this account there.' },
      };
    }
  },
};
