import type { Applied } from '../../apply/apply.ts';
import type { Plan } from '../../model/plan.ts';
import type { Smoke } from '../../model/smoke.ts';
import type { UserError } from '../../model/user-error.ts';
import { hintsInContext, type InContext, noContext } from '../hint.ts';
import { jsonText } from '../json.ts';
import { planDocument } from '../plan/json.ts';

function said({ code, message, hint }: UserError) {
  return { code, message, hint };
}

/** A plan and what became of it as one JSON document, valid against `schemas/plan.schema.json`. */
export function appliedJson(plan: Plan, applied: Applied, smoke: Smoke, inContext: InContext = noContext): string {
  const outcomes = applied.outcomes.map(({ action, result, error }) => ({
    action: action.action,
    account: action.account,
    ...('token' in action && action.token !== undefined ? { token: action.token } : {}),
    result,
    ...(error ? { error: said(error) } : {}),
  }));
  const document = {
    ...planDocument(plan),
    applied: { interrupted: applied.interrupted, outcomes, failures: applied.failures.map(said) },
    smoke,
  };
  return jsonText(hintsInContext(document, inContext));
}
