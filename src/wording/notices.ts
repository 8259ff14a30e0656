/** The wording of a plan's notices, for every output format: those of branches, secret stores, tokens, and errors and violations have files of their own. */

import { defined } from '../model/defined.ts';
import { entryName } from '../model/entry-name.ts';
import type { Notice, PlanNotice } from '../model/notice.ts';
import { dayOf, describeSpan } from '../model/time.ts';
import type { ErrorCode, Hint } from '../model/user-error.ts';
import { few, onlyOptions } from '../model/wording.ts';
import { branchText } from './branch-warnings.ts';
import { errorText } from './plan-errors.ts';
import { shortLine } from './reasons.ts';
import { storeText } from './store-warnings.ts';
import { deletionSteps, tokenText } from './token-warnings.ts';

/** A notice in words. */
export interface NoticeText {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint: Hint;
  /** What it is about, to be put before the message: `etl_prod/airflow`; absent when the message names it. */
  readonly subject?: string;
}

/**
 * Words a warning, an error or a violation of a plan.
 *
 * @example
 * ```ts
 * import { loadConfig, noticeText, openService, plan, readLive, readState } from 'motherduck-accounts';
 *
 * const { desired } = await loadConfig();
 * const service = await openService({ sandbox: '.motherduck-sandbox' });
 * const state = await readState({ desired, service });
 * const live = await readLive({ desired, state, service });
 * const { errors, violations } = plan({ desired, live, state, service });
 * for (const notice of [...errors, ...violations]) console.log(noticeText(notice).message);
 * ```
 */
export function noticeText(notice: PlanNotice): NoticeText {
  const subject = subjectOf(notice);
  return { ...defined({ subject }), ...words(notice) };
}

/** How suspended accounts get new tokens. Whoever rotates after a leak wants the old ones gone. */
export function resumeHint(accounts: readonly string[]): Hint {
  const command = ['apply', ...onlyOptions(accounts)];
  const text =
    'For new tokens, take "suspended: true" out of the configuration first. If the suspension was not applied yet, an apply revokes the tokens now.';
  return { text, command };
}

