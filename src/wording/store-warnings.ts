/** The wording of what a plan warns of about secret stores, and the secrets in them. */

import type { LastWriter, StoreWarning } from '../model/store-warning.ts';
import { dayOf } from '../model/time.ts';
import type { Hint } from '../model/user-error.ts';
import { few, NAMES_SHOWN, NAMES_TYPED } from '../model/wording.ts';

/** A rotation of as many of the tokens as fit; the text says if these are not all. @param text without its full stop @param real by the program itself, in a sandbox too */
export function rotationHint(text: string, tokens: readonly string[], real = false): Hint {
  const named = tokens.slice(0, NAMES_TYPED.needed);
  const some = named.length === tokens.length ? '' : ` (the command names ${named.length} of ${tokens.length})`;
  return { text: `${text}${some}.`, command: ['rotate', ...named, ...(real ? ['--real-stores'] : [])] };
}

/** Words one warning about a secret store. */
export function storeText(notice: StoreWarning): { readonly message: string; readonly hint: Hint } {
  switch (notice.kind) {
    case 'stores_rehearsed': {
      const stores = notice.stores.map(({ store, folder }) => `${store} (secrets go to ${folder})`);
      return {
        message: `in the sandbox, the command of a secret store is not run: ${few(stores)}`,
        hint: {
          text: 'To run it, with a secret of the sandbox, type instead of this apply:',
          command: ['apply', '--real-stores'],
          isAgain: true,
        },
      };
    }
    case 'store_unreadable':
      return { message: `the secret store ${notice.store}: ${notice.why}`, hint: notice.hint };
    case 'store_unusable':
      return {
        message: `${notice.rehearsed ? 'outside of the sandbox, ' : ''}apply will refuse to store secrets in ${notice.store}: ${notice.why}`,
        hint: notice.hint,
      };
    case 'store_renamed':
      return {
        message: `the secret store ${notice.before} is named ${notice.store} by now, and ${notice.tokens.length === 1 ? 'the secret' : `${notice.tokens.length} secrets`} in it stay where they are: ${few(notice.tokens)}`,
        hint: { text: 'Apply records the name; it replaces no token and writes nothing to the store.' },
      };
    case 'secret_lost': {
      const one = notice.tokens.length === 1;
      const message = `the secret store ${notice.store} does not have ${one ? 'the secret' : `${notice.tokens.length} secrets`} that it should have: ${few(notice.tokens)}`;
      if (notice.shared) return { message: `${message}. ${otherMachine(one, notice.shared)}`, hint: OTHER_MACHINE };
      if (notice.retained) {
        const text = 'Put the account back into the configuration to replace the token, or delete the account.';
        return { message, hint: { text } };
      }
      return {
        message,
        hint: rotationHint(one ? 'Replace the token' : 'Replace the tokens', notice.tokens),
      };
    }
    case 'secret_foreign':
      return {
        message: `the secret store ${notice.store} has values that this state did not write, so apply refuses to store the secrets of ${few(notice.tokens)} there: ${few(notice.secret_paths, NAMES_SHOWN.list)}`,
        hint: {
          text: 'If something else reads them, give the new secrets other secret paths. If nothing does, or the state was lost, set `overwrite: true` on the store to replace them.',
        },
      };
    case 'secret_unknown':
      return {
        message: `the secret store ${notice.store} has values that this state did not write, so the next rotation of ${few(notice.tokens)} will be refused: ${few(notice.secret_paths, NAMES_SHOWN.list)}`,
        hint: {
          text: 'If the state was lost, the tokens were forgotten, or you put their own secrets there, set `overwrite: true` on the store before they are due. Else see who uses the values: they may be in use.',
        },
      };
    case 'secret_taken':
      return {
        message: `in the secret store ${notice.store}, ${few(notice.tokens)} would overwrite ${notice.holders.length === 1 ? 'the secret' : 'the secrets'} of ${few(notice.holders)}, so apply refuses to store anything there`,
        hint: {
          text: 'Give the new tokens or accounts other names, or let the store tell them apart by {account} and {token}.',
        },
      };
    case 'command_changed': {
      const one = notice.tokens.length === 1;
      const [were, move] = one
        ? ['a secret was', 'it may move']
        : [`${notice.tokens.length} secrets were`, 'they may move'];
      return {
        message: `the command of the secret store ${notice.store} changed since ${were} stored; ${move} at ${one ? 'its' : 'their'} next rotation: ${few(notice.tokens)}`,
        hint: rotationHint(
          'If that is not intended, restore the command and the files that it runs. To store the secrets with it now, replace the tokens',
          notice.tokens,
          notice.real,
        ),
      };
    }
    case 'command_unknown':
      return {
        message: `it is not known which command of the secret store ${notice.store} stored ${notice.tokens.length === 1 ? 'a secret' : `${notice.tokens.length} secrets`}, so the command may have changed since: ${few(notice.tokens)}`,
        hint: rotationHint(
          'Read the command. To store the secrets with it now, replace the tokens',
          notice.tokens,
          notice.real,
        ),
      };
    case 'secret_stays':
      if (notice.near) {
        return {
          message: `the secret store ${notice.store} keeps secrets of revoked tokens, since those in use may be at the same secret paths: ${few(notice.tokens)}`,
          hint: {
            text: 'Look where its command and that of their present store put them. If the secret paths differ, remove the old ones by hand.',
          },
        };
      }
      if (notice.generations) {
        return {
          message: `the secret store ${notice.store} may keep secrets of revoked tokens, since its command names the generation: ${few(notice.tokens)}`,
          hint: {
            text: 'If each generation has a secret path of its own, remove the old ones by hand, after the apply.',
          },
        };
      }
      if (notice.shared) {
        return {
          message: `the secret store ${notice.store} keeps secrets of revoked tokens, since its remove command would remove secrets in use as well: ${few(notice.tokens)}`,
          hint: {
            text: 'Let `remove` tell the tokens apart by {account} and {token}, as `command` does, before the apply; or remove the old ones by hand.',
          },
        };
      }
      return {
        message: `the secret store ${notice.store} keeps secrets of revoked tokens, since it has no remove command: ${few(notice.tokens)}`,
        hint: { text: 'Give the store a `remove` command before the apply, or remove them there.' },
      };
    case 'secret_left':
      return {
        message: `the secret store ${notice.store} ${notice.changed ? 'was changed' : 'is no longer'} in the configuration, so secrets of revoked tokens ${notice.near ? 'may ' : ''}stay there: ${few(notice.tokens)}`,
        hint: {
          text: `${notice.near ? 'Look first, since those in use may be at the same secret paths. If they are not, delete' : 'Delete'} by hand, after the apply: ${few(notice.secret_paths, NAMES_SHOWN.list)}`,
        },
      };
    case 'secret_not_removed':
      if (notice.rehearsed) {
        return {
          message: `the secret store ${notice.store} is rehearsed, so secrets of revoked tokens stay where its program stored them: ${few(notice.tokens)}`,
          hint: { text: 'Remove them too.', command: ['apply', '--real-stores'], isAgain: true },
        };
      }
      return {
        message: `the secret store ${notice.store} has values that this state did not write at the secret paths of revoked tokens, so they stay: ${few(notice.tokens)}`,
        hint: { text: `If nothing uses them, delete them by hand: ${few(notice.secret_paths, NAMES_SHOWN.list)}` },
      };
  }
}

/** `The state is shared, so another machine may have it in its file (last stored by ann, 2026-11-29)`. */
export function otherMachine(one: boolean, { who, at }: LastWriter): string {
  const last = who === undefined || at === undefined ? '' : ` (secrets were last stored by ${who}, ${dayOf(at)})`;
  return `The state is shared, and the store is a file of each machine, so the file of another machine may have ${one ? 'it' : 'them'}${last}`;
}

/** What to do about them. A rotation comes last: it leaves the file of the machine that has the secret with that of a revoked token. */
export const OTHER_MACHINE: Hint = {
  text: 'If another machine has them, change nothing here: plan and apply there, or choose a store that all machines reach. Rotate a token only if no machine has its secret. See who applied.',
  command: ['state', 'history'],
};
