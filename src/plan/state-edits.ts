/** The changes of a branch to the state, and the state with the values of its target branch where they decide. */
import { defined } from '../model/defined.ts';
import type { StateEdit } from '../model/notice.ts';
import {
  copiesOf,
  joinCopies,
  type RetiringToken,
  type State,
  type StateAccount,
  type StateToken,
  type StoredSecret,
  type TokenRecord,
} from '../model/state.ts';

/** What is known of something, by the words for it. */
type Facts = ReadonlyMap<string, unknown>;

/**
 * The accounts and tokens that are in only one of two states, or that differ, and in what. Without an account: the state itself.
 *
 * @param target The state of the target branch; undefined: it has none.
 */
export function stateEdits(target: State | undefined, state: State): StateEdit[] {
  const edits = compare(partsOf(target), partsOf(state));
  const fields = target === undefined ? [] : differingFacts(factsOf(target), factsOf(state));
  // Every run counts, and is noted.
  const own = edits.length === 0 ? fields : fields.filter((field) => field !== 'serial' && field !== 'runs');
  return own.length === 0 ? edits : [{ edit: 'edited', fields: own }, ...edits];
}

interface Part {
  readonly account: string;
  readonly token?: string;
  readonly facts: Facts;
}

function compare(before: ReadonlyMap<string, Part>, after: ReadonlyMap<string, Part>): StateEdit[] {
  const about = ({ account, token }: Part) => ({ account, ...defined({ token }) });
  const changed = [...after].flatMap(([key, part]): StateEdit[] => {
    const known = before.get(key);
    if (known === undefined) return [{ edit: 'added', ...about(part) }];
    const fields = differingFacts(known.facts, part.facts);
    return fields.length === 0 ? [] : [{ edit: 'edited', ...about(part), fields }];
  });
  const removed = [...before].filter(([key]) => !after.has(key));
  return [...changed, ...removed.map(([, part]): StateEdit => ({ edit: 'removed', ...about(part) }))];
}

function differingFacts(before: Facts, after: Facts): string[] {
  const said = (facts: Facts, name: string) => JSON.stringify(facts.get(name)) ?? '';
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => said(before, name) !== said(after, name));
}

function partsOf(state: State | undefined): ReadonlyMap<string, Part> {
  return new Map(
    [...(state?.accounts ?? [])].flatMap(([key, account]): [string, Part][] => [
      [key, { account: account.username, facts: factsOfAccount(account) }],
      ...[...account.tokens].map(([token, own]): [string, Part] => [
        `${key}/${token}`,
        { account: account.username, token, facts: factsOfToken(own) },
      ]),
    ]),
  );
}

function factsOf({ accounts: _, ...state }: State): Facts {
  return inWords(state);
}

function factsOfAccount({ tokens: _, ...account }: StateAccount): Facts {
  return inWords(account);
}

/** What is in several parts is compared part by part; everything else of the entry as it is. */
function factsOfToken({ current, generation, retiring, ...rest }: StateToken): Facts {
  const { secret, generation: of_current, ...record } = current ?? {};
  const known = secret === undefined || secret === 'unknown' ? {} : secret;
  return inWords({
    ...{ generation, of_current, ...record },
    ...(secret === 'unknown' ? { secret } : known),
    ...rest,
    retiring: retiring.map(({ retire_at: _, ...token }) => token),
    retire_at: retiring.map(({ retire_at = '' }) => retire_at),
  });
}

/** Fields whose names are not words; other names are shown with spaces for `_`. */
const WORDS: Readonly<Record<string, string>> = {
  of_current: 'generation of the current token',
  expires_at: 'expiry',
  created_at: 'creation time',
  rotate_before: 'rotate_before',
  at: 'time of storing',
  command: "hash of the store's command",
  fingerprint: 'fingerprint of the secret',
  verified_at: 'verification',
  failed_at: 'failed verification',
  retiring: 'replaced tokens',
  retire_at: 'end of an overlap',
  also: 'other stores of the secret',
  intents: 'interrupted creations',
  intent: 'interrupted call',
  stored: 'earlier secret',
  revoke_old: 'requested revocation',
  smoke: 'smoke test',
};

function inWords(fields: object): Facts {
  return new Map(Object.entries(fields).map(([name, value]) => [WORDS[name] ?? name.replaceAll('_', ' '), value]));
}

/**
 * The state for the judgements of a plan: what a branch could have forged in it is as its target branch has it. What the target
 * branch does not have is as if it were just adopted: its secret is unknown.
 */
export function vouchedState(target: State | undefined, state: State): State {
  const accounts = [...state.accounts].map(([key, account]): [string, StateAccount] => {
    const known = target?.accounts.get(key)?.tokens ?? new Map<string, StateToken>();
    // A token can have another key meanwhile.
    const byId = new Map([...known.values()].map((token) => [token.current?.id, token]));
    const tokens = [...account.tokens].map(([name, token]): [string, StateToken] => [
      name,
      token.current ? vouchedToken(byId.get(token.current.id) ?? known.get(name), token, token.current) : token,
    ]);
    return [key, { ...account, tokens: new Map(tokens) }];
  });
  return { ...state, accounts: new Map(accounts) };
}

function vouchedToken(target: StateToken | undefined, token: StateToken, current: TokenRecord): StateToken {
  const { stored: _, ...rest } = token;
  const known = new Map(target?.retiring.map((one) => [one.id, one]));
  const retiring = token.retiring.map((one) => laterEnd(known.get(one.id), one));
  const stored = defined({ stored: target?.stored });
  return { ...rest, ...stored, current: vouchedRecord(target?.current, current), retiring };
}

function vouchedRecord(target: TokenRecord | undefined, record: TokenRecord): TokenRecord {
  const { overlap: _overlap, rotate_before: _margin, ...rest } = record;
  if (target === undefined) {
    const { ttl: _ttl, verified_at: _verified, ...adopted } = rest;
    return { ...adopted, secret: 'unknown' };
  }
  const { overlap, rotate_before } = target;
  const policy = {
    ...defined({ overlap, rotate_before }),
  };
  return { ...rest, ...policy, secret: vouchedSecret(target, record) };
}

function vouchedSecret({ id, secret: known }: TokenRecord, record: TokenRecord): StoredSecret | 'unknown' {
  const { secret } = record;
  if (secret === 'unknown' || (known === 'unknown' && id === record.id)) return 'unknown';
  const commands = new Map(known === 'unknown' ? [] : copiesOf(known).map(({ store, command }) => [store, command]));
  const vouched = copiesOf(secret).map(({ command: _, ...rest }): StoredSecret => {
    const command = commands.get(rest.store);
    return command === undefined ? rest : { ...rest, command };
  });
  return joinCopies(vouched) ?? 'unknown';
}

function laterEnd(target: RetiringToken | undefined, token: RetiringToken): RetiringToken {
  const [known, end] = [target?.retire_at, token.retire_at];
  return known === undefined || end === undefined || known <= end ? token : { ...token, retire_at: known };
}
