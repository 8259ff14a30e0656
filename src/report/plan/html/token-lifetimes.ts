/** The lives of tokens as far as a plan knows them: what it begins and ends, and what time alone will bring. */
import type { Action, NextChange, Plan, PlannedToken, ShownToken } from '../../../model/plan.ts';

/** How a life goes on: by the plan's own words, or for ever. */
export type End = NextChange['change'] | 'never expires';

/** A token from now on. */
export interface Life {
  /** Its name at MotherDuck. */
  readonly name: string;
  /** Whether this plan makes it. */
  readonly begins: boolean;
  readonly end: End;
  /** Milliseconds since 1970; absent when it never ends. */
  readonly at?: number;
}

/** What stands under one key of the configuration: the token, and those that it replaces. */
export interface TokenLifetimes {
  readonly account: string;
  readonly token: string;
  readonly lives: readonly Life[];
  /** When the first thing happens: now, for what this plan does. */
  readonly soonest: number;
}

/** Everything that is known, soonest first. */
export function tokenLifetimes({ actions, next, at }: Plan): TokenLifetimes[] {
  const now = Date.parse(at);
  const found = [
    ...actions.flatMap((action) => tokenLifetimesAction(action, now)),
    ...next.map(({ account, token, name, change, at: when }) => {
      const life: Life = { name, begins: false, end: change, at: Date.parse(when) };
      return { account, token, life, soonest: Math.max(now, Date.parse(when)) };
    }),
  ];
  const groups = new Map<string, TokenLifetimes & { lives: Life[] }>();
  for (const { account, token, life, soonest } of found) {
    const key = JSON.stringify([account, token]);
    const group = groups.get(key);
    const lives = [...(group?.lives ?? []), life];
    groups.set(key, { account, token, lives, soonest: Math.min(soonest, group?.soonest ?? soonest) });
  }
  return [...groups.values()].sort((a, b) => a.soonest - b.soonest);
}

interface Found {
  readonly account: string;
  readonly token: string;
  readonly life: Life;
  readonly soonest: number;
}

function tokenLifetimesAction(action: Action, now: number): Found[] {
  const found = (token: string, life: Life): Found => ({ account: action.account, token, life, soonest: now });
  switch (action.action) {
    case 'create_token':
      return [found(action.token, made(action.after, now))];
    case 'rotate_token':
      return [
        found(action.token, replaced(action.before, now + action.after.overlap * 1000)),
        found(action.token, made(action.after, now)),
      ];
    case 'revoke_token':
      return [found(action.token ?? action.before.name, revoked(action.before, now))];
    case 'delete_account':
      return action.before.tokens.map((token) => found(token.name, revoked(token, now)));
    default:
      // Adopting and forgetting change no token; how an adopted one goes on is among what is next.
      return [];
  }
}

function made({ name, ttl }: PlannedToken, now: number): Life {
  return ttl === null
    ? { name, begins: true, end: 'never expires' }
    : { name, begins: true, end: 'expires', at: now + ttl * 1000 };
}

/** Whichever comes first: the end of its overlap, or of its life. */
function replaced({ name, expires_at }: ShownToken, overlapEnds: number): Life {
  const expires = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
  return expires <= overlapEnds
    ? { name, begins: false, end: 'expires', at: expires }
    : { name, begins: false, end: 'is revoked', at: overlapEnds };
}

function revoked({ name }: ShownToken, now: number): Life {
  return { name, begins: false, end: 'is revoked', at: now };
}
