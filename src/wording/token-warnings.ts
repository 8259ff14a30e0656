/** The wording of what a plan warns of about one token. */

import { entryName } from '../model/entry-name.ts';
import { deletionAllowed } from '../model/hints.ts';
import { SHORT_OVERLAP } from '../model/rotation-due.ts';
import { dayOf, describeSpan, formatDuration, MINUTE, showTime } from '../model/time.ts';
import type { TokenWarning } from '../model/token-warning.ts';
import type { Hint } from '../model/user-error.ts';
import { enumerated, few } from '../model/wording.ts';
import { generationsText } from './plan-errors.ts';

interface Words {
  readonly message: string;
  readonly hint: Hint;
}

/** A warning about a token in words. */
export function tokenText(notice: TokenWarning): Words {
  switch (notice.kind) {
    case 'older_state': {
      const names = few(notice.names.map((name) => `"${name}"`));
      const areNewer = notice.names.length === 1 ? 'is newer' : 'are newer';
      if (notice.recreated === 'certain') {
        return {
          message: `the account was deleted, and created again outside of mdacc: this state did not create its ${names}`,
          hint: {
            text: 'If a run with a newer state did so, bring back that state. Else apply, then store a secret that is known.',
            command: ['rotate', entryName(notice)],
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
          command: ['rotate', entryName(notice)],
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
            command: ['rotate', entryName(notice), '--revoke-old'],
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
        message: `the state has "${notice.name}" (${notice.id}) as replaced, but no live token of a later generation replaced it: it is left alone`,
        hint: {
          text: 'If nothing uses it, revoke it at MotherDuck; the next apply forgets it.',
        },
      };
    case 'long_overlap': {
      const policy =
        notice.overlap === undefined ? '' : `, and the overlap of its policy is ${formatDuration(notice.overlap)}`;
      return {
        message: `"${notice.name}" (${notice.id}) was replaced and stays live until ${dayOf(notice.retire_at)}${policy}`,
        hint: {
          text: 'If nothing uses it, revoke it at MotherDuck; the next apply forgets it. If the overlap was not shortened, find out who changed the state.',
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
      const command = ['rotate', entryName(notice)];
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
    case 'policy_hastened': {
      const changes = (['overlap', 'rotate_before'] as const).flatMap((field) => {
        const [before, after] = [notice.before[field], notice.after[field]];
        return before === after ? [] : [`${field} ${formatDuration(before)} -> ${formatDuration(after)}`];
      });
      return {
        message: `its policy changed, ${changes.join(', ')}: its programs get less time to read the next secret`,
        hint: {
          text: `If that is not intended, restore the policy. Else apply, which records it${notice.after.overlap < SHORT_OVERLAP ? `; before that, --due leaves the token alone, since its overlap is shorter than ${describeSpan(SHORT_OVERLAP)}` : ''}.`,
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
      const day = notice.expires_at === null ? '' : `; it expires ${dayOf(notice.expires_at)}`;
      return {
        message: `it is due, and --due leaves it alone, since somebody must see what an apply does to it${day}`,
        hint: { text: 'Review it, then apply it.', command: ['apply', '--only', notice.account] },
      };
    }
    default:
      return notice satisfies never;
  }
}

/** Why a replaced token stays. */
export function whyHeld({ unreadable }: { readonly unreadable?: boolean }): string {
  return unreadable
    ? 'its store cannot be read, and may have its secret again'
    : 'the store has its secret, and not that of its replacement';
}

/** What an account that left the configuration needs before it can be pruned, unless its protection and `max_deletes` allow that. */
export function deletionSteps(isOne = true): string {
  const [it, its] = isOne ? ['it', 'its'] : ['them', 'their'];
  return `Put ${it} back into the configuration. To delete ${it} with ${its} data instead, put ${it} back with ${deletionAllowed(`${it} again`)}, then apply with --prune. See what that would delete.`;
}

/** Newer tokens of a key that left the configuration: they are revoked, unless the account may be another one. */
function newerRemoved(
  { account, token, recreated, names: all }: TokenWarning & { readonly kind: 'older_state' },
  names: string,
): Words {
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
      command: ['state', 'forget', entryName({ account, token })],
    },
  };
}

/** What to do about a token that only a new one can replace; those of an account that left the configuration get none. */
function replaceHint(
  { account, token, retained }: { readonly account: string; readonly token: string; readonly retained?: boolean },
  text: string,
): Hint {
  if (!retained) return { text, command: ['rotate', entryName({ account, token })] };
  return {
    text: deletionSteps(),
    command: ['plan', '--prune', '--only', account],
  };
}

/** What has to be less than the `ttl`. */
function shorterToo(notice: TokenWarning & { readonly kind: 'shorter_life' }): string {
  const names = ['rotate_before', 'jitter', 'overlap'].filter((name) => name in notice);
  return names.length === 0 ? '' : `, with a shorter ${enumerated(names)}`;
}
