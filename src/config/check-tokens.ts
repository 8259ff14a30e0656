import { quote } from '../model/quote.ts';
import { isSecretName } from '../model/secret-name.ts';
import { DAY, formatDuration, HOUR, MINUTE, type Seconds } from '../model/time.ts';
import { generationOf, isSmokeName, MAX_FIRST_NAME, RESERVED_TOKEN_NAMES, TOKEN_TTL_SECONDS } from '../model/tokens.ts';
import { enumerated } from '../model/wording.ts';
import { showNode } from '../yaml/describe-node.ts';
import type { Problems } from '../yaml/problems.ts';
import { textOf } from '../yaml/tree.ts';
import type { GuardrailLimits } from './guardrails.ts';
import type { Resolved, ResolvedAccount, ResolvedToken } from './resolve.ts';
import { contradiction, type TokenSettings } from './settings.ts';

/** Checks each policy, and each token with the settings of its policy. */
export function checkTokens(resolved: Resolved, limits: GuardrailLimits, problems: Problems): void {
  for (const { settings } of resolved.policies) checkTimes(settings, limits, problems);
  // A template's token is one object for all its accounts: once is enough.
  const seen = new Set<ResolvedToken>();
  for (const account of [...resolved.templates, ...resolved.accounts]) {
    checkGenerationNames(account, problems);
    for (const token of account.tokens) {
      if (seen.has(token)) continue;
      seen.add(token);
      checkComplete(token, problems);
      checkName(token, problems);
      checkTimes(token.settings, limits, problems);
    }
  }
}

const NEEDED = [
  ['type', 'type'],
  ['ttl', 'ttl'],
  ['rotateBefore', 'rotate_before'],
  ['overlap', 'overlap'],
  ['stores', 'secret_store'],
] as const;

function checkComplete({ policy, settings }: ResolvedToken, problems: Problems): void {
  if (policy === undefined) return;
  const missing = NEEDED.filter(([name]) => {
    const notNeeded = name === 'rotateBefore' && settings.ttl?.value === null;
    return settings[name] === undefined && !notNeeded;
  }).map(([, key]) => key);
  if (missing.length === 0) return;
  const message = `policy ${quote(policy.name)} gives no ${enumerated(missing)}, and a token that uses it does not either`;
  problems.error('policy-incomplete', policy.at, message, { hint: `add ${enumerated(missing)} to the policy` });
}

function checkTimes(settings: TokenSettings, limits: GuardrailLimits, problems: Problems): void {
  const { ttl, rotateBefore, jitter, overlap } = settings;
  if (ttl?.value === null) {
    checkNever(settings, limits, problems);
    return;
  }
  if (rotateBefore?.value === 0) {
    problems.error('rotate-before', rotateBefore.node.at, 'with rotate_before 0 a token expires before it is replaced');
  }
  if (ttl?.value === undefined) return;
  checkTtl(ttl.value, ttl, limits, problems);
  if (rotateBefore?.value !== undefined && rotateBefore.value >= ttl.value) {
    const message = `rotate_before ${showNode(rotateBefore.node)} is not less than ttl ${showNode(ttl.node)}: a new token would be replaced at once`;
    const { at, related } = contradiction(['rotate_before', rotateBefore], ['ttl', ttl]);
    problems.error('rotate-before', at, message, { related, hint: 'make rotate_before shorter, or ttl longer' });
  } else if (jitter?.value && rotateBefore?.value && rotateBefore.value + jitter.value >= ttl.value) {
    const message = `rotate_before ${showNode(rotateBefore.node)} and jitter ${showNode(jitter.node)} are together not less than ttl ${showNode(ttl.node)}: a new token could be replaced at once`;
    const { at, related } = contradiction(['jitter', jitter], ['ttl', ttl]);
    problems.error('rotate-before', at, message, {
      related,
      hint: 'make jitter or rotate_before shorter, or ttl longer',
    });
  } else if (rotateBefore?.value && rotateBefore.value > ttl.value / 2) {
    const early = formatDuration(ttl.value - rotateBefore.value);
    const message = `rotate_before ${showNode(rotateBefore.node)} is more than half of ttl ${showNode(ttl.node)}: a token is replaced after ${early}`;
    const { at, related } = contradiction(['rotate_before', rotateBefore], ['ttl', ttl]);
    const shorter = formatDuration(usualRotateBefore(ttl.value, overlap?.value));
    problems.warning('rotate-before-long', at, message, {
      related,
      hint: `rotate_before is what is left of the ttl when a token is replaced: write a shorter one, such as rotate_before: ${shorter}`,
    });
  }
  if (overlap?.value === undefined) return;
  if (overlap.value >= ttl.value) {
    const message = `overlap ${showNode(overlap.node)} is not less than ttl ${showNode(ttl.node)}: a replaced token would outlive its replacement`;
    const { at, related } = contradiction(['overlap', overlap], ['ttl', ttl]);
    problems.error('overlap', at, message, { related, hint: 'make overlap shorter, or ttl longer' });
  } else if (rotateBefore?.value !== undefined && overlap.value > rotateBefore.value) {
    const message = `overlap ${showNode(overlap.node)} is longer than rotate_before ${showNode(rotateBefore.node)}: the replaced token expires before its overlap ends`;
    const { at, related } = contradiction(['overlap', overlap], ['rotate_before', rotateBefore]);
    problems.warning('overlap-cut-short', at, message, {
      related,
      hint: 'make rotate_before at least as long as overlap',
    });
  }
}

