/** The command that does what a run did not do. */
import type { Action } from '../model/action.ts';
import { entryName } from '../model/entry-name.ts';
import type { UserError } from '../model/user-error.ts';

/**
 * The next apply repeats what its plan finds again, and that is everything but a rotation that was requested. After a deletion
 * it would create again what is gone.
 *
 * @param all The actions of the run, done or not.
 */
export function nextCommand(undone: readonly Action[], all: readonly Action[] = undone): string[] {
  if (all.some(({ reason }) => reason.kind === 'destroyed')) return ['destroy'];
  if (undone.some(({ action }) => action === 'delete_account')) return ['apply', '--prune'];
  const requested = undone.flatMap((action) =>
    action.action === 'rotate_token' && action.reason.kind === 'requested' ? [entryName(action)] : [],
  );
  const ends = undone.flatMap((action) => (action.action === 'rotate_token' ? (action.after.revokes_old ?? []) : []));
  const revoking = [...(ends.length > 0 ? ['--revoke-old'] : []), ...(ends.includes('stored') ? ['--force'] : [])];
  return requested.length === 0 ? ['apply'] : ['rotate', ...requested, ...revoking];
}

/** Whether a token was not revoked because its replacement was not verified: the hint of that failure tells what to do. */
export function isKept({ result, error }: { readonly result: string; readonly error?: UserError }): boolean {
  return result === 'skipped' && error?.code === 'SMOKE_FAILED';
}
