import type { AuditedAccount } from './account.ts';
import type { Evidence } from './evidence.ts';
import type { AuditedToken } from './tokens.ts';

/**
 * The tokens that stay until somebody does something: those that an apply revokes anyway, or replaces since they differ from
 * the configuration, are not judged by their life; nor are MotherDuck's own.
 */
export function* lastingTokens({ accounts }: Evidence): Iterable<[AuditedAccount, AuditedToken]> {
  for (const account of accounts) {
    for (const token of account.tokens) {
      if ((token.role === 'current' || token.role === 'unmanaged') && !differs(token)) yield [account, token];
    }
  }
}

/** Whether the next apply replaces a token because the configuration wants another. */
export function differs({ planned }: AuditedToken): boolean {
  return planned?.action === 'rotate_token' && planned.cause === 'changed';
}
