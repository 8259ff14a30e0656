/** The wording of the reason of an action, for every output format and for the audit. */
import {
  type Action,
  type CreateToken,
  type DeleteAccount,
  deletedTokens,
  type InterruptedRotation,
  isStoring,
  type RevokeToken,
  type RotateToken,
  type SourceLine,
} from '../model/action.ts';
import { type ShownToken, storesIn, type TokenChange } from '../model/planned-token.ts';
import { dayOf, describeSpan, formatDuration, showTime } from '../model/time.ts';
import { counted, enumerated, few } from '../model/wording.ts';
import { ducklingChanges } from '../plan/ducklings.ts';

/** Words the reason of an action for a reviewer. */
export function reasonText(action: Action): string {
  const moves = isStoring(action) ? movesText(action) : '';
  return `${ownReasonText(action)}${moves}`;
}

/** Programs read a moved secret from its old secret path until they are reconfigured. */
export function movesText({ reason, after: { secret_moves: moves } }: CreateToken | RotateToken): string {
  if (moves === undefined) return '';
  // Another store has the same file and variable.
  if (moves.before === moves.after)
    return `; its secret stays at ${moves.after}, and a token is replaced when its store gets another name`;
  const change = reason.kind === 'changed' ? reason.change : undefined;
  const isSaid =
    change?.field === 'secret_store' && ![change.before, change.after].every((one) => typeof one === 'string');
  if (change?.field === 'secret_path' || isSaid) return '';
  return `; its secret moves: ${moves.before} -> ${moves.after}`;
}

/** Programs that have the old secret from elsewhere stop with it. */
export function firstSecretText({ after }: RotateToken): string {
  if (after.first_secret === undefined || after.keeps_old) return '';
  const by = after.revokes_old === undefined ? ` within ${formatDuration(after.overlap)}` : ' at once';
  return `; adopted, so its programs must be given the new secret${by}`;
}

