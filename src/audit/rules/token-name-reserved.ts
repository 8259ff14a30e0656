import { RESERVED_TOKEN_NAMES } from '../../model/tokens.ts';
import type { Rule } from '../rule.ts';
import { ofAccount } from '../wording.ts';

/** One finding an account. By the exact name: any other spelling is open to everybody, and such a token is an unmanaged one. */
export const tokenNameReserved: Rule = {
  id: 'MDA034',
  name: 'token-name-reserved',
  severity: 'note',
  title: 'A managed account has a token that MotherDuck made for itself.',
  help: 'MotherDuck keeps some names for its own tokens, which come with its extension and its Flights. They are not judged as others are, and cannot be adopted.',
  *check({ accounts }) {
    for (const account of accounts) {
      const own = account.tokens.filter(({ role }) => role === 'reserved').map(({ live }) => live.name);
      const names = RESERVED_TOKEN_NAMES.filter((name) => own.includes(name));
      if (account.standing === 'unmanaged' || names.length === 0) continue;
      yield {
        ...ofAccount(account),
        message: `MotherDuck made tokens of its own for it: ${names.map((name) => `"${name}"`).join(', ')}`,
        fix: 'Nothing needs to be done. When nobody works as this account at MotherDuck, revoke them there.',
      };
    }
  },
};
