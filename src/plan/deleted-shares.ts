/** Shares that are deleted with an account, and the accounts whose setup attaches a share of that name. */
import type { Action } from '../model/action.ts';
import type { DesiredAccount } from '../model/desired.ts';
import type { PlanWarning } from '../model/notice.ts';
import { attachedShare, type CreatedShare, isNamedLike } from '../model/setup-objects.ts';
import { accountKey } from '../model/username.ts';
import { sourceLine } from './account-plan.ts';

type SharesDeleted = Extract<PlanWarning, { readonly kind: 'share_deleted' }>;

/** @param configured The accounts of the configuration; of those that the plan deletes, nothing is said. */
export function deletedShares(
  actions: readonly Action[],
  configured: ReadonlyMap<string, DesiredAccount>,
  mainFile: string,
): SharesDeleted[] {
  const deletions = actions.flatMap((action) => (action.action === 'delete_account' ? [action] : []));
  if (deletions.every(({ before }) => before.created === undefined)) return [];
  const deleted = new Set(deletions.map(({ account }) => accountKey(account)));
  const attachments = [...configured].flatMap(([key, account]) =>
    deleted.has(key) ? [] : attachmentsOf(account, mainFile),
  );
  return deletions.flatMap(({ account, before }) =>
    (before.created?.shares ?? []).flatMap((share) => warningOf(account, share, attachments)),
  );
}

type Attachment = SharesDeleted['attached'][number] & { readonly inUrl: string };

function attachmentsOf({ username, setup = [] }: DesiredAccount, mainFile: string): Attachment[] {
  return setup.flatMap(({ sql, location }) => {
    const inUrl = attachedShare(sql);
    return inUrl === undefined ? [] : [{ account: username, location: sourceLine(location, mainFile), inUrl }];
  });
}

function warningOf(account: string, share: CreatedShare, all: readonly Attachment[]): SharesDeleted[] {
  const attached = all.filter(({ inUrl }) => isNamedLike(share, inUrl)).map(({ inUrl: _, ...rest }) => rest);
  return attached.length === 0 ? [] : [{ kind: 'share_deleted', account, share: share.name, attached }];
}