/** A third of the ttl, but no less than an overlap that fits into half of it. In seconds. */
function usualRotateBefore(ttl: Seconds, overlap: Seconds = 0): Seconds {
  const unit = ttl >= 6 * DAY ? DAY : ttl >= 6 * HOUR ? HOUR : MINUTE;
  const third = Math.floor(ttl / 3 / unit) * unit;
  return overlap > ttl / 2 ? third : Math.max(third, overlap);
}

type Ttl = NonNullable<TokenSettings['ttl']>;

function checkTtl(seconds: number, { node }: Ttl, { maxTokenTtl }: GuardrailLimits, problems: Problems): void {
  const { min, max } = TOKEN_TTL_SECONDS;
  if (seconds < min || seconds > max) {
    const message = `ttl ${showNode(node)} is too ${seconds < min ? 'short' : 'long'}: MotherDuck accepts ${formatDuration(min)} to ${formatDuration(max)}`;
    problems.error('ttl-range', node.at, message);
  } else if (maxTokenTtl !== undefined && seconds > maxTokenTtl.value) {
    const message = `ttl ${showNode(node)} is longer than guardrails.max_token_ttl ${showNode(maxTokenTtl.node)}`;
    problems.error('ttl-guardrail', node.at, message, {
      related: { message: 'the guardrail is', at: maxTokenTtl.node.at },
    });
  }
}

function checkNever({ ttl, rotateBefore, jitter }: TokenSettings, limits: GuardrailLimits, problems: Problems): void {
  if (ttl !== undefined && !limits.allowNeverExpiring) {
    const { min, max } = TOKEN_TTL_SECONDS;
    const longest = Math.max(min, Math.min(max, limits.maxTokenTtl?.value ?? max));
    problems.error('ttl-never', ttl.node.at, 'a token that never expires is not allowed', {
      hint: `give it a ttl such as ${formatDuration(longest)}, or set guardrails.allow_never_expiring: true`,
    });
  }
  // A token that overrides the ttl with never cannot remove what its policy says of rotations, so there is no warning.
  for (const [key, setting] of Object.entries({ rotate_before: rotateBefore, jitter })) {
    if (setting === undefined || ttl?.layer !== setting.layer) continue;
    const message = `${key} has no effect on a token that never expires`;
    problems.warning('rotate-before-ignored', setting.node.at, message, { hint: 'remove it, or give a ttl' });
  }
}

/** The name of the first generation; undefined when it is not usable. */
export function tokenName({ name, key }: ResolvedToken): string | undefined {
  return name === undefined ? key : textOf(name);
}

/** Who reserves a name. */
function keeperOf(name: string): string | undefined {
  const plain = name.trim().toLowerCase();
  if (isSmokeName(plain)) return 'the smoke test';
  return RESERVED_TOKEN_NAMES.some((reserved) => reserved.toLowerCase() === plain) ? 'MotherDuck' : undefined;
}

function checkName(token: ResolvedToken, problems: Problems): void {
  const name = tokenName(token);
  if (name === undefined) return;
  const at = token.name?.at ?? token.at;
  const keeper = keeperOf(name);
  if (keeper !== undefined) {
    problems.error('token-name', at, `${keeper} reserves the token name ${quote(name)}`, {
      hint: 'choose another name',
    });
  } else if (isSecretName(name)) {
    problems.error('token-name', at, `the token name ${quote(name)} stands for a name that is a secret`, {
      hint: 'remove the token from here, revoke it at MotherDuck, and create one of another name',
    });
  } else if (token.name === undefined && name.length > MAX_FIRST_NAME) {
    problems.error(
      'token-name',
      at,
      `the token name has ${name.length} characters, at most ${MAX_FIRST_NAME} leave room for ".2" and so on`,
    );
  }
}

// Live names identify the tokens of an account: "app", "app.2" and "app.3" are generations of one token.
function checkGenerationNames({ tokens }: ResolvedAccount, problems: Problems): void {
  const byName = new Map<string, ResolvedToken>();
  for (const token of tokens) {
    const name = tokenName(token);
    if (name === undefined) continue;
    const other = byName.get(name);
    if (other === undefined) byName.set(name, token);
    else reportSameNames(token, other, problems);
  }
  for (const [name, token] of byName) {
    const base = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    const other = byName.get(base);
    if (other !== undefined && generationOf(base, name) !== undefined) reportSameNames(token, other, problems);
  }
}

function reportSameNames(token: ResolvedToken, other: ResolvedToken, problems: Problems): void {
  const message = `tokens ${quote(other.key)} and ${quote(token.key)} would have the same names at MotherDuck`;
  problems.error('token-name-series', token.name?.at ?? token.at, message, {
    related: { message: 'the other token is', at: other.name?.at ?? other.at },
    hint: 'successors of a token are called NAME.2, NAME.3 and so on: choose another name',
  });
}
