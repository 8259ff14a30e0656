/** Tokens of one policy that expire on one day would rotate together for ever: a jitter spreads them. */
import type { Desired } from '../model/desired.ts';
import type { ImportNotice } from '../model/import.ts';
import type { State } from '../model/state.ts';
import { CROWD, countsByDay, jitterFor } from './policies.ts';
import type { AddressedToken } from './tokens.ts';

/** The policies of the configuration without a jitter that imported tokens join, and crowd together with those that are there. */
export function crowdNotices(tokens: readonly AddressedToken[], desired: Desired, state: State): ImportNotice[] {
  const joining = tokens.filter(({ policy, token }) => policy.jitter === undefined && token.expiresAt !== null);
  const names = [...new Set(joining.map(({ policy }) => policy.name))];
  return names.flatMap((policy): ImportNotice[] => {
    const all = joining.filter((token) => token.policy.name === policy);
    const countOn = countsByDay([
      ...all.flatMap(({ token }) => token.expiresAt ?? []),
      ...expiriesOf(policy, desired, state),
    ]);
    const crowded = all.filter(({ token }) => countOn(token.expiresAt ?? 0) >= CROWD);
    const [first] = crowded;
    if (first === undefined) return [];
    const [jitter, count] = [jitterFor(first.policy.rotateBefore), countOn(first.token.expiresAt ?? 0)];
    return [{ kind: 'crowded', policy, jitter, count, names: crowded.map(({ address }) => address) }];
  });
}

/** When the tokens expire that have a policy already. */
function expiriesOf(policy: string, { accounts }: Desired, state: State): number[] {
  return [...accounts].flatMap(([key, { tokens }]) =>
    [...tokens.values()].flatMap((token) => {
      const expiresAt = state.accounts.get(key)?.tokens.get(token.key)?.current?.expires_at;
      return token.policy !== policy || expiresAt === undefined || expiresAt === null ? [] : [Date.parse(expiresAt)];
    }),
  );
}
