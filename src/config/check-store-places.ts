/** No two tokens may write the same place of a store: the secret of one of them would be lost. */
import type { SecretStoreConfig } from '../model/desired.ts';
import { variableOf } from '../model/secret-variable.ts';
import { expandWords } from '../model/store-command.ts';
import { accountKey } from '../model/username.ts';
import type { Problems } from './diagnostics.ts';
import type { ResolvedAccount, ResolvedToken } from './resolve.ts';
import type { Span } from './source.ts';
import type { ResolvedStore } from './stores.ts';
import { child, fromEnvironment, itemsOf } from './tree.ts';
import { quote } from './wording.ts';

interface Writer {
  readonly account: ResolvedAccount;
  readonly token: ResolvedToken;
}

/** Where a token's secret goes. */
interface Place {
  /** The same for the same place. */
  readonly key: string;
  /** The same for places that some stores take for one. */
  readonly folded: string;
  readonly shown: string;
  readonly hint: string;
}

/** Looks at all accounts: `a-b` and `a_b` come to the same variable, as `x` of `a_b` and `b_x` of `a` do. */
export function checkCollisions(
  stores: readonly ResolvedStore[],
  accounts: readonly ResolvedAccount[],
  problems: Problems,
): void {
  const byName = new Map(stores.map((store) => [store.config.name, store]));
  const writers = new Map<string, Writer>();
  const alike = new Map<string, Writer>();
  // A token of a template stands at one place for all its accounts; it is pointed at once.
  const reported = new Set<Span>();
  for (const account of accounts) {
    for (const token of account.tokens) {
      const store = byName.get(token.settings.store?.value ?? '');
      const place = store && placeOf(store, account, token);
      if (place === undefined) continue;
      const writer = { account, token };
      const same = writers.get(place.key);
      const near = alike.get(place.folded);
      if (same === undefined) writers.set(place.key, writer);
      if (near === undefined) alike.set(place.folded, writer);
      const other = same ?? near;
      if (other === undefined || reported.has(token.at) || areOneAccount(account, other.account)) continue;
      reported.add(token.at);
      report(writer, other, place, same === undefined ? 'near' : 'same', problems);
    }
  }
}

/** Undefined when each token has a place of its own whatever it is called. */
function placeOf(store: ResolvedStore, account: ResolvedAccount, token: ResolvedToken): Place | undefined {
  const { config } = store;
  const address = { account: account.username, token: token.key };
  if (config.kind === 'exec') return placeOfCommand(store, config.command, address, token);
  return config.format === 'dotenv' ? placeOfVariable(store, config, address) : undefined;
}

function placeOfVariable(
  { node, target }: ResolvedStore,
  config: SecretStoreConfig & { readonly kind: 'file' },
  address: { readonly account: string; readonly token: string },
): Place {
  const variable = variableOf(config.variable, address);
  const key = JSON.stringify(['file', target ?? config.path, variable]);
  return {
    key,
    folded: key,
    shown: `${fromEnvironment(child(node, 'variable')) ? 'the same variable' : variable} of one file`,
    hint: 'rename a token, or give the store a variable with {ACCOUNT} and {TOKEN} that tells them apart',
  };
}

/** What changes from one rotation to the next is not put in: an older secret of the other token would be written over. */
function placeOfCommand(
  { node, config }: ResolvedStore,
  command: readonly string[],
  address: { readonly account: string; readonly token: string },
  { settings }: ResolvedToken,
): Place {
  const { type } = settings;
  const words = expandWords(command, { ...address, ...(type?.value === undefined ? {} : { type: type.value }) });
  const nodes = itemsOf(child(node, 'command'));
  const named = words.filter((word, index) => word !== command[index] && !fromEnvironment(nodes[index]));
  const key = JSON.stringify(['exec', ...words]);
  return {
    key,
    folded: key.toLowerCase().replaceAll('-', '_'),
    shown: `${named.length === 0 ? 'the same' : named.map(quote).join(' ')} by the command of ${config.name}`,
    hint: 'rename a token, or put {account} and {token} into the command so that they are told apart',
  };
}

/** Whether they differ only in case, which has been reported. */
function areOneAccount(a: ResolvedAccount, b: ResolvedAccount): boolean {
  return a !== b && accountKey(a.username) === accountKey(b.username);
}

/** Some stores, as the secrets of GitHub and key vaults, know no case, or no `-` beside `_`; others do, so that is a warning. */
function report(writer: Writer, other: Writer, place: Place, how: 'same' | 'near', problems: Problems): void {
  const name = ({ account, token }: Writer): string => `${account.username}/${token.key}`;
  const both = `${name(other)} and ${name(writer)}`;
  const related = other.token === writer.token ? {} : { related: { message: 'the other stands', at: other.token.at } };
  if (how === 'same') {
    const message = `${both} both write ${place.shown}`;
    problems.error('store-collision', writer.token.at, message, { ...related, hint: place.hint });
  } else {
    const message = `${both} write names that differ only in case, or in - and _: ${place.shown}`;
    const hint = 'some stores take them for one, and would lose a secret: rename a token if yours does';
    problems.warning('store-collision', writer.token.at, message, { ...related, hint });
  }
}