function ownReasonText(action: Action): string {
  switch (action.action) {
    case 'create_account':
      if (action.reason.kind === 'deleted') {
        return `deleted with mdacc on ${dayOf(action.reason.at)}, in a run that did not end; it is created again`;
      }
      return action.reason.kind === 'new'
        ? `new${inBrackets(action.location)}`
        : `deleted outside of mdacc: in the state since ${dayOf(action.reason.since)}, no longer in MotherDuck`;
    case 'adopt_account':
      return action.reason.kind === 'deleted'
        ? `${deletedText(action.reason.at)} outside of mdacc, with another user id: adopted as it is`
        : ADOPTED[action.reason.kind];
    case 'set_ducklings': {
      const { reason, location, before, after } = action;
      if (reason.kind === 'new_account' || before === null) return `the account is new${lineText(location)}`;
      return `${ducklingChanges(after, before).join('; ')}${lineText(location)}`;
    }
    case 'create_token': {
      const { reason } = action;
      switch (reason.kind) {
        case 'new_account':
          return 'the account is new';
        case 'new':
          return 'it is in the configuration and not in MotherDuck';
        case 'resumed':
          return 'its account is no longer suspended; its old secrets stay invalid';
        case 'interrupted':
          return reason.stored === false
            ? `an interrupted run created "${reason.orphan}", and did not store its secret`
            : `an interrupted run created "${reason.orphan}", whose secret may not be stored`;
        case 'expired':
          return `"${reason.name}" expired ${showTime(Date.parse(reason.expired_at))}`;
        default:
          return `revoked outside of mdacc: "${reason.name}" (${reason.id}) is no longer in MotherDuck`;
      }
    }
    case 'adopt_token': {
      const { reason, after, between = [] } = action;
      switch (reason.kind) {
        case 'unmanaged':
          return `"${after.name}" is live and not in the state: adopted as it is, with an unknown secret`;
        case 'newer': {
          const than = reason.current === undefined ? '' : `, and newer than its "${reason.current}"`;
          return `"${after.name}" is live and not in the state${than}: adopted as it is, with an unknown secret${retireText(between)}`;
        }
        default:
          return `renamed in the configuration, from "${reason.from}" to "${action.token}": ${reason.replaced ? 'its entry moves, and the token is replaced' : 'the token stays'}`;
      }
    }
    case 'rotate_token':
      return `${rotationText(action)}${firstSecretText(action)}`;
    case 'revoke_token': {
      const { reason, before } = action;
      switch (reason.kind) {
        case 'removed':
          return `"${action.token}" was removed from the configuration`;
        case 'suspended':
          return `suspended${inBrackets(action.location)}; the account and its data stay`;
        case 'overlap_ended':
          return `replaced, and its overlap ended ${showTime(Date.parse(reason.retire_at))}`;
        case 'requested':
          return requestText(reason);
        case 'orphan':
          return `an interrupted run created "${before.name}", and its secret was not stored`;
        default:
          return reason satisfies never;
      }
    }
    case 'run_setup': {
      const { reason, location, after } = action;
      const again = after.statements.length - after.new_statements.length;
      const noun = after.new_statements.length === 0 ? 'statement' : 'other statement';
      const repeats = again === 0 ? '' : `; ${counted(again, noun)} ${again === 1 ? 'runs' : 'run'} again`;
      return `${SETUP_REASONS[reason.kind]}${lineText(location)}${repeats}`;
    }
    case 'delete_account': {
      const tokens = counted(deletedTokens(action).length, 'token');
      return `${REMOVAL_REASONS[action.reason.kind]}; this also deletes its ${tokens} and all databases and shares it owns${createdText(action)}`;
    }
    case 'forget':
      if (action.reason.kind === 'deleted') {
        return `${deletedText(action.reason.at)} outside of mdacc, with another user id: that account is not managed, and stays`;
      }
      if (action.reason.kind === 'replaced_outside') {
        return 'deleted outside of mdacc, and another account has its name now, which stays';
      }
      if (action.reason.kind === 'unconfirmed') {
        return 'its creation was never confirmed, so the account of that name may be another one, which stays';
      }
      if (action.reason.kind === 'suspended') {
        return `suspended${inBrackets(action.location)}, and "${action.token}" has no live tokens`;
      }
      return action.token === undefined
        ? `${REMOVAL_REASONS[action.reason.kind]}, and it is no longer in MotherDuck`
        : `"${action.token}" was removed from the configuration, and has no live tokens`;
    default:
      return action satisfies never;
  }
}

/** Of an account whose name another one has now. @param at When its deletion began. */
function deletedText(at: string): string {
  return `deleted with mdacc on ${showTime(Date.parse(at))}, in a run that did not end; created again`;
}

export const SETUP_REASONS = {
  new_account: 'the account is new',
  unset: 'its setup never ran',
  changed: 'its setup changed',
  interrupted: 'its setup failed before, or its run was interrupted',
} as const;

const ADOPTED = {
  unmanaged: 'it exists at MotherDuck and is not in the state: adopted as it is',
  interrupted: 'an interrupted run may have created it: adopted as it is',
  replaced_outside: 'deleted and created again outside of mdacc, with another user id: adopted as it is',
} as const;

export const REMOVAL_REASONS = {
  removed: 'removed from the configuration',
  destroyed: 'requested with mdacc destroy',
} as const;

function rotationText({ reason, location }: RotateToken): string {
  switch (reason.kind) {
    case 'interrupted':
      return interruptionText(reason);
    case 'requested':
      return 'requested with mdacc rotate';
    case 'changed':
      return `${tokenChangeText(reason.change)}${lineText(location)}`;
    default: {
      const left = describeSpan(reason.seconds_left);
      if (reason.shortened) {
        return `expires in ${left}; MotherDuck gave it less life than policy ${reason.policy} asks, so it rotates at ${describeSpan(reason.rotate_before)}`;
      }
      const { policy, rotate_before, earlier = 0 } = reason;
      const jitter = earlier === 0 ? '' : ` and ${describeSpan(earlier)} of jitter`;
      return `expires in ${left}, policy ${policy} rotates at ${describeSpan(rotate_before - earlier)}${jitter}`;
    }
  }
}

