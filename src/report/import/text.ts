/** An import as text: the lines that it adds, the skipped accounts and tokens, and its notices. */

import type { Action } from '../../model/action.ts';
import { entryName } from '../../model/entry-name.ts';
import { secretAccountFix, secretTokenFix } from '../../model/hints.ts';
import type { Import, ImportNotice, ImportObstacle, ImportRefusal, Skipped, SkipReason } from '../../model/import.ts';
import type { Notice } from '../../model/notice.ts';
import { shellWord } from '../../model/shell.ts';
import { dayOf, describeSpan, formatDuration } from '../../model/time.ts';
import { typeName } from '../../model/tokens.ts';
import { type Hint, UserError } from '../../model/user-error.ts';
import { USERNAME_RULE } from '../../model/username.ts';
import { few } from '../../model/wording.ts';
import { noticeText } from '../../wording/notices.ts';
import { reasonText } from '../../wording/reasons.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext, noContext } from '../hint.ts';
import { type Paint, unbroken } from '../terminal-text.ts';
import { unifiedDiff } from './unified.ts';

/** A unified diff of every file that changes. @param before The texts by file, without new files. */
export function importDiff(
  before: ReadonlyMap<string, string>,
  { texts }: Pick<Import, 'texts'>,
  paint: Paint,
): string {
  return [...texts].map(([file, text]) => `${fileDiff(file, before.get(file), text, paint)}\n`).join('');
}

function fileDiff(file: string, before: string | undefined, after: string, paint: Paint): string {
  return unifiedDiff(printable(file), before, after)
    .trimEnd()
    .split('\n')
    .map((line) => painted(shown(line), paint))
    .join('\n');
}

/** Without the carriage returns of Windows; tabs stay. */
function shown(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(printable).join('\t');
}

function painted(line: string, paint: Paint): string {
  if (/^(---|\+\+\+) /.test(line)) return paint.bold(line);
  if (line.startsWith('@@')) return paint.cyan(line);
  return line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line;
}

/** The skipped accounts and tokens, two lines each: the name with the reason, and the fix. */
export function skippedText(skipped: readonly Skipped[], paint: Paint, inContext: InContext = noContext): string {
  const lines = printable(skipped).map((each) => {
    return `  ${paint.bold(subjectOf(each))}  ${skipReasonText(each.reason)}\n    ${paint.dim(hintText(skipHint(each), inContext, paint.command))}`;
  });
  return ['Skipped:', ...lines].join('\n');
}

/** The error of an import that is refused. */
export function importRefused(refusal: ImportRefusal): UserError {
  if ('obstacles' in refusal) {
    const found = few(refusal.obstacles.map(obstacleText), 3);
    const message = `an import may only adopt, but after this one the next plan would do more: ${found}`;
    const hint = 'Nothing was written. Fix that, or import the other accounts by name.';
    return new UserError('IMPORT_REFUSED', message, hint);
  }
  const { skipped } = refusal;
  const message = `${subjectOf(skipped)} is not imported: ${skipReasonText(skipped.reason)}`;
  return new UserError('IMPORT_REFUSED', message, skipHint(skipped));
}

function subjectOf({ account, token, reason }: Skipped): string {
  if ('of' in reason && reason.of === 'ducklings') return `Ducklings of ${account}`;
  return token === undefined ? account : `${account}/${token.name === '' ? token.id : token.name}`;
}

