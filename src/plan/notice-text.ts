/** The wording of a plan's notices, for every output format: its warnings here, those of branches and secret stores in files of their own, errors and violations in error-text.ts. */

import type { Notice, PlanNotice } from '../model/notice.ts';
import { describeSpan, formatDuration, MINUTE, showTime } from '../model/time.ts';
import type { ErrorCode, Hint } from '../model/user-error.ts';
import { enumerated, few } from '../model/wording.ts';
import { branchText } from './branch-text.ts';
import { errorText, generationsText } from './error-text.ts';
import { shortLine } from './reason-text.ts';
import { storeText } from './store-text.ts';

/** The number of accounts in a command. */
const ACCOUNTS_TYPED = 5;

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
  return { ...(subject === undefined ? {} : { subject }), ...words(notice) };
}

/** How suspended accounts get new tokens. Whoever rotates after a leak wants the old ones gone. */
export function resumeHint(accounts: readonly string[]): Hint {
  const command = ['apply', ...(accounts.length > ACCOUNTS_TYPED ? [] : accounts.flatMap((name) => ['--only', name]))];
  const text =
    'For new tokens, take "suspended: true" out of the configuration first. If the suspension was not applied yet, an apply revokes the tokens now.';
  return { text, command };
}

/** Why a replaced token stays. */
export function whyHeld({ unreadable }: { readonly unreadable?: boolean }): string {
  return unreadable
    ? 'its store cannot be read, and may have its secret again'
    : 'the store has its secret, and not that of its replacement';
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
    case 'older_state': {
      const names = few(notice.names.map((name) => `"${name}"`));
      const areNewer = notice.names.length === 1 ? 'is newer' : 'are newer';
      if (notice.recreated === 'certain') {
        return {
          message: `the account was deleted, and created again outside of mdacc: this state did not create its ${names}`,
          hint: {
            text: 'If a run with a newer state did so, bring back that state. Else apply, then store a secret that is known.',
            command: ['rotate', `${notice.account}/${notice.token}`],
          },
        };
      }
      if (notice.removed) return newerRemoved(notice, names);
      const knows = 'than what the state knows';
      if (notice.retained) {
        const text = 'Bring back the newest state. Without it, this state does not rotate or revoke them.';
        return { message: `an older state is in use: ${names} ${areNewer} ${knows}`, hint: { text } };
      }
      const or = notice.recreated === 'possible' ? ', or the account was deleted and created again' : '';
      return {
        message: `an older state is in use${or}: ${names} ${areNewer} ${knows}`,
        hint: {
          text: `Bring back the newest state and plan again. If it is lost${or === '' ? '' : ' or the account is a new one'}, apply, then store a secret that is known.`,
          command: ['rotate', `${notice.account}/${notice.token}`],
        },
      };
    }
    case 'unverified': {
      const why = notice.adopted ? 'was adopted and its secret is not known' : 'was stored but not verified';
      const text = notice.adopted
        ? 'Create a new token and test it.'
        : 'Create a new token and test it, or accept this one with apply --no-smoke.';
      if (notice.requested && !notice.rotated && !notice.retained) {
        const until = notice.retire_at === undefined ? '' : ` until ${showTime(Date.parse(notice.retire_at))}`;
        return {
          message: `"${notice.name}" ${why}, so "${notice.replaced}", which was to be revoked at once, stays live${until}`,
          hint: {
            text: 'Create a new token, test it and revoke the others. To revoke them untested, add --force.',
            command: ['rotate', `${notice.account}/${notice.token}`, '--revoke-old'],
          },
        };
      }
      return {
        message: `"${notice.name}" ${why}, so "${notice.replaced}" stays live`,
        hint: notice.rotated ? { text: 'This plan replaces both.' } : replaceHint(notice, text),
      };
    }
    case 'not_replaced':
      return {
        message: `the state has "${notice.name}" as replaced, but no live token of a later generation replaced it: it is left alone`,
        hint: {
          text: `If nothing uses it, revoke "${notice.name}" (id ${notice.id}) at MotherDuck; the next apply forgets it.`,
        },
      };
    case 'long_overlap': {
      const policy =
        notice.overlap === undefined ? '' : `, and the overlap of its policy is ${formatDuration(notice.overlap)}`;
      return {
        message: `"${notice.name}" was replaced and stays live until ${notice.retire_at.slice(0, 10)}${policy}`,
        hint: {
          text: `If nothing uses it, revoke "${notice.name}" (id ${notice.id}) at MotherDuck; the next apply forgets it. If the overlap was not shortened, find out who changed the state.`,
        },
      };
    }
    case 'overlap_held':
      return {
        message: `"${notice.name}" is not revoked, although its overlap has ended: ${whyHeld(notice)}`,
        hint: notice.unreadable
          ? { text: 'Correct the store. The next apply then revokes it.', command: ['apply'] }
          : replaceHint(
              notice,
              'An older copy of the store may have been restored. Bring back the newest, or replace the token.',
            ),
      };
    case 'rotation_suspended': {
      const { accounts } = notice;
      const are = accounts.length === 1 ? 'account is suspended and has' : 'accounts are suspended and have';
      return {
        message: `${accounts.length} ${are} no tokens to rotate: ${few(accounts)}`,
        hint: resumeHint(accounts),
      };
    }
    case 'left_live':
      return {
        message: `"${notice.name}" (${notice.id}) stays live after "${notice.by}" replaces it: its name is of another series, so it is never revoked`,
        hint: { text: 'Apply, let its programs read the new secret, then revoke it at MotherDuck by hand.' },
      };
    case 'other_series':
      return {
        message: `the state has "${notice.name}" (${notice.id}) under this token, but its name is of another series, so it is not revoked`,
        hint: {
          text: 'If it had this name before and nothing uses it, revoke it at MotherDuck. Else find out who changed the state.',
        },
      };
    case 'rival': {
      const message = `another live token is named "${notice.name}" (${notice.id}), beside the "${notice.current}" of the state, so it is left alone`;
      const text = 'If nothing uses it, revoke it at MotherDuck.';
      if (notice.removed) return { message, hint: { text } };
      const command = ['rotate', `${notice.account}/${notice.token}`];
      return {
        message,
        hint: { text: `${text} If another run stored it, store a secret that is known first.`, command },
      };
    }
    case 'shorter_life': {
      const asked =
        notice.asked === null
          ? 'although a token that never expires was requested'
          : `instead of the requested ${describeSpan(notice.asked)}`;
      return {
        message: `MotherDuck gave "${notice.name}" a lifetime of ${describeSpan(notice.given)} ${asked}; it is rotated in time`,
        hint: {
          text: `Set "ttl: ${formatDuration(Math.round(notice.given / MINUTE) * MINUTE)}", or less, ${notice.own_ttl ? 'on the token itself' : 'in its policy'}${shorterToo(notice)}, or have the limit raised.`,
        },
      };
    }
    case 'orphan':
      return {
        message: `an interrupted run created "${notice.name}", whose secret may be stored and in use, so it stays live`,
        hint: replaceHint(notice, 'Replace it.'),
      };
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
        message: `it is suspended, and has live tokens that nobody manages, which still give access: ${few(notice.tokens)}`,
        hint: { text: 'Revoke them at MotherDuck.' },
      };
    case 'not_renamed': {
      const { before, tokens, deleted } = notice;
      const fate = deleted ? 'this plan deletes with its data' : 'was removed from the configuration';
      const named = tokens.length === 1 ? 'token (NAMES) is named like that' : 'tokens (NAMES) are named like those';
      return {
        message: `it is new, and its ${named.replace('NAMES', few(tokens))} of ${before}, which ${fate}; MotherDuck cannot rename an account`,
        hint: {
          text: `If it is to replace ${before}, it begins without its data. Put ${before} back beside it and apply, move data and programs, then delete ${before} (docs/plans.md, "Rename a token or an account").`,
        },
      };
    }
    case 'share_deleted': {
      const { share, attached } = notice;
      const who = few(attached.map(({ account, at }) => `${account} (${shortLine(at)})`));
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
        message: `its tokens are no longer rotated, since it was removed from the configuration; ${notice.name} expires ${notice.expires_at.slice(0, 10)}`,
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
    case 'policy_hastened': {
      const changes = (['overlap', 'rotate_before'] as const).flatMap((field) => {
        const [before, after] = [notice.before[field], notice.after[field]];
        return before === after ? [] : [`${field} ${formatDuration(before)} -> ${formatDuration(after)}`];
      });
      return {
        message: `its policy changed, ${changes.join(', ')}: its programs get less time to read the next secret`,
        hint: {
          text: 'If that is not intended, restore the policy. Else apply, which records it; before that, --due leaves a token alone whose overlap became shorter than 5 minutes.',
        },
      };
    }
    case 'no_next_generation':
      return generationsText(notice);
    case 'never_expires':
      return {
        message: `"${notice.name}" replaces a token that expires, and is valid until it is revoked`,
        hint: { text: 'If that is not intended, give its policy a ttl.' },
      };
    case 'due_left': {
      const day = notice.expires_at === null ? '' : `; it expires ${notice.expires_at.slice(0, 10)}`;
      return {
        message: `it is due, and --due leaves it alone, since somebody must see what an apply does to it${day}`,
        hint: { text: 'Review it, then apply it.', command: ['apply', '--only', notice.account] },
      };
    }
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

/** What an account that left the configuration needs before it can be pruned, unless its protection and `max_deletes` allow that. */
export function deletionSteps(isOne = true): string {
  const [it, its] = isOne ? ['it', 'its'] : ['them', 'their'];
  return `Put ${it} back into the configuration. To delete ${it} with ${its} data instead, put ${it} back with "deletion_protection: false", apply, remove ${it} again, allow the deletion in guardrails.max_deletes, then apply with --prune. See what that would delete.`;
}

/** Newer tokens of a key that left the configuration: they are revoked, unless the account may be another one. */
function newerRemoved(
  { account, token, recreated, names: all }: PlanNotice & { readonly kind: 'older_state' },
  names: string,
): Omit<NoticeText, 'subject'> {
  const isOne = all.length === 1;
  if (recreated === undefined) {
    return {
      message: `an older state is in use: ${names} ${isOne ? 'is newer than what the state knows, and is' : 'are newer than what the state knows, and are'} revoked too`,
      hint: { text: 'Bring back the newest state, or make sure that nothing uses these tokens before you apply.' },
    };
  }
  return {
    message: `an older state is in use, or the account was deleted and created again: this state did not create ${names}, so nothing is revoked or forgotten`,
    hint: {
      text: 'Bring back the newest state and plan again. If the account is a new one, forget the token.',
      command: ['state', 'forget', `${account}/${token}`],
    },
  };
}

/** What to do about a token that only a new one can replace; those of an account that left the configuration get none. */
function replaceHint(
  { account, token, retained }: { readonly account: string; readonly token: string; readonly retained?: boolean },
  text: string,
): Hint {
  if (!retained) return { text, command: ['rotate', `${account}/${token}`] };
  return {
    text: deletionSteps(),
    command: ['plan', '--prune', '--only', account],
  };
}

/** Kinds whose messages name what they are about. */
const NAMES_SUBJECT = ['own_account', 'protected'];

function subjectOf(notice: PlanNotice): string | undefined {
  if (!('account' in notice) || NAMES_SUBJECT.includes(notice.kind)) return undefined;
  return 'token' in notice ? `${notice.account}/${notice.token}` : notice.account;
}

/** A notice with its words, for JSON: its kind and data, with `message` and `hint`. */
export function wordedNotice<N extends PlanNotice>(notice: N): N & Notice {
  return { ...notice, ...words(notice) };
}

/** What has to be less than the `ttl`. */
function shorterToo(notice: PlanNotice & { readonly kind: 'shorter_life' }): string {
  const names = ['rotate_before', 'jitter', 'overlap'].filter((name) => name in notice);
  return names.length === 0 ? '' : `, with a shorter ${enumerated(names)}`;
}
