/** The order of an account's actions, for the plan, apply and reports. */
import type { Action, ActionName } from '../model/action.ts';

const RANK = {
  create_account: 0,
  adopt_account: 0,
  set_ducklings: 1,
  adopt_token: 2,
  create_token: 2,
  rotate_token: 2,
  run_setup: 3,
  revoke_token: 4,
  forget: 4,
  delete_account: 4,
} as const satisfies Readonly<Record<ActionName, number>>;

/** The actions of one account in the order of apply; those of equal rank stay as they are. */
export function inOrder(actions: readonly Action[]): Action[] {
  return [...actions].sort((a, b) => RANK[a.action] - RANK[b.action]);
}

/** Whether an action comes after the new tokens were verified, so that no token goes before its replacement connects. */
export function isAfterVerification({ action }: Action): boolean {
  return action === 'revoke_token' || action === 'forget';
}
