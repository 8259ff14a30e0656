/** The lives of the tokens that a plan changes, or that change later: data for the drawing of them. */
import type { Action } from '../../../model/action.ts';
import type { NextChange, Plan } from '../../../model/plan.ts';
import type { PlannedToken, ShownToken } from '../../../model/planned-token.ts';
import { showDay } from '../../../model/time.ts';

/** How a token's life ends. */
export type End = NextChange['change'] | 'never expires';

/** The life of one live token from now on. */
export interface TokenLife {
  /** Its name at MotherDuck. */
  readonly name: string;
  /** The plan creates it. */
  readonly begins: boolean;
  readonly end: End;
  /** Milliseconds since 1970; absent when it never ends. */
  readonly at?: number;
}

/** The tokens of one key of the configuration: the current one, and those that it replaces. */
export interface TokenLifetimes {
  readonly account: string;
  readonly token: string;
  readonly lives: readonly TokenLife[];
  /** The time of the first change: now, for an action of the plan. */
  readonly soonest: number;
}

/** The tokens that the plan changes or that change later, soonest first. */
export function tokenLifetimes({ actions, next, at }: Plan): TokenLifetimes[] {
  const now = Date.parse(at);
  const gone = new Set(actions.flatMap((action) => (action.action === 'revoke_token' ? [action.before.id] : [])));
  const found = [
    ...actions.flatMap((action) => changesOf(action, now, gone)),
    ...next.map(({ account, token, name, change, at: when }) => {
      const life: TokenLife = { name, begins: false, end: change, at: Date.parse(when) };
      return { account, token, life, soonest: Math.max(now, Date.parse(when)) };
    }),
  ];
  const groups = new Map<string, TokenLifetimes & { lives: TokenLife[] }>();
  for (const { account, token, life, soonest } of found) {
    const key = JSON.stringify([account, token]);
    const group = groups.get(key);
    const lives = [...(group?.lives ?? []), life];
    groups.set(key, { account, token, lives, soonest: Math.min(soonest, group?.soonest ?? soonest) });
  }
  return [...groups.values()].sort((a, b) => a.soonest - b.soonest);
}

/** The same changes of tokens of several accounts on the same days. */
export interface AlikeLifetimes extends TokenLifetimes {
  /** In the order of their first changes; the lives are those of the first. */
  readonly accounts: readonly string[];
}

/** Tokens of many tenants have the same key and change on the same days, so they are shown as one. */
export function alikeLifetimes(all: readonly TokenLifetimes[]): AlikeLifetimes[] {
  const groups = new Map<string, AlikeLifetimes & { accounts: string[] }>();
  for (const one of all) {
    const lives = one.lives.map(({ name, begins, end, at }) => [
      name,
      begins,
      end,
      at === undefined ? null : showDay(at),
    ]);
    const key = JSON.stringify([one.token, lives]);
    const group = groups.get(key);
    if (group) group.accounts.push(one.account);
    else groups.set(key, { ...one, accounts: [one.account] });
  }
  return [...groups.values()];
}

/** Until when more than one token of a key works, in milliseconds since 1970; undefined without an overlap. */
export function overlapOf(lives: readonly TokenLife[], now: number): number | undefined {
  const ends = lives.map(({ end, at }) => (end === 'rotates' || at === undefined ? Number.POSITIVE_INFINITY : at));
  const [, second = now] = ends.sort((a, b) => b - a);
  return second > now && second < Number.POSITIVE_INFINITY ? second : undefined;
}

interface Found {
  readonly account: string;
  readonly token: string;
  readonly life: TokenLife;
  readonly soonest: number;
}

/** @param gone The ids of tokens that the plan revokes: they have no overlap. */
function changesOf(action: Action, now: number, gone: ReadonlySet<string>): Found[] {
  const found = (token: string, life: TokenLife): Found => ({ account: action.account, token, life, soonest: now });
  switch (action.action) {
    case 'create_token':
      return [found(action.token, made(action.after, now))];
    case 'rotate_token': {
      const { before, after } = action;
      const overlapEnds = after.keeps_old ? Number.POSITIVE_INFINITY : now + after.overlap * 1000;
      const old = gone.has(before.id) ? [] : [found(action.token, replaced(before, overlapEnds))];
      return [...old, found(action.token, made(after, now))];
    }
    case 'revoke_token':
      return [found(action.token, revoked(action.before, now))];
    case 'delete_account':
      return action.before.tokens.map((token) => found(token.name, revoked(token, now)));
    default:
      // Adopting and forgetting change no token; later changes of an adopted one are in `next`.
      return [];
  }
}

function made({ name, ttl, rotate_before: before }: PlannedToken, now: number): TokenLife {
  if (ttl === null) return { name, begins: true, end: 'never expires' };
  if (before === undefined) return { name, begins: true, end: 'expires', at: now + ttl * 1000 };
  return { name, begins: true, end: 'rotates', at: now + (ttl - before) * 1000 };
}

/** Ends with its overlap or with its expiry, whichever comes first. */
function replaced({ name, expires_at }: ShownToken, overlapEnds: number): TokenLife {
  const expires = expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(expires_at);
  if (overlapEnds === Number.POSITIVE_INFINITY && expires === overlapEnds)
    return { name, begins: false, end: 'never expires' };
  return expires <= overlapEnds
    ? { name, begins: false, end: 'expires', at: expires }
    : { name, begins: false, end: 'is revoked', at: overlapEnds };
}

function revoked({ name }: ShownToken, now: number): TokenLife {
  return { name, begins: false, end: 'is revoked', at: now };
}