/** Why an account or token is skipped, as half a sentence about it. */
function skipReasonText(reason: SkipReason): string {
  switch (reason.kind) {
    case 'unreadable':
      return `it could not be read: ${reason.message}`;
    case 'outside_limits':
      return `${reason.what}, which the configuration does not allow`;
    case 'removed':
      return 'it is in the state, and was removed from the configuration';
    case 'suspended':
      return 'its account is suspended, so the next apply would revoke what is imported';
    case 'managed_elsewhere':
      return `${reason.state}, the state of another configuration, manages it`;
    case 'state_unread':
      return `${reason.state}, the state of another configuration, cannot be read, and may manage it`;
    case 'invalid_username':
      return `the configuration takes only names of ${USERNAME_RULE}`;
    case 'secret_username':
    case 'secret_name':
      return 'its name is a secret';
    case 'own_account':
      return 'the admin token of this run belongs to it';
    case 'admin':
      return 'it has the Admin role';
    case 'absent':
      return 'Terraform has it, and MotherDuck does not';
    case 'unusable':
      return `it ${reason.what}`;
    case 'tainted':
      return `Terraform would ${reason.of === 'account' ? 'delete it and create it again' : 'replace it'}: ${reason.address} is tainted${alsoText(reason.also)}`;
    case 'deposed':
      return `Terraform would delete it: ${reason.address} has it as deposed${alsoText(reason.also)}`;
    case 'gone':
      return `MotherDuck has no token with the id that Terraform has in ${reason.address}: it was revoked, or it expired`;
    case 'expired':
      return `it expired ${dayOf(reason.expires_at)}`;
    case 'expires_soon':
      return `it expires in ${describeSpan(reason.expires_in)}, too soon to be adopted`;
    case 'no_name':
      return 'it has no name';
    case 'name_too_long':
      return `its name has more than ${reason.limit} characters, which leaves no room for a ".2"`;
    case 'control_characters':
      return 'its name contains control characters';
    case 'smoke_token':
      return 'a smoke test created it';
    case 'reserved_name':
      return `its name is reserved for ${reason.by === 'motherduck' ? 'MotherDuck' : 'smoke tests'}`;
    case 'both_types':
      return `read/write and read scaling tokens have its name, and the configuration takes one of them: ${reason.ids.join(' and ')}`;
    case 'same_name':
      return `${reason.ids.length} live ${typeName(reason.type)} tokens have its name: ${reason.ids.join(' and ')}`;
    case 'older_generation':
      return `it is older than "${reason.newest}", the newest token of its series`;
    case 'managed_series':
      return `its name belongs to the series of "${reason.name}", which the configuration or the state has`;
    case 'no_secret_path':
      return `the secret store ${reason.store} has no ${reason.noun} for it that another token does not have`;
    case 'shared_block':
      return `${reason.file}:${reason.line}: ${reason.why}, so other accounts would get it too`;
    default:
      return reason satisfies never;
  }
}

function alsoText(addresses: readonly string[]): string {
  return addresses.length === 0 ? '' : `, so what belongs to it is skipped too: ${few(addresses)}`;
}

/** Names the token, since the reason may name others. */
function revokeHint({ name, id }: NonNullable<Skipped['token']>): Hint {
  const token = name === '' ? `the token ${id}` : `"${name}" (${id})`;
  return { text: `Revoke ${token} at MotherDuck if no program uses it.` };
}

const NO_ACTION: Hint = { text: 'No action is needed.' };

/** What to do about a skipped account or token. */
export function skipHint({ account, token, reason }: Skipped): Hint {
  switch (reason.kind) {
    case 'unreadable':
      return reason.hint;
    case 'outside_limits':
      return { text: 'Change it at MotherDuck, or list the account under "ignore".' };
    case 'suspended':
      return { text: 'Revoke its tokens at MotherDuck, or take "suspended: true" out of its block first.' };
    case 'removed':
      return {
        text: 'Put its block back as it was. Or start over: remove it from the state, then import it.',
        command: ['state', 'forget', account],
      };
    case 'managed_elsewhere':
      return { text: 'Leave it to that configuration.' };
    case 'state_unread':
      return { text: `Repair ${reason.state}, for example from its last good version in git, then import it.` };
    case 'invalid_username':
      return { text: 'Manage it at MotherDuck, and list it under "ignore".' };
    case 'secret_username':
      return { text: secretAccountFix(reason.id) };
    case 'secret_name':
      return { text: secretTokenFix(token?.id ?? '') };
    case 'own_account':
    case 'admin':
      return { text: 'To manage it anyway, import it by name.', command: ['import', account] };
    case 'absent':
      return { text: `Run ${unbroken('terraform apply -refresh-only')}; Terraform then forgets it.` };
    case 'unusable':
      return { text: 'Leave it to Terraform.' };
    case 'tainted':
      return {
        text: `If it works, ${unbroken(`terraform untaint ${shellWord(reason.address)}`)}, then write the state again.`,
      };
    case 'deposed':
      if (reason.of === 'account') {
        const forget = unbroken(
          `terraform state rm ${[reason.address, ...reason.also].map((word) => shellWord(word)).join(' ')}`,
        );
        const text = `The next terraform apply deletes it with its data. To keep it, let Terraform forget all of it: ${forget}, and remove its resources there. Then import it by name.`;
        return { text, command: ['import', account] };
      }
      return { text: `Run ${unbroken('terraform apply')}, then write the state and import it again.` };
    case 'gone':
      return {
        text: `Remove it from Terraform, which would create it again: ${unbroken(`terraform state rm ${shellWord(reason.address)}`)}`,
      };
    case 'smoke_token':
      return { text: 'It expires by itself.' };
    case 'expired':
    case 'expires_soon':
      return NO_ACTION;
    case 'reserved_name':
      return reason.by === 'motherduck' || token === undefined ? NO_ACTION : revokeHint(token);
    case 'no_name':
    case 'older_generation':
    case 'managed_series':
      return token === undefined ? NO_ACTION : revokeHint(token);
    case 'name_too_long':
      return { text: 'Let the program use a token with a shorter name.' };
    case 'control_characters':
      return { text: 'Let the program use a token with another name.' };
    case 'both_types':
      return { text: 'Choose one of them by its id.', command: ['import', `${account}/${token?.id}`] };
    case 'same_name':
      return { text: 'Revoke the unused one at MotherDuck, then import again.' };
    case 'no_secret_path':
      return { text: `Give the store ${reason.need}, or choose another store with --store.` };
    case 'shared_block':
      return { text: `Give ${account} a tokens mapping of its own in that file, then import again.` };
    default:
      return reason satisfies never;
  }
}