function interruptionText({ left, name, current }: InterruptedRotation): string {
  switch (left) {
    case 'orphan':
      return `an interrupted run left "${name}", which may be in the store instead of "${current}"`;
    case 'intent':
      return `an interrupted run may have stored the secret of "${name}" instead of that of "${current}"`;
    case 'revocation':
      return `an interrupted run was to replace "${current}" and to revoke it at once`;
    default:
      return `an interrupted run stored "${current}" and did not verify it`;
  }
}

export type RequestedRevocation = Extract<RevokeToken['reason'], { readonly kind: 'requested' }>;

/** Of a token that does not live on for an overlap. */
function requestText(request: RequestedRevocation): string {
  const { at } = request;
  const when = at === undefined ? '' : ` ${showTime(Date.parse(at))}, by a run that did not end`;
  return `requested with --revoke-old${when}: ${noOverlapText(request)}`;
}

export function noOverlapText({ force }: RequestedRevocation): string {
  return force ? 'no overlap, whether the new token connects or not' : 'no overlap, once the new token connects';
}

/** `ttl 90d -> 30d`. */
export function tokenChangeText(change: TokenChange): string {
  switch (change.field) {
    case 'name':
      return `name "${change.before}" -> "${change.after}"`;
    case 'ttl':
      return `ttl ${ttlText(change.before)} -> ${ttlText(change.after)}${change.after === null ? ', so it does not expire any more' : ''}`;
    case 'type':
      return `type ${change.before} -> ${change.after}, so it may ${change.after === 'read_write' ? 'write from now on' : 'not write any more'}`;
    case 'secret_store': {
      const [before, after] = [storesIn(change.before), storesIn(change.after)];
      const names = (stores: readonly string[]) => stores.join(', ');
      if (before.length === 1 && after.length === 1) return `secret store ${names(before)} -> ${names(after)}`;
      const added = after.filter((store) => !before.includes(store));
      const left = before.filter((store) => !after.includes(store));
      const parts = [
        ...(added.length === 0 ? [] : [`${names(added)} gets it too, which needs a new secret`]),
        ...(left.length === 0
          ? []
          : [
              `${names(left)} gets it no more, and is cleared of the old one, where it can be, when that token is revoked`,
            ]),
      ];
      return `secret stores ${names(before)} -> ${names(after)} (${parts.join('; ')})`;
    }
    default:
      return `${change.field.replace('_', ' ')} ${change.before} -> ${change.after}`;
  }
}

/** Only what its setup created is known by name. */
function createdText({ before: { created } }: DeleteAccount): string {
  if (created === undefined) return '';
  const { databases, shares } = created;
  const named = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`the ${what}${names.length === 1 ? '' : 's'} ${few(names)}`];
  const parts = [
    ...named('database', databases),
    ...named(
      'share',
      shares.map(({ name }) => name),
    ),
  ];
  return `, among them ${enumerated(parts)} of its setup`;
}

function ttlText(ttl: number | null): string {
  return ttl === null ? 'never' : formatDuration(ttl);
}

/** `, configuration line 31`, or `, accounts/tenants.yaml line 7` in an included file. */
function lineText(location: SourceLine | undefined): string {
  return location === undefined ? '' : `, ${location.file ?? 'configuration'} line ${location.line}`;
}

/** ` (line 31)`. */
function inBrackets(location: SourceLine | undefined): string {
  return location === undefined ? '' : ` (${shortLine(location)})`;
}

/** `line 31`, or `accounts/tenants.yaml line 7` in an included file. */
export function shortLine({ file, line }: SourceLine): string {
  return file === undefined ? `line ${line}` : `${file} line ${line}`;
}

/** Those that the adopted token replaced meanwhile. */
function retireText(between: readonly ShownToken[]): string {
  if (between.length === 0) return '';
  return `, and ${few(between.map(({ name }) => `"${name}"`))} ${between.length === 1 ? 'retires' : 'retire'}`;
}
