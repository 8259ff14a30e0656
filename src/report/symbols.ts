/** The mark of each action in text: `+` create, `~` change, `-/+` rotate, `-` delete or revoke, `?` adopt. */
import type { Action } from '../model/plan.ts';
import type { Paint } from './paint.ts';

const SYMBOLS = {
  create_account: '+',
  adopt_account: '?',
  set_ducklings: '~',
  create_token: '+',
  adopt_token: '?',
  rotate_token: '-/+',
  revoke_token: '-',
  delete_account: '-',
  forget: '-',
} as const satisfies Record<Action['action'], string>;

export type Symbol = (typeof SYMBOLS)[Action['action']];

/** Ducklings of a new account are created with it, so they show as created. */
export function symbolOf(action: Action): Symbol {
  return action.action === 'set_ducklings' && action.before === null ? '+' : SYMBOLS[action.action];
}

export function paintSymbol(symbol: Symbol, paint: Paint, width: number): string {
  const text = symbol.padStart(width);
  switch (symbol) {
    case '+':
      return paint.green(text);
    case '-':
      return paint.red(text);
    case '?':
      return paint.cyan(text);
    default:
      return paint.yellow(text);
  }
}
