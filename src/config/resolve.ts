import { defined } from '../model/defined.ts';
import type { Problems } from '../yaml/problems.ts';
import type { Span } from '../yaml/source.ts';
import { booleanOf, child, entriesOf, itemsOf, type MapEntry, type Node, textOf } from '../yaml/tree.ts';
import { NameLookup } from './name-lookup.ts';
import type { Sections } from './sections.ts';
import {
  type DucklingSettings,
  ducklingSettings,
  overlay,
  POLICY_LAYER,
  type TokenSettings,
  tokenSettings,
} from './settings.ts';

/** A configuration in which every name is resolved: the settings of each account and token, with their locations. */
export interface Resolved {
  readonly sections: Sections;
  /** The names of each section, which know whether they were used. */
  readonly names: readonly NameLookup[];
  readonly policies: readonly ResolvedPolicy[];
  readonly pools: readonly ResolvedDucklings[];
  readonly accounts: readonly ResolvedAccount[];
  /** Templates as if each were an account, so that errors in unused templates are found too. */
  readonly templates: readonly ResolvedAccount[];
}

/** A token policy, found by its name. */
interface ResolvedPolicy {
  readonly name: string;
  readonly at: Span;
  readonly settings: TokenSettings;
}

/** A token with the settings of its policy and its own. */
export interface ResolvedToken {
  readonly key: string;
  /** The location of its key, in the account or in its template. */
  readonly at: Span;
  /** Its name at MotherDuck, unless that is the key. */
  readonly name?: Node;
  /** Absent when the policy does not exist, which has been reported. */
  readonly policy?: ResolvedPolicy;
  readonly settings: TokenSettings;
}

/** The Ducklings of an account with the settings of their pool and its own. */
interface ResolvedDucklings {
  readonly at: Span;
  readonly settings: DucklingSettings;
}

/** An account with what its template sets. */
export interface ResolvedAccount {
  readonly username: string;
  readonly at: Span;
  readonly ducklings?: ResolvedDucklings;
  readonly tokens: readonly ResolvedToken[];
  /** Where `suspended: true` is; absent: it is not suspended. */
  readonly suspended?: Span;
  readonly deletionProtection: boolean;
  readonly smoke: false | { readonly query?: string; readonly database?: string };
  readonly smokeQuery: Node | undefined;
  /** The statements of `setup` as written. */
  readonly setup: readonly Node[];
}

/** Resolves the names of policies, pools, templates and stores; reports those that do not exist. */
export function resolve(sections: Sections, problems: Problems): Resolved {
  return new Resolver(sections, problems).resolve();
}

const STORES = { section: 'secret_stores', noun: 'secret store', unknown: 'unknown-store' } as const;
const POLICIES = { section: 'token_policies', noun: 'policy', unknown: 'unknown-policy' } as const;
const POOLS = { section: 'duckling_pools', noun: 'pool', unknown: 'unknown-pool' } as const;
const TEMPLATES = { section: 'templates', noun: 'template', unknown: 'unknown-template' } as const;

class Resolver {
  readonly #sections: Sections;
  readonly #names: Readonly<Record<'stores' | 'policies' | 'pools' | 'templates', NameLookup>>;
  readonly #policies = new Map<MapEntry, ResolvedPolicy>();
  readonly #pools = new Map<MapEntry, ResolvedDucklings>();
  /** Cached, because all accounts of a template share its tokens. */
  readonly #tokens = new Map<MapEntry, ResolvedToken>();

