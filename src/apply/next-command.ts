/** The command that does what a run did not do. */
import type { Action } from '../model/plan.ts';

/** The next apply repeats what its plan finds again, and that is everything but a rotation that was requested. */
export function nextCommand(undone: readonly Action[]): string[] {
  const requested = undone.flatMap((action) =>
    action.action === 'rotate_token' && action.reason.kind === 'requested' ? [`${action.account}/${action.token}`] : [],
  );
  return requested.length === 0 ? ['apply'] : ['rotate', ...requested];
}
