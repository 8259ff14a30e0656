import type { Plan } from '../../model/plan.ts';
import { summarize } from '../../plan/plan.ts';
import { reasonText } from '../../plan/reason-text.ts';
import { jsonText } from '../json.ts';

/** A plan as one JSON document, valid against `schemas/plan.schema.json`. */
export function planJson(plan: Plan): string {
  return jsonText(planDocument(plan));
}

/** The plan in its JSON form. */
export function planDocument(plan: Plan) {
  const { organization, sandbox, at, ...rest } = plan;
  const actions = plan.actions.map((action) => ({ ...action, reason: { ...action.reason, text: reasonText(action) } }));
  return { version: 1, organization, sandbox, at, summary: summarize(plan), ...rest, actions };
}
