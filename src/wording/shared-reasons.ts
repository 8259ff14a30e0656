/** The wording of the reason of identical changes, which a report shows as one: without the lines, names and times in which they differ. */
import {
  type Action,
  type AdoptToken,
  type CreateToken,
  isStoring,
  type RevokeToken,
  type RotateToken,
} from '../model/action.ts';
import { describeSpan } from '../model/time.ts';
import { ducklingChanges } from '../plan/ducklings.ts';
import {
  firstSecretText,
  movesText,
  noOverlapText,
  REMOVAL_REASONS,
  type RequestedRevocation,
  reasonText,
  SETUP_REASONS,
  tokenChangeText,
} from './reasons.ts';

/** Whether the reason of an action is in the singular, so that several accounts need the shared one. */
export const speaksOfOne = ({ action }: Action): boolean => action === 'delete_account';

/** Words the reason of identical changes: without the lines, names and times in which they differ. */
export function sharedReasonText(action: Action): string {
  const isMoved =
    isStoring(action) &&
    movesText(action) !== '' &&
    action.after.secret_moves?.before !== action.after.secret_moves?.after;
  const first = action.action === 'rotate_token' ? firstSecretText(action) : '';
  return `${ownSharedText(action)}${isMoved ? '; the secret moves' : ''}${first}`;
}

function ownSharedText(action: Action): string {
  const { reason } = action;
  switch (action.action) {
    case 'create_account':
      if (reason.kind === 'deleted') return 'deleted with mdacc, in a run that did not end; created again';
      return reason.kind === 'new' ? 'new' : 'deleted outside of mdacc: in the state, no longer in MotherDuck';
    case 'set_ducklings':
      return action.before === null ? 'the account is new' : ducklingChanges(action.after, action.before).join('; ');
    case 'create_token':
      return action.reason.kind === 'interrupted' && action.reason.stored === false
        ? 'an interrupted run created a token, and did not store its secret'
        : CREATED[action.reason.kind];
    case 'adopt_token':
      return sharedAdoptionText(action);
    case 'rotate_token':
      if (action.reason.kind === 'due') {
        const { policy, rotate_before, earlier = 0 } = action.reason;
        const jitter = action.reason.earlier === undefined ? '' : ', or earlier by its jitter';
        return `due: policy ${policy} rotates at ${describeSpan(rotate_before - earlier)}${jitter}`;
      }
      if (action.reason.kind === 'changed' && action.reason.change.field !== 'name') {
        return tokenChangeText(action.reason.change);
      }
      if (action.reason.kind === 'interrupted' && action.reason.left === 'revocation') {
        return 'an interrupted run was to replace it and to revoke it at once';
      }
      return ROTATED[action.reason.kind];
    case 'revoke_token':
      return action.reason.kind === 'requested' ? sharedRequestText(action.reason) : REVOKED[action.reason.kind];
    case 'run_setup':
      return SETUP_REASONS[action.reason.kind];
    case 'delete_account':
      return `${REMOVAL_REASONS[action.reason.kind]}; this also deletes the tokens, databases and shares of each account`;
    case 'forget':
      if (action.token === undefined) return reasonText(action);
      return `${reason.kind === 'suspended' ? 'suspended' : REVOKED.removed}, without live tokens`;
    default:
      return reasonText(action);
  }
}

function sharedAdoptionText({ reason, between = [] }: AdoptToken): string {
  switch (reason.kind) {
    case 'unmanaged':
      return 'live and not in the state: adopted as they are, with unknown secrets';
    case 'newer': {
      const than = reason.current === undefined ? '' : ', and newer than those in the state';
      const retire = between.length === 0 ? '' : ', and those between retire';
      return `live and not in the state${than}: adopted as they are, with unknown secrets${retire}`;
    }
    default:
      return `renamed in the configuration: ${reason.replaced ? 'their entries move, and the tokens are replaced' : 'the tokens stay'}`;
  }
}

const CREATED: Readonly<Record<CreateToken['reason']['kind'], string>> = {
  new_account: 'the account is new',
  new: 'in the configuration and not in MotherDuck',
  interrupted: 'an interrupted run created a token whose secret may not be stored',
  resumed: 'no longer suspended; old secrets stay invalid',
  expired: 'expired',
  revoked: 'revoked outside of mdacc',
};
const ROTATED: Readonly<Record<Exclude<RotateToken['reason']['kind'], 'due'>, string>> = {
  requested: 'requested with mdacc rotate',
  changed: 'the name changed',
  interrupted: 'an interrupted run left another token, or an unverified one',
};
const REVOKED: Readonly<Record<Exclude<RevokeToken['reason']['kind'], 'requested'>, string>> = {
  removed: 'removed from the configuration',
  suspended: 'suspended; the account and its data stay',
  overlap_ended: 'replaced, and the overlap ended',
  orphan: 'an interrupted run created it, and its secret was not stored',
};

function sharedRequestText(request: RequestedRevocation): string {
  const by = request.at === undefined ? '' : ' by a run that did not end';
  return `requested with --revoke-old${by}: ${noOverlapText(request)}`;
}
