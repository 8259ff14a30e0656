/**
 * The output formats, a table for each subject. A new format is one file with its renderer, imported here, and one line of a table: the choices
 * of `--format`, help, completion and the types follow. The first format of a table is the default.
 */
import type { Audit } from '../model/audit.ts';
import type { DoctorReport } from '../model/doctor.ts';
import type { Plan } from '../model/plan.ts';
import type { Smoke } from '../model/smoke.ts';
import type { State } from '../model/state.ts';
import { appliedJson } from './apply/json.ts';
import { type AppliedPlan, appliedText } from './apply/text.ts';
import { auditHtml } from './audit/html.ts';
import { auditJson } from './audit/json.ts';
import { auditJunit } from './audit/junit.ts';
import { auditMarkdown } from './audit/markdown.ts';
import { auditSarif } from './audit/sarif.ts';
import { auditText } from './audit/text.ts';
import { doctorJson } from './doctor/json.ts';
import { doctorText } from './doctor/text.ts';
import { hintsInContext, type InContext, noContext } from './hint.ts';
import { planHtml } from './plan/html.ts';
import { planJson } from './plan/json.ts';
import { planMarkdown } from './plan/markdown.ts';
import { planText } from './plan/text.ts';
import { smokeJson } from './smoke/json.ts';
import { smokeJunit } from './smoke/junit.ts';
import { smokeText } from './smoke/text.ts';
import { historyJson, historyText } from './state/history.ts';
import { type ShownState, stateJson } from './state/json.ts';
import { stateText } from './state/text.ts';
import { type Layout, type Paint, plain } from './terminal-text.ts';
import { validateGithub } from './validate/github.ts';
import { validateJson } from './validate/json.ts';
import { validateSarif } from './validate/sarif.ts';
import { validateText } from './validate/text.ts';
import { type Validation, validateSummary } from './validate/validation.ts';

/**
 * Renders a subject. @param paint For text. @param inContext Adds the options that the user typed to commands to type next. */
type Render<T> = (subject: T, paint?: Paint, inContext?: InContext, layout?: Layout) => string;

/** `commands`: for the runner of GitHub Actions, before the report. */
interface ValidateRender {
  readonly commands?: Render<Validation>;
  readonly report: Render<Validation>;
}

/** Of `validate`. */
export const VALIDATE_FORMATS = validateFormats({
  text: { report: validateText },
  json: { report: validateJson },
  sarif: { report: validateSarif },
  github: { commands: validateGithub, report: validateSummary },
});

/** Gives every entry the whole type, and takes the names from the table. */
function validateFormats<Name extends string>(table: Readonly<Record<Name, ValidateRender>>) {
  return table;
}

/** Of `plan`, and of `apply` and its like. */
export const PLAN_FORMATS = {
  text: planText,
  json: planJson,
  markdown: planMarkdown,
  html: planHtml,
} satisfies Record<string, Render<Plan>>;

/** How apply shows its plan, and then the result. Without `plan`, the result is a document with both. */
interface ApplyRender {
  readonly plan?: Render<Plan>;
  /** Nothing may follow the plan on stdout, so the result goes to stderr. */
  readonly isWhole?: true;
  readonly applied: Render<AppliedPlan>;
}

/** Of formats in which the result is a part of the document, or may follow the plan. */
const APPLIED: Partial<Readonly<Record<PlanFormat, ApplyRender>>> = {
  json: { applied: appliedJson },
  text: { plan: planText, applied: appliedText },
  markdown: { plan: planMarkdown, applied: appliedText },
};

/** The formats of a plan, for apply. */
export const APPLY_FORMATS = Object.fromEntries(
  Object.entries(PLAN_FORMATS).map(([name, plan]) => [
    name,
    APPLIED[name as PlanFormat] ?? { plan, isWhole: true, applied: appliedText },
  ]),
) as Readonly<Record<PlanFormat, ApplyRender>>;

