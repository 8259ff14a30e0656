/** Notices of one kind are shown as one, with a count and names: thousands of accounts can have the same problem. */

import { groupBy } from '../model/collections.ts';
import { defined } from '../model/defined.ts';
import type { PlanNotice } from '../model/notice.ts';
import { counted, few, NAMES_SHOWN } from '../model/wording.ts';
import { groupEdits } from './branch-warnings.ts';
import { type NoticeText, noticeText } from './notices.ts';
import { deletionSteps } from './token-warnings.ts';

/** Notices that are shown as one, and their words. */
export interface NoticeGroup<N extends PlanNotice = PlanNotice> extends NoticeText {
  readonly kind: N['kind'];
  readonly notices: readonly N[];
  /** The accounts or tokens that they are about: `etl_prod`, `etl_prod/airflow`. */
  readonly names: readonly string[];
}

/** The number of accounts in a command. */
const ARGUMENTS = 5;

const DEPROVISIONED = {
  text: 'Have them provisioned again in MotherDuck, or remove them from the configuration.',
};

/** Groups notices by kind, in the order of the first of each kind; what could not be read also by its code, what is in a store also by the store. */
export function groupNotices<N extends PlanNotice>(all: readonly N[]): NoticeGroup<N>[] {
  const groups = groupBy(all, (notice) => {
    // What is said of a store names its secret paths.
    const part = 'code' in notice ? notice.code : 'store' in notice ? notice.store : '';
    // What the plan does itself is not advised.
    return `${notice.kind} ${part} ${'rotated' in notice} ${'recreated' in notice ? notice.recreated : ''} ${'removed' in notice} ${'unreadable' in notice} ${'own_ttl' in notice}`;
  });
  return [...groups.values()].flatMap((notices) => {
    const [first] = notices;
    if (first === undefined) return [];
    const names = [...new Set(notices.flatMap(namesIn))];
    return [{ kind: first.kind, notices, names, ...inWords(notices, names) }];
  });
}

function namesIn(notice: PlanNotice): readonly string[] {
  if (notice.kind === 'state_edited') return groupEdits(notice.edits).flatMap(({ names }) => names);
  if ('account' in notice) return ['token' in notice ? `${notice.account}/${notice.token}` : notice.account];
  return 'accounts' in notice ? notice.accounts : 'tokens' in notice ? notice.tokens : [];
}

function inWords(notices: readonly PlanNotice[], names: readonly string[]): NoticeText {
  const [first] = notices as readonly [PlanNotice];
  const { code, message, hint, subject } = noticeText(first);
  if (notices.length === 1) return noticeText(first);
  if ('token' in first && names.length === 1) {
    const all = new Set(notices.map((notice) => noticeText(notice).message));
    return { ...noticeText(first), message: [...all].join('; ') };
  }
  const coded = defined({ code });
  const shown = few(names, NAMES_SHOWN.list);
  const accounts = counted(names.length, 'account');
  const tokens = counted(names.length, 'token');
  const only = names.length > ARGUMENTS ? [] : names.flatMap((name) => ['--only', name]);
  const rotate = names.length > ARGUMENTS ? {} : { command: ['rotate', ...names] };
  switch (first.kind) {
    case 'turnover':
      return { message: `all tokens of ${accounts} are replaced within one overlap: ${shown}`, hint };
    case 'smoke_failed':
      return {
        message: `the last smoke tests of ${accounts} failed; apply tests them again: ${shown}`,
        hint: { text: 'See why.', command: ['smoke', ...only] },
      };
    case 'not_rotated': {
      const times = notices.flatMap((notice) => (notice.kind === 'not_rotated' ? [notice.expires_at] : []));
      const day = times.sort()[0]?.slice(0, 10) ?? '';
      return {
        message: `the tokens of ${accounts} are no longer rotated, since these were removed from the configuration; the first expires ${day}: ${shown}`,
        hint: {
          text: notices.some((notice) => 'kept' in notice)
            ? deletionSteps(false)
            : 'Put the accounts back into the configuration, or delete them with their data (apply with --prune). See what that would delete.',
          command: ['plan', '--prune', ...only],
        },
      };
    }
    case 'due_left': {
      const owners = [...new Set(notices.flatMap((notice) => ('account' in notice ? [notice.account] : [])))];
      const command = owners.length > ARGUMENTS ? [] : owners.flatMap((name) => ['--only', name]);
      return {
        message: `${tokens} are due, and --due leaves them alone, since somebody must see what an apply does to them: ${shown}`,
        hint: { text: 'Review them, then apply them.', command: ['apply', ...command] },
      };
    }
    case 'not_scheduled':
      return {
        message: `${accounts} have changes that --due leaves alone: ${shown}`,
        hint: { text: 'Review them, then apply them.', command: ['apply', ...only] },
      };
    case 'older_state':
      if (first.recreated === 'certain') {
        return {
          message: `accounts were deleted, and created again outside of mdacc: this state did not create ${tokens} of theirs: ${shown}`,
          hint: { text: hint.text, ...rotate },
        };
      }
      return {
        message: `an older state is in use${first.recreated === undefined ? '' : ', or accounts were deleted and created again'}: ${tokens} have newer live ones that the state does not know: ${shown}`,
        hint: first.removed || first.retained ? { text: hint.text } : { text: hint.text, ...rotate },
      };
    case 'unverified':
      return {
        message: `${tokens} were stored or adopted and not verified, so the tokens they replaced stay live: ${shown}`,
        // Tokens of an account that left the configuration are not rotated.
        hint: notices.some((notice) => ('retained' in notice && notice.retained) || 'rotated' in notice)
          ? { text: hint.text }
          : {
              text: 'Create new tokens and test them, or accept those that were stored with apply --no-smoke.',
              ...rotate,
            },
      };
    case 'unreadable':
      return { ...coded, message: `${accounts} could not be read: ${shown}. The first: ${message}`, hint };
    case 'deprovisioned':
      return { ...coded, message: `${accounts} are deprovisioned at MotherDuck: ${shown}`, hint: DEPROVISIONED };
    case 'protected':
      return {
        ...coded,
        message: `${accounts} have deletion_protection, recorded in the state: ${shown}`,
        hint: {
          text: 'Before you delete them, set "deletion_protection: false" in their blocks (restore blocks that are gone) and apply that.',
          command: ['apply', ...only],
        },
      };
    default: {
      const about = subject === undefined ? '' : `${subject}: `;
      const { command: _, ...text } = hint;
      return {
        ...coded,
        message: `${about}${message}; and ${names.length - 1} more of this kind: ${few(names.slice(1), NAMES_SHOWN.list)}`,
        hint: text,
      };
    }
  }
}
