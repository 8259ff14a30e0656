import type { Plan } from '../../model/plan.ts';
import { type Paint, plain } from '../paint.ts';
import { planHtml } from './html.ts';
import { planJson } from './json.ts';
import { planMarkdown } from './markdown.ts';
import { planText } from './text.ts';

/** How a plan can be written. */
export type PlanFormat = 'text' | 'json' | 'markdown' | 'html';

/** A plan in a format; `paint` colours the text. */
export function renderPlan(plan: Plan, format: PlanFormat, paint: Paint = plain): string {
  switch (format) {
    case 'text':
      return planText(plan, paint);
    case 'json':
      return planJson(plan);
    case 'markdown':
      return planMarkdown(plan);
    case 'html':
      return planHtml(plan);
    default:
      throw unknownFormat(format);
  }
}

/** For callers that no compiler checks. */
function unknownFormat(format: never): TypeError {
  return new TypeError(`a plan cannot be written as ${String(format)}`);
}
