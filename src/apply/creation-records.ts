/** What the state records of a creation: its intent, that storing begins, and its result. */
import { type CreateToken, type RotateToken, storesOf } from '../model/action.ts';
import { defined } from '../model/defined.ts';
import type { DesiredAccount } from '../model/desired.ts';
import {
  copiesElsewhere,
  copiesOf,
  type RetiringToken,
  secretOfIntent,
  type TokenIntent,
  type TokenRecord,
} from '../model/state.ts';
import { isoTime } from '../model/time.ts';
import { UserError } from '../model/user-error.ts';
import type { WireToken } from '../model/wire.ts';
import { policyOf } from '../plan/recorded-policy.ts';
import { withoutDoneRequest } from '../plan/revoke-request.ts';
import { copyIn, storedSecret } from '../secrets/recorded-secrets.ts';
import type { SecretStore } from '../secrets/store.ts';
import { withoutOverlap } from './adopt.ts';
import { openIntents } from './refresh-state.ts';
import { withoutReplaced } from './removal-records.ts';
import { liveTokens, type TokenTools } from './revoke-token.ts';
import { recordFirst, tokenOf, updateToken } from './state-writer.ts';

/** Before the creation: a live token of the name is an orphan of this run if no result follows. */
export async function recordIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
): Promise<void> {
  const { name, generation } = action.after;
  const address = { account: account.username, token: action.token };
  const [to, ...also] = storesOf(action)
    .flatMap((name) => tools.stores.get(name) ?? [])
    .map((store) => copyIn(store, address));
  const at = isoTime(tools.api.now());
  const intent = { name, generation, at, storing: false, ...to, ...(also.length === 0 ? {} : { also }) };
  const force = action.after.revokes_old === 'stored' ? { force: true as const } : {};
  const request = action.after.revokes_old && { revoke_old: { at, generation: generation - 1, ...force } };
  await recordFirst(tools.stateWriter, account.username, () =>
    updateToken(tools.stateWriter, account.username, action.token, (entry) => ({
      ...entry,
      generation: Math.max(entry.generation, generation),
      intents: [...entry.intents, intent],
      ...request,
    })),
  );
}

/** From here on, programs may find the secret in the store. */
export function recordStoring(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  fingerprint: string,
  tools: TokenTools,
): Promise<void> {
  return recordFirst(tools.stateWriter, account.username, () =>
    updateToken(tools.stateWriter, account.username, action.token, (entry) => ({
      ...entry,
      intents: entry.intents.map((intent) =>
        intent.name === action.after.name ? { ...intent, storing: true, fingerprint } : intent,
      ),
    })),
  );
}

/**
 * Removes the intent of a call whose token is gone or was never created.
 *
 * @param before The generation that stays; by default the name is used again.
 */
export async function dropIntent(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  tools: TokenTools,
  before = action.after.generation - 1,
): Promise<void> {
  await updateToken(tools.stateWriter, account.username, action.token, (entry) => {
    const intents = entry.intents.filter((intent) => intent.name !== action.after.name);
    const generation = entry.generation === action.after.generation ? before : entry.generation;
    const empty =
      generation === 0 && entry.current === undefined && intents.length === 0 && entry.retiring.length === 0;
    return empty ? undefined : { ...entry, generation, intents };
  });
}

/** The secret is stored: the token is current, and what it replaces begins to retire. */
export async function recordResult(
  action: CreateToken | RotateToken,
  account: DesiredAccount,
  record: WireToken,
  { stores, fingerprint }: { readonly stores: readonly SecretStore[]; readonly fingerprint: string },
  tools: TokenTools,
): Promise<void> {
  const { name, generation, type, ttl } = action.after;
  const address = { account: account.username, token: action.token };
  const { serial } = tools.stateWriter.state;
  const stored = storedSecret(stores, address, { at: isoTime(tools.api.now()), fingerprint, serial });
  const desired = account.tokens.get(action.token);
  const created: TokenRecord = {
    id: record.id,
    name,
    generation,
    type,
    created_at: record.created_ts,
    expires_at: record.expire_at ?? null,
    ttl,
    ...(desired === undefined ? {} : policyOf(desired)),
    secret: stored,
  };
  const before = tokenOf(tools.stateWriter, account.username, action.token).current;
  const moved = (secret: TokenRecord['secret'] = 'unknown') =>
    secret === 'unknown' ? undefined : copiesElsewhere(secret, stored);
  const left = moved(before?.secret);
  await updateToken(
    tools.stateWriter,
    account.username,
    action.token,
    ({ current, stored: _replaced, suspended: _resumed, ...entry }) => {
      const { orphans = [] } = action.after;
      const replaced = [...(action.before !== null && current !== undefined ? [current] : []), ...orphans].map(
        ({ id, name, expires_at }): RetiringToken => {
          const intent = entry.intents.find((each) => each.name === name);
          const isCurrent = id === current?.id;
          const secret = isCurrent ? left : moved(intent && secretOfIntent(intent));
          return {
            id,
            name,
            expires_at,
            ...defined({ secret }),
            ...fingerprintIn(isCurrent ? current.secret : intent),
          };
        },
      );
      const done = new Set([name, ...orphans.map((orphan) => orphan.name)]);
      const others = entry.intents.filter((intent) => !done.has(intent.name));
      const intents = openIntents(
        { current: created, intents: others },
        liveTokens(account.username, tools),
        tools.api.now(),
      );
      // No replacement of these was verified, so their overlaps begin now, whatever the state says.
      const toRetire = new Set((action.after.retiring ?? []).map(({ id }) => id));
      const retiring = entry.retiring.map((old) => (toRetire.has(old.id) ? withoutOverlap(old) : old));
      const older = withoutReplaced({ ...entry, retiring, intents }, stored);
      return withoutDoneRequest({ ...older, current: created, retiring: [...older.retiring, ...replaced] });
    },
  );
  // The token that it replaces is gone already, so nothing reads its secret any more.
  if (action.before === null && left !== undefined) {
    for (const secret of copiesOf(left)) {
      const record = { ...address, id: before?.id ?? '', secret, interrupted: [] };
      await tools.remover.remove(record).catch(ignoreFailure);
    }
  }
}

/** The new secret is stored; an old one that cannot be removed does not undo that. */
function ignoreFailure(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

function fingerprintIn(secret: TokenRecord['secret'] | TokenIntent = 'unknown'): Pick<RetiringToken, 'fingerprint'> {
  return secret === 'unknown' || secret.fingerprint === undefined ? {} : { fingerprint: secret.fingerprint };
}