/** Words a notice of an import. */
export function importNoticeText(notice: ImportNotice): Notice {
  const names = few(notice.names);
  const command = ['rotate', notice.names[0] ?? ''];
  switch (notice.kind) {
    case 'size_not_allowed':
      return unmanagedDucklings(names, 'their size is not among guardrails.allowed_sizes');
    case 'size_without_rate':
      return unmanagedDucklings(names, 'their size has no rate in compute_rates');
    case 'pools_too_large': {
      const why = `with them all pools would be larger than guardrails.max_pool_size_total ${notice.limit}`;
      return unmanagedDucklings(names, why);
    }
    case 'never_expires':
      return {
        message: `tokens that never expire, but whose replacements will: ${names}`,
        hint: { text: 'Rotate it once; then its policy applies.', command },
      };
    case 'long_lived':
      return {
        message: `tokens that live longer than guardrails.max_token_ttl, which their replacements will not: ${names}`,
        hint: { text: 'Rotate it before its policy does.', command },
      };
    case 'rotation_postponed': {
      const text = 'After its rotation, remove rotate_before, jitter and overlap from its line. Rotate it now.';
      return {
        message: `tokens that expire soon, and are rotated later than their policy says: ${names}`,
        hint: { text, command },
      };
    }
    case 'same_day': {
      const text = `Add "jitter: ${formatDuration(notice.jitter)}" to the policy, which spreads them over the days before.`;
      return {
        message: `${notice.count} tokens of the policy ${notice.policy} expire on one day and would always be rotated together: among them ${names}`,
        hint: { text },
      };
    }
    default:
      return notice satisfies never;
  }
}

function unmanagedDucklings(names: string, why: string): Notice {
  const text = 'To manage them, change that setting and add "ducklings" to the account\'s block.';
  return { message: `the Ducklings of ${names} stay unmanaged: ${why}`, hint: { text } };
}

/** What an import would cause beside adoptions, for the error that refuses it. */
export function obstacleText(obstacle: ImportObstacle): string {
  switch (obstacle.kind) {
    case 'new_action':
      return `${describe(obstacle.action)}, since ${reasonText(obstacle.action)}`;
    case 'dropped_action':
      return `${describe(obstacle.action)} would no longer happen`;
    case 'not_adopted':
      return `${obstacle.name} would not be adopted`;
    case 'new_notice':
      return noticeText(obstacle.notice).message;
    default:
      return obstacle satisfies never;
  }
}

function describe(action: Action): string {
  const { account } = action;
  const token = 'token' in action ? action.token : undefined;
  return `${action.action.replace('_', ' ')} ${entryName({ account, token })}`;
}
