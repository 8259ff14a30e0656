import { groupBy } from '../model/collections.ts';
import { COOLDOWN_SECONDS, POOL_SIZE, type Size, sizeFacts, sizesThat } from '../model/ducklings.ts';
import { entryName } from '../model/entry-name.ts';
import { HOUR } from '../model/time.ts';
import { enumerated, few } from '../model/wording.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import type { GuardrailLimits } from './guardrails.ts';
import type { Resolved, ResolvedAccount } from './resolve.ts';
import type { DucklingSettings, Setting, SideSettings } from './settings.ts';

/** Checks the Ducklings of pools, templates and accounts, and what all accounts have together. */
export function checkDucklings(resolved: Resolved, limits: GuardrailLimits, problems: Problems): void {
  for (const { settings } of resolved.pools) checkSides(settings, limits, problems);
  for (const { ducklings } of [...resolved.templates, ...resolved.accounts]) {
    if (ducklings !== undefined) checkSides(ducklings.settings, limits, problems);
  }
  checkTotal(resolved.accounts, limits, problems);
  warnOfEmptyPools(resolved.accounts, problems);
}

function checkSides({ readWrite, readScaling }: DucklingSettings, limits: GuardrailLimits, problems: Problems): void {
  checkSide(readWrite, limits, problems);
  checkSide(readScaling, limits, problems);
  const { size } = readScaling;
  if (size?.value !== undefined && !sizeFacts(size.value).readScaling) {
    const supported = enumerated(sizesThat((facts) => facts.readScaling));
    const message = `read scaling supports ${supported}; ${showNode(size.node)} works only where MotherDuck support enabled it`;
    problems.warning('size-read-scaling', size.node.at, message);
  }
}

function checkSide({ size, cooldown }: SideSettings, limits: GuardrailLimits, problems: Problems): void {
  if (size?.value !== undefined) checkSize(size.value, size, limits, problems);
  if (cooldown?.value === undefined) return;
  const { min, max } = COOLDOWN_SECONDS;
  if (cooldown.value < min || cooldown.value > max) {
    const range = `${min}s to ${max / HOUR}h`;
    const how = cooldown.value < min ? 'short' : 'long';
    const message = `cooldown ${showNode(cooldown.node)} is too ${how}: MotherDuck accepts ${range}`;
    problems.error('cooldown-range', cooldown.node.at, message);
  }
  if (size?.value !== undefined && !sizeFacts(size.value).cooldown.settable) {
    reportCooldown(cooldown, size, problems);
  }
}

/** A cooldown can be removed only where it is written: what overrides it cannot take it away. */
function reportCooldown(cooldown: Setting<unknown>, size: Setting<Size>, problems: Problems): void {
  const duckling = `a ${size.value} Duckling`;
  const isInherited = size.layer > cooldown.layer;
  const message = isInherited
    ? `cooldown ${showNode(cooldown.node)} is inherited by ${duckling}, which has no cooldown`
    : `${duckling} has no cooldown`;
  const related = { message: `its size ${showNode(size.node)} is`, at: size.node.at };
  problems.error('cooldown-pulse', cooldown.node.at, message, {
    related: size.layer === cooldown.layer ? undefined : related,
    hint: isInherited
      ? 'remove cooldown here, or choose another size or pool there'
      : 'remove cooldown, or choose another size',
  });
}

function checkSize(value: Size, { node }: Setting<Size>, limits: GuardrailLimits, problems: Problems): void {
  const { allowedSizes, rates } = limits;
  if (allowedSizes !== undefined && !allowedSizes.value.includes(value)) {
    const message = `size ${showNode(node)} is not among guardrails.allowed_sizes`;
    problems.error('size-not-allowed', node.at, message, {
      related: { message: 'the guardrail is', at: allowedSizes.node.at },
      hint: allowedSizes.value.length === 0 ? undefined : `allowed: ${enumerated(allowedSizes.value)}`,
    });
  }
  if (rates === undefined || rates.has(value)) return;
  const hint = 'add your price of an hour for it, or remove compute_rates';
  // A size that is billed by use has no price of an hour, so a file may leave it out.
  if (!sizeFacts(value).hourly) {
    const message = `size ${showNode(node)} has no rate in compute_rates: it counts as 0 in ceilings`;
    problems.warning('rate-missing', node.at, message, { hint });
  } else problems.error('rate-missing', node.at, `size ${showNode(node)} has no rate in compute_rates`, { hint });
}

/** Once for each place where a pool is written, however many accounts have it. */
function warnOfEmptyPools(accounts: readonly ResolvedAccount[], problems: Problems): void {
  const readers = accounts.flatMap(({ username, ducklings, tokens, suspended }) => {
    const poolSize = ducklings?.settings.readScaling.poolSize;
    if (poolSize?.value !== 0 || suspended !== undefined) return [];
    return tokens.flatMap(({ key, settings }) =>
      settings.type?.value === 'read_scaling'
        ? [{ node: poolSize.node, name: entryName({ account: username, token: key }) }]
        : [],
    );
  });
  for (const [node, tokens] of groupBy(readers, (reader) => reader.node)) {
    const names = tokens.map(({ name }) => name);
    const message = `with pool_size 0 no Duckling serves the read scaling ${names.length === 1 ? 'token' : 'tokens'} ${few(names)}`;
    problems.warning('pool-empty', node.at, message, { hint: 'set a pool_size of at least 1, or remove the token' });
  }
}

function checkTotal(
  accounts: readonly ResolvedAccount[],
  { maxPoolSizeTotal }: GuardrailLimits,
  problems: Problems,
): void {
  if (maxPoolSizeTotal === undefined) return;
  let [total, count] = [0, 0];
  for (const { ducklings } of accounts) {
    const size = ducklings?.settings.readScaling.poolSize?.value;
    if (size === undefined || size < POOL_SIZE.min || size > POOL_SIZE.max) continue;
    [total, count] = [total + size, count + 1];
  }
  if (total <= maxPoolSizeTotal.value) return;
  const { node } = maxPoolSizeTotal;
  const message = `the pool sizes of ${count} account${count === 1 ? '' : 's'} add up to ${total}, more than max_pool_size_total ${showNode(node)}`;
  problems.error('pool-size-total', node.at, message, { hint: 'make pools smaller, or the guardrail larger' });
}