/** Of `state list`. */
export const STATE_FORMATS = {
  text: stateText,
  json: stateJson,
} satisfies Record<string, Render<ShownState>>;

/** Of `state history`. */
export const HISTORY_FORMATS = {
  text: historyText,
  json: historyJson,
} satisfies Record<string, Render<State>>;

/** Of `audit`. */
export const AUDIT_FORMATS = {
  text: auditText,
  json: auditJson,
  markdown: auditMarkdown,
  html: auditHtml,
  sarif: auditSarif,
  junit: auditJunit,
} satisfies Record<string, Render<Audit>>;

/** Those that show the inventory. */
const INVENTORIES: readonly AuditFormat[] = ['json', 'html'];

/** Whether the format shows the inventory of an audit. */
export function showsInventory(format: AuditFormat): boolean {
  return INVENTORIES.includes(format);
}

/** Of `smoke`. */
export const SMOKE_FORMATS = {
  text: smokeText,
  json: smokeJson,
  junit: smokeJunit,
} satisfies Record<string, Render<Smoke>>;

/** Of `doctor`. */
export const DOCTOR_FORMATS = {
  text: doctorText,
  json: doctorJson,
} satisfies Record<string, Render<DoctorReport>>;

/** The output formats of what doctor found. */
export type DoctorFormat = keyof typeof DOCTOR_FORMATS;
/** The output formats of a validation. */
export type ValidateFormat = keyof typeof VALIDATE_FORMATS;
/** The output formats of what apply does. */
export type ApplyFormat = keyof typeof APPLY_FORMATS;
/** The output formats of the state. */
export type StateFormat = keyof typeof STATE_FORMATS;
/** The output formats of the history. */
export type HistoryFormat = keyof typeof HISTORY_FORMATS;
/** The output formats of a plan. */
export type PlanFormat = keyof typeof PLAN_FORMATS;
/** The output formats of an audit. */
export type AuditFormat = keyof typeof AUDIT_FORMATS;
/** The output formats of a smoke test. */
export type SmokeFormat = keyof typeof SMOKE_FORMATS;

/**
 * Renders a plan. @param inContext Adds the options that the user typed to commands to type next.
 * @throws TypeError for a format that does not exist, which only untyped callers can give
 */
export function renderPlan(
  plan: Plan,
  format: PlanFormat,
  paint: Paint = plain,
  inContext: InContext = noContext,
  layout: Layout = {},
): string {
  return rendererOf<Plan>(PLAN_FORMATS, format, 'a plan')(plan, paint, inContext, layout);
}

/** Renders an audit, as `renderPlan` does a plan. @throws TypeError for a format that does not exist */
export function renderAudit(
  audit: Audit,
  format: AuditFormat,
  paint: Paint = plain,
  inContext: InContext = noContext,
): string {
  const render = rendererOf<Audit>(AUDIT_FORMATS, format, 'an audit');
  // These combine the commands of a rule's findings first.
  return render(format === 'text' || format === 'html' ? audit : hintsInContext(audit, inContext), paint, inContext);
}

/** Renders a smoke test, as `renderPlan` does a plan. @throws TypeError for a format that does not exist */
export function renderSmoke(
  smoke: Smoke,
  format: SmokeFormat,
  paint: Paint = plain,
  inContext: InContext = noContext,
): string {
  const render = rendererOf<Smoke>(SMOKE_FORMATS, format, 'a smoke test');
  return render(format === 'text' ? smoke : hintsInContext(smoke, inContext), paint, inContext);
}

/** Renders what doctor found, as `renderPlan` does a plan. */
export function renderDoctor(report: DoctorReport, format: DoctorFormat, paint: Paint, inContext: InContext): string {
  return DOCTOR_FORMATS[format](format === 'text' ? report : hintsInContext(report, inContext), paint, inContext);
}

function rendererOf<T>(formats: Readonly<Record<string, Render<T>>>, format: string, subject: string): Render<T> {
  const render = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (render === undefined) throw new TypeError(`${subject} cannot be written as ${format}`);
  return render;
}
