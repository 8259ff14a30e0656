import { expect, it } from 'vitest';
import { clockGuard } from '../../src/engine/clock.ts';
import type { Action } from '../../src/model/action.ts';
import { UserError } from '../../src/model/user-error.ts';
import type { Api } from '../../src/motherduck/api.ts';
import { DAY } from '../world.ts';

it('continues with the command of the run, after the clock of a machine moved', () => {
  const rotate = { action: 'rotate_token', account: 'etl', token: 'airflow', reason: { kind: 'requested' }, after: {} };
  const destroy = { action: 'delete_account', account: 'etl', reason: { kind: 'destroyed' } };
  const commandAfter = (action: object) => {
    let difference = 0;
    const api = { now: () => Date.UTC(2026, 10, 30), clockDifference: () => difference } as Api;
    const check = clockGuard({ api }, [action as Action]);
    check([action as Action]);
    difference = 2 * DAY * 1000;
    try {
      check([action as Action]);
    } catch (error) {
      if (error instanceof UserError) return error.hint.command;
      throw error;
    }
    return undefined;
  };
  expect(commandAfter(rotate)).toEqual(['rotate', 'etl/airflow']);
  expect(commandAfter(destroy)).toEqual(['destroy']);
  expect(commandAfter({ action: 'create_account', account: 'etl', reason: { kind: 'new' } })).toEqual(['apply']);
});
