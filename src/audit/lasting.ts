import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import type { AuditedToken } from './tokens.ts';

/** The tokens that stay until somebody does something: those that an apply revokes anyway are not judged by their life. */
export function* lastingTokens({ accounts }: Evidence): Iterable<[AuditedAccount, AuditedToken]> {
  for (const account of accounts) {
    for (const token of account.tokens) {
      if (token.role === 'current' || token.role === 'unmanaged') yield [account, token];
    }
  }
}
