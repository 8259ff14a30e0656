import type { Plan } from '../../model/plan.ts';
import { summarize } from '../../plan/plan.ts';
import { jsonText } from '../json.ts';

/** A plan as one JSON document, valid against `schemas/plan.schema.json`. */
export function planJson(plan: Plan): string {
  return jsonText(planDocument(plan));
}

/** The plan in its JSON form. */
export function planDocument(plan: Plan) {
  const { organization, sandbox, at, ...rest } = plan;
  return { version: 1, organization, sandbox, at, summary: summarize(plan), ...rest };
}
