/** SARIF 2.1.0 for code scanning: one run of this program with its rules and results. */
import { createHash } from 'node:crypto';
import { defined } from '../model/defined.ts';
import { counted } from '../model/wording.ts';
import { VERSION } from '../version.ts';
import { jsonText, markdown } from './escape.ts';

type Level = 'error' | 'warning' | 'note';

/** A rule of a SARIF report. */
interface SarifRule {
  readonly id: string;
  readonly name: string;
  /** One sentence. */
  readonly short: string;
  /** What it means and what to do. */
  readonly full: string;
  /** Absent when results can have any level. */
  readonly level?: Level;
}

/** Where in a file a result is. */
interface SarifLocation {
  /** As shown to the user; a relative path is relative to the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column?: number;
  /** The column after the last character. */
  readonly endColumn?: number;
}

/** One result of a SARIF report. */
export interface SarifResult {
  readonly rule: string;
  readonly level: Level;
  readonly message: string;
  readonly location: SarifLocation;
  /** The account or token that it is about: `etl_prod/airflow`. */
  readonly subject?: string;
  readonly related?: SarifLocation & { readonly message: string };
  /** Why it is not to be shown as an alert. */
  readonly suppressed?: string;
  /** What identifies the result in later runs, even on another line. */
  readonly identity: readonly string[];
}

/**
 * GitHub refuses a run with more than 25,000 results and keeps 5,000 of a smaller one, without saying which. See https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
 */
const MAX_RESULTS = 5000;

/** Most severe first. */
const LEVELS: readonly Level[] = ['error', 'warning', 'note'];

/**
 * Writes the log, with the most severe results if there are more than MAX_RESULTS.
 *
 * @param category Distinguishes uploads of several runs for one commit: a later upload replaces one of the same category.
 */
export function sarifLog(category: string, rules: readonly SarifRule[], given: readonly SarifResult[]): string {
  const results = mostSevere(given);
  const isSuppressing = results.some(({ suppressed }) => suppressed !== undefined);
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  const fingerprint = fingerprints();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'motherduck-accounts', version: VERSION, rules: rules.map(reportingDescriptor) } },
        automationDetails: { id: `${category}/` },
        columnKind: 'utf16CodeUnits',
        ...invocations(given.length - results.length),
        results: results.map((result) => ({
          ruleId: result.rule,
          ruleIndex: indexOf.get(result.rule) ?? -1,
          level: result.level,
          message: { text: plainMessage(result.message) },
          locations: [{ ...location(result.location), ...logical(result.subject) }],
          ...(result.related ? { relatedLocations: [related(result.related)] } : {}),
          ...(isSuppressing ? suppressions(result.suppressed) : {}),
          partialFingerprints: { primaryLocationLineHash: fingerprint(result) },
        })),
      },
    ],
  };
  return jsonText(log);
}

/** The results in the given order, unless there are too many. */
function mostSevere(results: readonly SarifResult[]): readonly SarifResult[] {
  if (results.length <= MAX_RESULTS) return results;
  const open = results.filter(({ suppressed }) => suppressed === undefined);
  const sorted = LEVELS.flatMap((level) => open.filter((result) => result.level === level));
  return [...sorted, ...results.filter(({ suppressed }) => suppressed !== undefined)].slice(0, MAX_RESULTS);
}

/** Every result must say whether it is suppressed if one does (SARIF 2.1.0, 3.27.23). */
function suppressions(justification: string | undefined) {
  const suppressed = { kind: 'external', status: 'accepted', justification };
  return { suppressions: justification === undefined ? [] : [suppressed] };
}

function invocations(skipped: number) {
  if (skipped === 0) return {};
  const text = `${counted(skipped, 'result')} not shown, the least severe ones: code scanning takes ${MAX_RESULTS} per run. The format json has all.`;
  const toolExecutionNotifications = [{ level: 'warning', message: { text } }];
  return { invocations: [{ executionSuccessful: true, toolExecutionNotifications }] };
}

/** GitHub's words for the levels. */
const PROBLEM_SEVERITY = { error: 'error', warning: 'warning', note: 'recommendation' } as const;

function reportingDescriptor({ id, name, short, full, level }: SarifRule) {
  return {
    id,
    name,
    shortDescription: { text: short },
    fullDescription: { text: full },
    help: { text: full, markdown: markdown(full) },
    ...(level === undefined
      ? {}
      : { defaultConfiguration: { level }, properties: { 'problem.severity': PROBLEM_SEVERITY[level] } }),
  };
}

function location({ file, line, column, endColumn }: SarifLocation) {
  const region = {
    startLine: line,
    ...defined({ startColumn: column, endColumn }),
  };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region } };
}

function related({ message, ...rest }: SarifLocation & { readonly message: string }) {
  return { ...location(rest), message: { text: plainMessage(message) } };
}

function logical(subject: string | undefined) {
  return subject === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: subject }] };
}

/** A relative path stays relative; an absolute one becomes a `file:` URI. A colon in the first segment is no scheme. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const encoded = path.split('/').map(encodeSegment).join('/');
  if (/^[a-z]:\//i.test(path)) return `file:///${path.slice(0, 2)}${encoded.slice('c%3A'.length)}`;
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(Buffer.from(segment, 'utf8').toString('utf8'));
}

/** In a message, `[text](target)` is a link; a name must not become one. */
function plainMessage(text: string): string {
  return text.replaceAll('](', '] (');
}

/**
 * GitHub reads only this fingerprint. Without it, the upload action would compute it from the text of the line, and all
 * findings of a rule on one line would be one. Results with the same identity are numbered in their order.
 */
function fingerprints(): (result: SarifResult) => string {
  const seen = new Map<string, number>();
  return ({ rule, identity }) => {
    const hash = createHash('sha256')
      .update(JSON.stringify([rule, ...identity]))
      .digest('hex');
    const count = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, count);
    return `${hash.slice(0, 32)}:${count}`;
  };
}
