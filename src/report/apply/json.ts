import type { UserError } from '../../model/user-error.ts';
import { groupNotices } from '../../wording/notice-groups.ts';
import { jsonText } from '../escape.ts';
import { hintsInContext, type InContext, noContext } from '../hint.ts';
import { groupedWarning, planDocument } from '../plan/json.ts';
import type { Layout, Paint } from '../terminal-text.ts';
import type { AppliedPlan } from './text.ts';

function said({ code, message, hint }: UserError) {
  return { code, message, hint };
}

/** A plan and what became of it as one JSON document, valid against `schemas/plan.schema.json`. */
export function appliedJson(
  { plan, applied, smoke }: AppliedPlan,
  _paint?: Paint,
  inContext: InContext = noContext,
  { pathOf }: Layout = {},
): string {
  const outcomes = applied.outcomes.map(({ action, result, error }) => ({
    action: action.action,
    account: action.account,
    ...('token' in action && action.token !== undefined ? { token: action.token } : {}),
    result,
    ...(error ? { error: said(error) } : {}),
  }));
  const document = {
    ...planDocument(plan, pathOf),
    applied: {
      interrupted: applied.interrupted,
      outcomes,
      failures: applied.failures.map(said),
      warnings: groupNotices(applied.warnings).map(groupedWarning),
      unsaved: applied.unsaved,
      saved: applied.saved,
    },
    smoke,
  };
  return jsonText(hintsInContext(document, inContext));
}
