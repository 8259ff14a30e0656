/** What is said of an action and of what it costs, whatever the format. */

import type { Action, ComputeCeiling, PlannedToken } from '../../model/plan.ts';
import { formatDuration } from '../../model/time.ts';
import { describeDucklings } from '../ducklings.ts';

/** Whether an action is on the account itself, and not on a part of it. */
export function isOfAccount(action: Action): boolean {
  return (
    action.action === 'create_account' ||
    action.action === 'adopt_account' ||
    action.action === 'delete_account' ||
    (action.action === 'forget' && action.token === undefined)
  );
}

/** The part of the account that an action is on, by its names at MotherDuck; empty when it is the account itself. */
export function subjectOf(action: Action): string {
  switch (action.action) {
    case 'set_ducklings':
      return 'ducklings';
    case 'rotate_token':
      return `${action.before.name} -> ${action.after.name}`;
    case 'create_token':
    case 'adopt_token':
      return action.after.name;
    case 'revoke_token':
      return action.before.name;
    case 'forget':
      return action.token ?? '';
    default:
      return '';
  }
}

/** What the part will be, in one line; may be empty. */
export function detailOf(action: Action): string {
  switch (action.action) {
    case 'set_ducklings':
      return `${describeDucklings(action.after)}${ceiling(action.compute)}`;
    case 'create_token':
      return wantedToken(action.after);
    case 'rotate_token':
      return `${wantedToken(action.after)}, the old one lives on for ${formatDuration(action.after.overlap)}`;
    case 'adopt_token':
      return `${action.after.type}, ${expiry(action.after.expires_at)}`;
    case 'revoke_token':
      return `${action.before.type}, id ${action.before.id}`;
    default:
      return '';
  }
}

function wantedToken(token: PlannedToken): string {
  const life = token.ttl === null ? 'never expires' : formatDuration(token.ttl);
  return `${token.type}, ${life}, secret to ${token.secret_store}`;
}

function expiry(at: string | null): string {
  return at === null ? 'never expires' : `expires ${at.slice(0, 10)}`;
}

function ceiling(compute: ComputeCeiling | undefined): string {
  if (compute === undefined) return '';
  return `, at most ${price(compute.before)} -> ${price(compute.after)} an hour`;
}

/** A price as the user's rates give it: no currency is guessed. */
export function price(value: number | null): string {
  return value === null ? 'unknown' : value.toFixed(2);
}
