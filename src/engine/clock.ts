/** How far MotherDuck's clock and that of this machine may differ before something is done by time. */
import { nextCommand } from '../apply/next-command.ts';
import type { Action } from '../model/action.ts';
import { DAY_MS, describeSpan, isoTime, MINUTE_MS, showTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { OpenedService, RunContext } from './service.ts';

const CLOCK_TOLERANCE_MS = 2 * MINUTE_MS;
const CLOCK_LIMIT_MS = DAY_MS;

/**
 * Compares MotherDuck's clock with that of this machine: warns of minutes, or where MotherDuck's is not known, and refuses a
 * day, since one of them is wrong, and a token that is revoked too early cannot be restored.
 *
 * @throws UserError CLOCK_DIFFERS
 */
export function checkClock(
  { api, isSandbox }: Pick<OpenedService, 'api' | 'isSandbox'>,
  { warn }: Pick<RunContext, 'warn'>,
): void {
  if (isSandbox) return;
  const difference = api.clockDifference();
  if (difference === undefined) {
    warn(`MotherDuck's answers have no valid Date header, so it is ${showTime(api.now())} by this machine's clock`, {
      text: 'Check that time before an apply: by a wrong one, tokens are revoked too early. A proxy may remove the header.',
    });
    return;
  }
  if (Math.abs(difference) < CLOCK_TOLERANCE_MS) return;
  const side = difference > 0 ? 'behind' : 'ahead of';
  const message = `this machine's clock is ${describeSpan(Math.abs(difference) / 1000)} ${side} MotherDuck's`;
  if (Math.abs(difference) < CLOCK_LIMIT_MS) {
    warn(message, { text: "Plans use MotherDuck's time; correct the clock." });
    return;
  }
  const local = isoTime(api.now() - difference);
  throw new UserError(
    'CLOCK_DIFFERS',
    `${message} (${local} here, ${isoTime(api.now())} there), so nothing was done: tokens would be revoked at the wrong time`,
    'Correct the clock of this machine. If it is right, check --api-url and the proxy, which may change the Date header.',
  );
}

/**
 * Remembers how MotherDuck's clock and that of this machine differ. The function that it returns refuses when one of them has
 * moved by a day since: after a machine's sleep both have.
 *
 * @param all The actions of the run. The function takes those that are not done because it refuses.
 */
export function clockGuard(
  { api }: Pick<OpenedService, 'api'>,
  all: readonly Action[],
): (undone: readonly Action[]) => void {
  const before = api.clockDifference() ?? 0;
  return (undone) => {
    const moved = (api.clockDifference() ?? before) - before;
    // A Date header has whole seconds, and its response takes a while.
    if (Math.abs(moved) < CLOCK_LIMIT_MS - CLOCK_TOLERANCE_MS) return;
    const [here, there] = [isoTime(api.now() - before - moved), isoTime(api.now())];
    throw new UserError(
      'CLOCK_DIFFERS',
      `the clocks of MotherDuck and of this machine moved apart by ${describeSpan(Math.round(Math.abs(moved) / 60_000) * 60)} during this run (${here} here, ${there} there), so nothing more was done: tokens would be revoked at the wrong time`,
      {
        text: 'Check the clock of this machine and, with a proxy, its Date header. Then continue.',
        command: nextCommand(undone, all),
      },
    );
  };
}