  constructor(sections: Sections, problems: Problems) {
    this.#sections = sections;
    this.#names = {
      stores: new NameLookup(STORES, sections.stores, problems),
      policies: new NameLookup(POLICIES, sections.policies, problems),
      pools: new NameLookup(POOLS, sections.pools, problems),
      templates: new NameLookup(TEMPLATES, sections.templates, problems),
    };
  }

  resolve(): Resolved {
    const sections = this.#sections;
    return {
      sections,
      names: Object.values(this.#names),
      policies: [...sections.policies.values()].map((entry) => this.#policy(entry)),
      pools: [...sections.pools.values()].map((entry) => this.#pool(entry)),
      templates: [...sections.templates.values()].map((entry) => this.#account(entry)),
      accounts: [...sections.accounts.values()].map((entry) => this.#account(entry)),
    };
  }

  #account({ key, keyAt, value }: MapEntry): ResolvedAccount {
    const template = this.#names.templates.find(child(value, 'template'))?.value;
    const ducklings = this.#ducklings(child(template, 'ducklings'), child(value, 'ducklings'));
    const suspended = child(value, 'suspended');
    // A token of the template keeps its position when the account overrides it.
    const tokens = new Map([...entriesOf(child(template, 'tokens')), ...entriesOf(child(value, 'tokens'))]);
    return {
      username: key,
      at: keyAt,
      ...defined({ ducklings }),
      tokens: [...tokens.values()].map((entry) => this.#token(entry)),
      ...(suspended !== undefined && booleanOf(suspended) ? { suspended: suspended.at } : {}),
      deletionProtection:
        booleanOf(child(value, 'deletion_protection')) ?? booleanOf(child(template, 'deletion_protection')) ?? true,
      smoke: smokeOf(child(template, 'smoke'), child(value, 'smoke')),
      smokeQuery: smokeNode('query', child(template, 'smoke'), child(value, 'smoke')),
      setup: itemsOf(child(value, 'setup') ?? child(template, 'setup')),
    };
  }

  /** Merges three layers: a pool, the settings of the template, those of the account. A pool of the account replaces the first two. */
  #ducklings(fromTemplate: Node | undefined, own: Node | undefined): ResolvedDucklings | undefined {
    if (own === undefined) return fromTemplate === undefined ? undefined : this.#written(fromTemplate, 1);
    if (fromTemplate === undefined || poolName(own) !== undefined) return this.#written(own, 1);
    const base = this.#written(fromTemplate, 1);
    return { at: own.at, settings: overlay(base.settings, ducklingSettings(own, 2)) };
  }

  #written(node: Node, layer: number): ResolvedDucklings {
    const pool = this.#names.pools.find(poolName(node));
    const written = ducklingSettings(node, layer);
    return { at: node.at, settings: pool === undefined ? written : overlay(this.#pool(pool).settings, written) };
  }

  #pool(entry: MapEntry): ResolvedDucklings {
    const known = this.#pools.get(entry) ?? { at: entry.keyAt, settings: ducklingSettings(entry.value, 0) };
    this.#pools.set(entry, known);
    return known;
  }

  #policy(entry: MapEntry): ResolvedPolicy {
    const known = this.#policies.get(entry);
    if (known !== undefined) return known;
    const policy = {
      name: entry.key,
      at: entry.keyAt,
      settings: this.#stored(tokenSettings(entry.value, POLICY_LAYER)),
    };
    this.#policies.set(entry, policy);
    return policy;
  }

  #token(entry: MapEntry): ResolvedToken {
    const known = this.#tokens.get(entry);
    if (known !== undefined) return known;
    const { key, keyAt, value } = entry;
    const found = this.#names.policies.find(value.kind === 'map' ? child(value, 'policy') : value);
    const policy = found === undefined ? undefined : this.#policy(found);
    const name = child(value, 'name');
    const token: ResolvedToken = {
      key,
      at: keyAt,
      ...defined({ name, policy }),
      settings: { ...policy?.settings, ...this.#stored(tokenSettings(value, POLICY_LAYER + 1)) },
    };
    this.#tokens.set(entry, token);
    return token;
  }

  /** Looks up the secret stores. One that does not exist is reported, and the names are dropped. */
  #stored(settings: TokenSettings): TokenSettings {
    const { stores } = settings;
    if (stores === undefined) return settings;
    const names = stores.node.kind === 'list' ? itemsOf(stores.node) : [stores.node];
    const found = names.map((name) => this.#names.stores.find(name));
    return found.includes(undefined) ? { ...settings, stores: { ...stores, value: undefined } } : settings;
  }
}

/** The node with the name of a pool: Ducklings are that name, or contain it. */
function poolName(ducklings: Node): Node | undefined {
  return ducklings.kind === 'map' ? child(ducklings, 'pool') : ducklings;
}

/** A setting of the smoke test: the account's own, else that of its template. */
function smokeNode(key: string, fromTemplate: Node | undefined, own: Node | undefined): Node | undefined {
  return child(own, key) ?? child(fromTemplate, key);
}

function smokeOf(fromTemplate: Node | undefined, own: Node | undefined): ResolvedAccount['smoke'] {
  const last = own ?? fromTemplate;
  if (booleanOf(last) === false) return false;
  // An account that enables or extends the test keeps the settings of its template.
  const text = (key: string) => textOf(smokeNode(key, fromTemplate, own));
  const [query, database] = [text('query'), text('database')];
  return defined({ query, database });
}
