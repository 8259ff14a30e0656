/**
 * The output formats, a table for each subject. A new format is one file with its renderer, imported here, and one line of a table: the choices
 * of `--format`, help, completion and the types follow. What a format is, whatever it shows, stands in `format-traits.ts`. The first format of a table is the default.
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
import type { FormatName } from './format-traits.ts';
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

/** Renderers by the names of their formats. */
type Formats<R> = Partial<Readonly<Record<FormatName, R>>>;

/** For a renderer that shows hints as they are: the options that the user typed are added to their commands before. */
function ofHintsInContext<T>(render: Render<T>): Render<T> {
  return (subject, paint, inContext = noContext) => render(hintsInContext(subject, inContext), paint);
}

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
function validateFormats<Name extends FormatName>(table: Readonly<Record<Name, ValidateRender>>) {
  return table;
}

/** Of `plan`, and of `apply` and its like. */
export const PLAN_FORMATS = {
  text: planText,
  json: planJson,
  markdown: planMarkdown,
  html: planHtml,
} satisfies Formats<Render<Plan>>;

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
} satisfies Formats<Render<ShownState>>;

/** Of `state history`. */
export const HISTORY_FORMATS = {
  text: historyText,
  json: historyJson,
} satisfies Formats<Render<State>>;

interface AuditRender {
  readonly report: Render<Audit>;
  readonly hasInventory?: boolean;
}

/** Of `audit`. */
export const AUDIT_FORMATS = {
  text: { report: auditText },
  json: { report: ofHintsInContext(auditJson), hasInventory: true },
  markdown: { report: ofHintsInContext(auditMarkdown) },
  html: { report: auditHtml, hasInventory: true },
  sarif: { report: ofHintsInContext(auditSarif) },
  junit: { report: ofHintsInContext(auditJunit) },
} satisfies Formats<AuditRender>;

/** Whether the format shows the inventory of an audit. */
export function showsInventory(format: AuditFormat): boolean {
  const { hasInventory = false }: AuditRender = AUDIT_FORMATS[format];
  return hasInventory;
}

/** Of `smoke`. */
export const SMOKE_FORMATS = {
  text: smokeText,
  json: ofHintsInContext(smokeJson),
  junit: ofHintsInContext(smokeJunit),
} satisfies Formats<Render<Smoke>>;

/** Of `doctor`. */
export const DOCTOR_FORMATS = {
  text: doctorText,
  json: ofHintsInContext(doctorJson),
} satisfies Formats<Render<DoctorReport>>;

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
  return rendererOf<Render<Plan>>(PLAN_FORMATS, format, 'a plan')(plan, paint, inContext, layout);
}

/** Renders an audit, as `renderPlan` does a plan. @throws TypeError for a format that does not exist */
export function renderAudit(
  audit: Audit,
  format: AuditFormat,
  paint: Paint = plain,
  inContext: InContext = noContext,
): string {
  return rendererOf<AuditRender>(AUDIT_FORMATS, format, 'an audit').report(audit, paint, inContext);
}

/** Renders a smoke test, as `renderPlan` does a plan. @throws TypeError for a format that does not exist */
export function renderSmoke(
  smoke: Smoke,
  format: SmokeFormat,
  paint: Paint = plain,
  inContext: InContext = noContext,
): string {
  return rendererOf<Render<Smoke>>(SMOKE_FORMATS, format, 'a smoke test')(smoke, paint, inContext);
}

/** Renders what doctor found, as `renderPlan` does a plan. */
export function renderDoctor(report: DoctorReport, format: DoctorFormat, paint: Paint, inContext: InContext): string {
  return DOCTOR_FORMATS[format](report, paint, inContext);
}

function rendererOf<R>(formats: Readonly<Record<string, R>>, format: string, subject: string): R {
  const render = Object.hasOwn(formats, format) ? formats[format] : undefined;
  if (render === undefined) throw new TypeError(`${subject} cannot be written as ${format}`);
  return render;
}
