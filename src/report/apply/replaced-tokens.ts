/** The closing lines of a rotation about the replaced tokens, one of which may have leaked: which are revoked, and which are live. */

import type { Applied } from '../../apply/apply.ts';
import type { ActionOutcome } from '../../apply/apply-input.ts';
import type { RotateToken } from '../../model/action.ts';
import { entryName } from '../../model/entry-name.ts';
import type { Plan } from '../../model/plan.ts';
import type { Smoke } from '../../model/smoke.ts';
import { formatDuration } from '../../model/time.ts';
import { whyNotNamed } from '../../model/token-choice.ts';
import type { Hint } from '../../model/user-error.ts';
import { few, NAMES_SHOWN, NAMES_TYPED, typedNames } from '../../model/wording.ts';
import { printable } from '../escape.ts';
import { hintText, type InContext } from '../hint.ts';
import { unmanagedNames } from '../plan/wording.ts';
import type { Paint } from '../terminal-text.ts';

/** Where the new secrets are, what is still live, and last what is revoked. */
export function replacedTokensLines(
  plan: Plan,
  applied: Applied,
  smoke: Smoke,
  paint: Paint,
  inContext: InContext,
): string[] {
  return [
    ...newSecretLines(applied, paint, inContext),
    ...overlappingLines(applied, paint, inContext),
    ...unmanagedLines(plan, paint, inContext),
    ...revokedLines(plan, applied, smoke, paint),
  ];
}

/** Programs of an adopted token, or of one that is revoked at once, wait for the new secret, so the user needs its secret path now. */
function newSecretLines(applied: Applied, paint: Paint, inContext: InContext): string[] {
  const accounts = [...new Set(replacedBy(applied).map(({ account }) => account))];
  if (accounts.length === 0) return [];
  const command = ['state', 'list', ...typedNames(accounts)];
  return [printable(hintText({ text: 'Where the new secrets are:', command }, inContext, paint.command))];
}

/** The tokens that somebody asked to replace, and that were. */
function replacedBy({ outcomes }: Applied): RotateToken[] {
  return outcomes.flatMap(({ action, result }) =>
    action.action === 'rotate_token' && action.reason.kind === 'requested' && result === 'done' ? [action] : [],
  );
}

/** Somebody who rotates a token that leaked must read that it is still live. */
function overlappingLines(applied: Applied, paint: Paint, inContext: InContext): string[] {
  const live = replacedBy(applied).filter(({ after }) => after.overlap > 0 && after.keeps_old === undefined);
  if (live.length === 0) return [];
  const names = live.map(
    ({ account, before, after }) => `${account}/${before.name} (overlap ${formatDuration(after.overlap)})`,
  );
  const tokens = live.map(entryName);
  const again = 'If one leaked, replace it again and revoke it at once';
  const hint =
    tokens.length > NAMES_TYPED.optional
      ? { text: `${again}, with rotate ACCOUNT/TOKEN --revoke-old.` }
      : { text: `${again}.`, command: ['rotate', ...tokens, '--revoke-old'] };
  return [
    `${paint.yellow('Replaced, still live:')} ${few(printable(names), NAMES_SHOWN.list)}.`,
    `  ${printable(hintText(hint, inContext, paint.command))}`,
  ];
}

/**
 * Whether the tokens that somebody asked to revoke at once are revoked, in words: a failed smoke test alone does not tell, since
 * it is enough that the new token connects.
 */
function revokedLines({ not_revoked = [] }: Plan, { outcomes }: Applied, smoke: Smoke, paint: Paint): string[] {
  const asked = outcomes.filter(({ action }) => action.action === 'revoke_token' && action.reason.kind === 'requested');
  const named = (result: ActionOutcome['result']) =>
    asked.flatMap(({ action, result: is }) =>
      action.action === 'revoke_token' && is === result ? [`${action.account}/${action.before.name}`] : [],
    );
  const [done, failed, skipped] = [named('done'), named('failed'), named('skipped')];
  const lines = (names: readonly string[], begin: string, end: string) =>
    names.length === 0 ? [] : [`${begin} ${few(printable([...names]), NAMES_SHOWN.list)}${end}`];
  const failing = new Set(smoke.accounts.flatMap(({ account, outcome }) => (outcome === 'failed' ? [account] : [])));
  const isDespite = asked.some(({ action, result }) => result === 'done' && failing.has(action.account));
  return [
    ...lines(done, paint.green('Revoked:'), isDespite ? '. What failed in the smoke test does not change that.' : '.'),
    ...lines(failed, paint.red('Not known to be revoked:'), '.'),
    ...lines([...skipped, ...not_revoked], paint.red('NOT revoked, still live:'), '.'),
  ];
}

/** Unmanaged tokens of an account whose token leaked: one of them may be the one. The plan that names them may be far above. */
function unmanagedLines(plan: Plan, paint: Paint, inContext: InContext): string[] {
  const { tokens = [] } = unmanagedNames(plan);
  if (plan.scope?.revoke_old === undefined || tokens.length === 0) return [];
  return [
    `${paint.yellow('Unmanaged, still live:')} ${few(printable([...tokens]), NAMES_SHOWN.list)}.`,
    `  ${printable(hintText(unmanagedHint(plan), inContext, paint.command))}`,
  ];
}

function unmanagedHint({ unmanaged }: Plan): Hint {
  const revoke = 'If one of them leaked, or nobody knows it, revoke it at MotherDuck, under Settings.';
  const adoptable = unmanaged.tokens.filter(({ name }) => whyNotNamed(name) === undefined);
  if (adoptable.length === 0) return { text: revoke };
  const accounts = new Set(adoptable.map(({ account }) => account));
  const isMany = adoptable.length > NAMES_TYPED.optional;
  if (isMany && accounts.size > NAMES_TYPED.optional)
    return { text: `${revoke} Or import it with import ACCOUNT/TOKEN, then rotate it with --revoke-old.` };
  const names = isMany ? accounts : adoptable.map(({ account, name }) => entryName({ account, token: name }));
  return { text: `${revoke} Or import it, then rotate it with --revoke-old.`, command: ['import', ...names] };
}
