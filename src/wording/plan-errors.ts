/** The wording of what keeps a plan from being applied: its errors and the violations of guardrails. */
import { limitText } from '../model/desired.ts';
import type { PlanError, Violation } from '../model/notice.ts';
import { MAX_GENERATION, typeName } from '../model/tokens.ts';
import type { ErrorCode, Hint } from '../model/user-error.ts';
import { renameAdvice } from '../model/username.ts';
import { counted, few, NAMES_SHOWN } from '../model/wording.ts';

interface ErrorWords {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: Hint;
}

/** An error or a violation in words. */
export function errorText(notice: PlanError | Violation): ErrorWords {
  switch (notice.kind) {
    case 'unreadable':
      return {
        code: notice.code,
        message: notice.why,
        hint: notice.hint,
      };
    case 'person':
      return notice.managed
        ? {
            code: 'ACCOUNT_UNUSABLE',
            message: `"${notice.account}" is now a person's user at MotherDuck, not the managed account`,
            hint: {
              text: 'Nothing is done to it. Remove it from the state.',
              command: ['state', 'forget', notice.account],
            },
          }
        : {
            code: 'ACCOUNT_UNUSABLE',
            message: `"${notice.account}" is a person's user at MotherDuck, not a service account`,
            hint: {
              text: 'An Admin cannot create tokens for another person. Choose another name for the service account.',
            },
          };
    case 'deprovisioned':
      return {
        code: 'ACCOUNT_UNUSABLE',
        message: `"${notice.account}" is deprovisioned at MotherDuck`,
        hint: { text: 'Have it provisioned again in MotherDuck, or remove it from the configuration.' },
      };
    case 'managed_elsewhere':
      return {
        code: 'STATE_FOREIGN',
        message: `${notice.state}, the state of another configuration, manages "${notice.account}"${notice.managed ? ' too' : ''}, so nothing is done to it`,
        hint: notice.managed
          ? {
              text: 'If the other configuration should not have it, remove it there. Else forget it here.',
              command: ['state', 'forget', notice.account],
            }
          : {
              text: 'Leave it to that configuration. To move it here, remove it there, and from its state.',
              command: ['state', 'forget', notice.account, '--state', notice.state],
            },
      };
    case 'not_adopted':
      return {
        code: 'STATE_FOREIGN',
        message: `not adopted: ${notice.state}, the state of another configuration, cannot be read, and may manage it`,
        hint: { text: `Repair ${notice.state}, then plan again.`, command: ['plan'] },
      };
    case 'not_a_new_name': {
      const { file, line } = notice.location;
      return {
        code: 'ACCOUNT_UNUSABLE',
        message: `MotherDuck has no account "${notice.account}" (${file === undefined ? `line ${line}` : `${file}:${line}`}), and none of that name can be created`,
        hint: { text: renameAdvice(notice.account) },
      };
    }
    case 'unidentified':
      return { code: 'ACCOUNT_UNUSABLE', ...unidentifiedText(notice) };
    case 'ambiguous':
      return {
        code: 'TOKEN_AMBIGUOUS',
        message: `${notice.ids.length} live ${typeName(notice.type)} tokens are named "${notice.name}": ${notice.ids.join(' and ')}`,
        hint: { text: 'Revoke the unused one at MotherDuck, then plan again.' },
      };
    case 'last_generation':
      return { code: 'STATE_INVALID', ...generationsText(notice) };
    case 'own_account':
      return {
        code: 'GUARDRAIL',
        message: `${notice.account} is the account whose token runs this program: it cannot be deleted`,
        hint: { text: 'Use the admin token of another user, or keep the account.' },
      };
    case 'protected':
      return {
        code: 'GUARDRAIL',
        message: `${notice.account} has deletion_protection, recorded in the state`,
        hint: {
          text: 'Before you delete it, set "deletion_protection: false" in its block (restore the block if it is gone, with "suspended: true" if it had that) and apply that.',
          command: ['apply', '--only', notice.account],
        },
      };
    case 'too_many_deletes':
    case 'too_many_creates': {
      const { limit, allowed, accounts } = notice;
      const [verb, name] = notice.kind === 'too_many_deletes' ? ['deletes', 'max_deletes'] : ['creates', 'max_creates'];
      const narrow = accounts.length > 1 ? ', or narrow the plan with --only' : '';
      const number = typeof limit === 'number' ? '' : `, now ${counted(allowed, 'account')}`;
      return {
        code: 'GUARDRAIL',
        message: `the plan ${verb} ${counted(accounts.length, 'account')} and guardrails.${name} is ${limitText(limit)}${number}: ${few(accounts, NAMES_SHOWN.refusal)}`,
        hint: { text: `If that is intended, set "${name}: ${accounts.length}" under guardrails${narrow}.` },
      };
    }
    case 'ceiling_exceeded':
      return {
        code: 'GUARDRAIL',
        message: `all Ducklings of managed accounts at once would cost ${notice.ceiling}${notice.currency === undefined ? '' : ` ${notice.currency}`} an hour and guardrails.max_compute_ceiling is ${notice.limit}`,
        hint: { text: 'Choose smaller sizes or pools, or raise max_compute_ceiling.' },
      };
    case 'ceiling_unknown':
      return {
        code: 'GUARDRAIL',
        message: `guardrails.max_compute_ceiling is ${notice.limit}, and the ceiling of ${few(notice.accounts)} is not known`,
        hint: {
          text: notice.planned
            ? 'Write out size and pool_size of their Ducklings, and a rate for every size under compute_rates.'
            : 'This plan raises the ceiling of its own accounts. Plan without --only, so that the Ducklings of all are read.',
        },
      };
    default:
      return notice satisfies never;
  }
}

/** What is wrong with a token that can have no next generation, due or not. */
export function generationsText({ token, actual }: { readonly token: string; readonly actual?: number }) {
  return {
    message: `the state says that "${token}" had ${MAX_GENERATION.toLocaleString('en')} generations, so it can have no other`,
    hint:
      actual === undefined
        ? { text: 'Give the token another key in the configuration, so that its generations begin anew.' }
        : {
            text: `It was edited. Set the token's "generation" in the state to ${actual}, then plan.`,
            command: ['plan'],
          },
  };
}

/** Only an account that is certainly the state's may be adopted to be deleted. */
function unidentifiedText(notice: PlanError & { readonly kind: 'unidentified' }): Omit<ErrorWords, 'code'> {
  const { account, recognized, destroyed } = notice;
  const why = notice.listed ? 'the state has no user id of it' : 'its user id cannot be read';
  const message = `not deleted: ${why}, so it may be another account of that name`;
  if (notice.incomplete) {
    const text =
      'The list of users lacks it, and may have changed while it was read. Run the command again, or delete it at MotherDuck; the next apply forgets it.';
    return { message, hint: { text } };
  }
  if (!notice.listed) {
    const text = 'Plan with an admin token that may list users, or delete it at MotherDuck; the next apply forgets it.';
    return { message, hint: { text } };
  }
  const command = ['apply', '--only', account];
  if (recognized && destroyed) {
    const text = 'Apply first, with the account in the configuration, which records its id. Then destroy again.';
    return { message, hint: { text, command } };
  }
  const restore = recognized
    ? 'Put it back into the configuration and apply, which records its id, or'
    : 'If it is yours,';
  const text = `${restore} delete it at MotherDuck. Then forget it.`;
  return { message, hint: { text, command: ['state', 'forget', account] } };
}
