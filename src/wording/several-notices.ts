/** The wording of several notices of one kind, where it is not that of the first and the names of the others. */

import type { PlanNotice } from '../model/notice.ts';
import { dayOf } from '../model/time.ts';
import type { Hint } from '../model/user-error.ts';
import { counted, few, NAMES_SHOWN, NAMES_TYPED, onlyOptions } from '../model/wording.ts';
import { noticeText } from './notices.ts';
import { deletionSteps } from './token-warnings.ts';

interface Words {
  readonly message: string;
  readonly hint: Hint;
}

type Kind = PlanNotice['kind'];

/** Several notices of one kind, of which the same can be said: they differ in names and facts alone. */
interface Several<N extends PlanNotice> {
  readonly first: N;
  readonly notices: readonly N[];
  readonly names: readonly string[];
  /** A few of the names. */
  readonly shown: string;
  /** `3 accounts`, `3 tokens`: the number of the names. */
  readonly accounts: string;
  readonly tokens: string;
}

type Table = { readonly [K in Kind]?: (several: Several<PlanNotice & { readonly kind: K }>) => Words };

/** How several notices like this one are worded; undefined: no other than each by itself. */
export function severalText(
  first: PlanNotice,
): ((notices: readonly PlanNotice[], names: readonly string[]) => Words) | undefined {
  const words = SEVERAL[first.kind] as ((several: Several<PlanNotice>) => Words) | undefined;
  if (words === undefined) return undefined;
  return (notices, names) =>
    words({
      first,
      notices,
      names,
      shown: few(names, NAMES_SHOWN.list),
      accounts: counted(names.length, 'account'),
      tokens: counted(names.length, 'token'),
    });
}

const SEVERAL: Table = {
  turnover: ({ first, accounts, shown }) => ({
    message: `all tokens of ${accounts} are replaced within one overlap: ${shown}`,
    hint: noticeText(first).hint,
  }),
  smoke_failed: ({ names, accounts, shown }) => ({
    message: `the last smoke tests of ${accounts} failed; apply tests them again: ${shown}`,
    hint: { text: 'See why.', command: ['smoke', ...onlyOptions(names)] },
  }),
  not_rotated: ({ first, notices, names, accounts, shown }) => {
    const [day = ''] = notices.map(({ expires_at }) => dayOf(expires_at)).sort();
    return {
      message: `the tokens of ${accounts} are no longer rotated, since these were removed from the configuration; the first expires ${day}: ${shown}`,
      hint: {
        text: first.kept
          ? deletionSteps(false)
          : 'Put the accounts back into the configuration, or delete them with their data (apply with --prune). See what that would delete.',
        command: ['plan', '--prune', ...onlyOptions(names)],
      },
    };
  },
  due_left: ({ notices, tokens, shown }) => ({
    message: `${tokens} are due, and --due leaves them alone, since somebody must see what an apply does to them: ${shown}`,
    hint: { text: 'Review them, then apply them.', command: ['apply', ...onlyOptions(ownersOf(notices))] },
  }),
  not_scheduled: ({ names, accounts, shown }) => ({
    message: `${accounts} have changes that --due leaves alone: ${shown}`,
    hint: { text: 'Review them, then apply them.', command: ['apply', ...onlyOptions(names)] },
  }),
  older_state: ({ first, names, tokens, shown }) => {
    const { text } = noticeText(first).hint;
    const replace = { text, ...rotate(names) };
    if (first.recreated === 'certain') {
      return {
        message: `accounts were deleted, and created again outside of mdacc: this state did not create ${tokens} of theirs: ${shown}`,
        hint: replace,
      };
    }
    const or = first.recreated === undefined ? '' : ', or accounts were deleted and created again';
    if (first.removed && first.recreated !== undefined) {
      return {
        message: `an older state is in use${or}: this state did not create the newer live ones of ${tokens}, so nothing is revoked or forgotten: ${shown}`,
        hint: {
          text: 'Bring back the newest state and plan again. If the accounts are new ones, forget each of these tokens with state forget.',
        },
      };
    }
    return {
      message: `an older state is in use${or}: ${tokens} have newer live ones that the state does not know${first.removed ? ', and that are revoked too' : ''}: ${shown}`,
      hint: first.removed || first.retained ? { text } : replace,
    };
  },
  unverified: ({ first, notices, names, tokens, shown }) => {
    const why = first.adopted ? 'were adopted and their secrets are not known' : 'were stored but not verified';
    const stays = (which: string) => `${tokens} ${why}, so the tokens they replaced${which} stay live: ${shown}`;
    if (first.rotated) return { message: stays(''), hint: { text: 'This plan replaces all of them.' } };
    // Tokens of an account that left the configuration are not rotated.
    if (first.retained) {
      const command = ['plan', '--prune', ...onlyOptions(ownersOf(notices))];
      return { message: stays(''), hint: { text: deletionSteps(false), command } };
    }
    if (first.requested) {
      const text = 'Create new tokens, test them and revoke the others. To revoke them untested, add --force.';
      return {
        message: stays(', which were to be revoked at once,'),
        hint: { text, ...rotate(names, ['--revoke-old']) },
      };
    }
    const text = first.adopted
      ? 'Create new tokens and test them.'
      : 'Create new tokens and test them, or accept these with apply --no-smoke.';
    return { message: stays(''), hint: { text, ...rotate(names) } };
  },
  unreadable: ({ first, notices, names, shown }) => {
    const { message, hint } = noticeText(first);
    const ofTokens = notices.filter((notice) => notice.token !== undefined).length;
    const noun = ofTokens === 0 ? 'accounts' : ofTokens === notices.length ? 'tokens' : 'accounts and tokens';
    return { message: `${names.length} ${noun} could not be read: ${shown}. The first: ${message}`, hint };
  },
  deprovisioned: ({ accounts, shown }) => ({
    message: `${accounts} are deprovisioned at MotherDuck: ${shown}`,
    hint: { text: 'Have them provisioned again in MotherDuck, or remove them from the configuration.' },
  }),
  protected: ({ names, accounts, shown }) => ({
    message: `${accounts} have deletion_protection, recorded in the state: ${shown}`,
    hint: {
      text: 'Before you delete them, set "deletion_protection: false" in their blocks (restore blocks that are gone, with "suspended: true" if they had that) and apply that.',
      command: ['apply', ...onlyOptions(names)],
    },
  }),
};

function ownersOf(notices: readonly { readonly account: string }[]): string[] {
  return [...new Set(notices.map(({ account }) => account))];
}

/** A rotation needs names, so there is none of many. */
function rotate(tokens: readonly string[], options: readonly string[] = []): Pick<Hint, 'command'> {
  return tokens.length > NAMES_TYPED.optional ? {} : { command: ['rotate', ...tokens, ...options] };
}
