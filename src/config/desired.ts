import { defined } from '../model/defined.ts';
import type {
  Definitions,
  Desired,
  DesiredAccount,
  DesiredToken,
  Guardrails,
  PolicyDefinition,
  StateConfig,
} from '../model/desired.ts';
import type { DesiredDucklings } from '../model/ducklings.ts';
import { shareOfJitter } from '../model/rotation-due.ts';
import { accountKey } from '../model/username.ts';
import type { WrittenStore } from '../secrets/store-kind.ts';
import { locationOf } from '../yaml/source.ts';
import { child, itemsOf, textOf } from '../yaml/tree.ts';
import { setupOf } from './check-setup.ts';
import { tokenName } from './check-tokens.ts';
import type { GuardrailLimits } from './guardrails.ts';
import type { Resolved, ResolvedAccount, ResolvedToken } from './resolve.ts';
import { POLICY_LAYER, type SideSettings, type TokenSettings } from './settings.ts';

/** Converts a configuration without errors to Desired. */
export function desiredOf(
  resolved: Resolved,
  stores: readonly WrittenStore[],
  limits: GuardrailLimits,
  state: StateConfig | undefined,
  about: Pick<Desired, 'file' | 'acceptances'> & {
    readonly files: Required<Pick<Desired, 'hash' | 'fileHashes' | 'variables'>>;
  },
): Desired {
  const { main } = resolved.sections;
  const ignore = itemsOf(child(main, 'ignore')).map(textOf);
  return {
    file: about.file,
    organization: needed(textOf(child(main, 'organization'))),
    accounts: new Map(resolved.accounts.map((account) => [accountKey(account.username), accountOf(account)])),
    ...defined({ state }),
    stores: new Map(stores.map(({ config }) => [config.name, config])),
    ignore: ignore.filter((glob) => glob !== undefined),
    acceptances: about.acceptances,
    ...defined({ computeRates: limits.rates, currency: limits.currency }),
    guardrails: guardrailsOf(limits),
    ...(about.files.variables.length === 0 ? {} : { variables: about.files.variables }),
    get hash() {
      return about.files.hash;
    },
    get fileHashes() {
      return about.files.fileHashes;
    },
  };
}

function accountOf(account: ResolvedAccount): DesiredAccount {
  const { username, at, ducklings, deletionProtection, smoke, suspended } = account;
  const tokens = new Map(account.tokens.map((token) => [token.key, tokenOf(token, username)]));
  const about = { username, location: locationOf(at), deletionProtection };
  const ducklingFields = ducklings === undefined ? {} : { ducklings: ducklingsOf(ducklings) };
  if (suspended !== undefined) {
    const suspension = { location: locationOf(suspended), tokens, ...ducklingFields };
    return { ...about, tokens: new Map(), suspended: suspension, smoke: false };
  }
  const setup = setupOf(account);
  return {
    ...about,
    ...ducklingFields,
    tokens,
    smoke,
    ...(setup.length === 0 ? {} : { setup }),
  };
}

function ducklingsOf({
  at,
  settings,
}: NonNullable<ResolvedAccount['ducklings']>): DesiredAccount['ducklings'] & object {
  return {
    read_write: sideOf(settings.readWrite),
    read_scaling: sideOf(settings.readScaling),
    location: locationOf(at),
  };
}

/** The settings of one side of Ducklings that are given. */
function sideOf({ size, poolSize, cooldown }: SideSettings): DesiredDucklings['read_scaling'] {
  return {
    ...defined({ size: size?.value, pool_size: poolSize?.value, cooldown: cooldown?.value }),
  };
}

function tokenOf(token: ResolvedToken, username: string): DesiredToken {
  const { type, ttl, rotateBefore, jitter, overlap, description, stores } = token.settings;
  const name = needed(tokenName(token));
  const never = ttl?.value === null;
  return {
    key: token.key,
    name,
    policy: needed(token.policy).name,
    type: needed(type?.value),
    ttl: never ? null : needed(ttl?.value),
    ...(ttl !== undefined && ttl.layer > POLICY_LAYER ? { ownTtl: true } : {}),
    rotateBefore: never ? 0 : needed(rotateBefore?.value),
    ...(never || !jitter?.value ? {} : { jitter: jitter.value, earlier: shareOfJitter(jitter.value, username, name) }),
    overlap: needed(overlap?.value),
    ...defined({ description: description?.value }),
    stores: needed(stores?.value),
    location: locationOf(token.at),
  };
}

function guardrailsOf(limits: GuardrailLimits): Guardrails {
  const { maxComputeCeiling, maxCreates, maxMissing, maxTokenTtl, allowedSizes, maxPoolSizeTotal } = limits;
  return {
    maxDeletes: limits.maxDeletes,
    allowNeverExpiring: limits.allowNeverExpiring,
    ...defined({
      maxComputeCeiling: maxComputeCeiling?.value,
      maxCreates: maxCreates?.value,
      maxMissing: maxMissing?.value,
      maxTokenTtl: maxTokenTtl?.value,
      allowedSizes: allowedSizes?.value,
      maxPoolSizeTotal: maxPoolSizeTotal?.value,
    }),
  };
}

/** A value that the checks have verified. If it is missing, the checks have a gap, which is a bug. */
function needed<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('a configuration without errors lacks a value');
  return value;
}

/** The policies and pools of a configuration without errors, by name. */
export function definitionsOf({ policies, pools, sections }: Resolved): Definitions {
  const poolNames = [...sections.pools.keys()];
  return {
    policies: new Map(policies.map(({ name, settings }) => [name, policyOf(settings)])),
    pools: new Map(
      pools.map(({ settings }, index) => [
        poolNames[index] ?? '',
        { read_write: sideOf(settings.readWrite), read_scaling: sideOf(settings.readScaling) },
      ]),
    ),
  };
}

function policyOf({ type, ttl, rotateBefore, jitter, overlap, description, stores }: TokenSettings): PolicyDefinition {
  return {
    ...defined({
      type: type?.value,
      ttl: ttl?.value,
      rotateBefore: rotateBefore?.value,
      jitter: jitter?.value,
      overlap: overlap?.value,
      description: description?.value,
      stores: stores?.value,
    }),
  };
}