function words(notice: PlanNotice): Omit<NoticeText, 'subject'> {
  switch (notice.kind) {
    case 'users_unlisted':
      return {
        message: `the users of the organization cannot be listed, so unmanaged accounts are not shown: ${notice.why}`,
        hint: notice.hint,
      };
    case 'state_edited':
    case 'settings_changed':
    case 'variables_new':
    case 'not_compared':
      return branchText(notice);
    case 'state_unread':
      return {
        message: `${notice.state}, the state of another configuration, cannot be read, so no account is adopted that it may manage: ${notice.why}`,
        hint: {
          text: `Repair it, for example from its last good version in git. If nothing uses it, move it away.`,
        },
      };
    case 'users_incomplete':
      return {
        message: `${incompleteList(notice)}, so some unmanaged accounts may not be shown`,
        hint: { text: 'It may have changed while it was read. Plan again.', command: ['plan'] },
      };
    case 'older_state':
    case 'unverified':
    case 'not_replaced':
    case 'long_overlap':
    case 'overlap_held':
    case 'left_live':
    case 'other_series':
    case 'rival':
    case 'shorter_life':
    case 'orphan':
    case 'policy_hastened':
    case 'no_next_generation':
    case 'never_expires':
    case 'due_left':
      return tokenText(notice);
    case 'rotation_suspended': {
      const { accounts } = notice;
      const are = accounts.length === 1 ? 'account is suspended and has' : 'accounts are suspended and have';
      return {
        message: `${accounts.length} ${are} no tokens to rotate: ${few(accounts)}`,
        hint: resumeHint(accounts),
      };
    }
    case 'stores_rehearsed':
    case 'store_unreadable':
    case 'store_unusable':
    case 'store_renamed':
    case 'secret_lost':
    case 'secret_foreign':
    case 'secret_unknown':
    case 'secret_taken':
    case 'command_changed':
    case 'command_unknown':
    case 'secret_stays':
    case 'secret_left':
    case 'secret_not_removed':
      return storeText(notice);
    case 'turnover':
      return {
        message: `${notice.tokens === 2 ? 'both' : `all ${notice.tokens}`} tokens of ${notice.account} are replaced within one overlap`,
        hint: {
          text: `Restart the programs that use several of them within that time; different ttl values or a ${notice.jitter ? 'longer ' : ''}jitter spread the rotations.`,
        },
      };
    case 'suspended_live':
      return {
        message: `it is suspended, and has live unmanaged tokens, which still give access: ${few(notice.tokens)}`,
        hint: { text: 'Revoke them at MotherDuck.' },
      };
    case 'not_renamed': {
      const { before, tokens, deleted } = notice;
      const fate = deleted ? 'this plan deletes with its data' : 'was removed from the configuration';
      const [are, those] = tokens.length === 1 ? ['token', 'is named like that'] : ['tokens', 'are named like those'];
      return {
        message: `it is new, and its ${are} (${few(tokens)}) ${those} of ${before}, which ${fate}; MotherDuck cannot rename an account`,
        hint: {
          text: 'If it is to replace that account, it begins without its data. Put the old account back beside it and apply, move data and programs, then delete the old one (docs/plans.md, "Rename a token or an account").',
        },
      };
    }
    case 'share_deleted': {
      const { share, attached } = notice;
      const who = few(attached.map(({ account, location }) => `${account} (${shortLine(location)})`));
      return {
        message: `its setup created the share ${share}, which is deleted with it, and a share of that name is attached by the setup of ${who}`,
        hint: {
          text: `If it is that share, ${attached.length === 1 ? 'that account loses' : 'those accounts lose'} its data: share it from another account and attach that share first.`,
        },
      };
    }
    case 'smoke_failed':
      return {
        message: 'its last smoke test failed; apply tests it again',
        hint: { text: 'See why.', command: ['smoke', '--only', notice.account] },
      };
    case 'not_rotated':
      return {
        message: `its tokens are no longer rotated, since it was removed from the configuration; ${notice.name} expires ${dayOf(notice.expires_at)}`,
        hint: {
          text: notice.kept
            ? deletionSteps()
            : 'Put it back into the configuration, or delete it with its data (apply with --prune). See what that would delete.',
          command: ['plan', '--prune', '--only', notice.account],
        },
      };
    case 'late_applies':
      return {
        message: `applies were up to ${describeSpan(notice.interval)} apart, longer than these tokens live once their rotation is due: ${few(notice.tokens)}`,
        hint: { text: 'Such a token can expire before it is replaced. Apply more often, for example every night.' },
      };
    case 'nothing_managed': {
      const text = 'Bring the state back; or, before the first apply, review it and apply it.';
      const message = 'there is no state, so --due rotates no token of accounts that exist';
      return { message, hint: { text, command: ['apply'] } };
    }
    case 'not_scheduled': {
      const names = notice.actions.map((action) => action.replace('_', ' ')).join(', ');
      return {
        message: `changes that --due leaves alone: ${names === '' ? 'a change of its deletion protection' : names}`,
        hint: { text: 'Review it, then apply it.', command: ['apply', '--only', notice.account] },
      };
    }
    default:
      return errorText(notice);
  }
}

/** Says that the list of users lacks some. */
export function incompleteList({ listed, total }: { readonly listed: number; readonly total: number | null }): string {
  const counts =
    total === null
      ? 'MotherDuck returned no total'
      : total === listed && total > 0
        ? `${listed} received, and the counts of its pages differ`
        : `${listed} received, and MotherDuck counts ${total}`;
  return `the list of users is incomplete (${counts})`;
}

/** Kinds whose messages name what they are about. */
const NAMES_SUBJECT = ['own_account', 'protected'];

function subjectOf(notice: PlanNotice): string | undefined {
  if (!('account' in notice) || NAMES_SUBJECT.includes(notice.kind)) return undefined;
  return entryName(notice);
}

/** A notice with its words, for JSON: its kind and data, with `message` and `hint`. */
export function wordedNotice<N extends PlanNotice>(notice: N): N & Notice {
  return { ...notice, ...words(notice) };
}
