/** SARIF 2.1.0, as code scanning takes it: a run of this program with its rules and what they found. */
import { createHash } from 'node:crypto';
import { counted } from '../model/counted.ts';
import { VERSION } from '../version.ts';
import { jsonText } from './json.ts';
import { markdown } from './markdown.ts';

export type Level = 'error' | 'warning' | 'note';

export interface SarifRule {
  readonly id: string;
  readonly name: string;
  /** One sentence. */
  readonly short: string;
  /** What it means and what to do. */
  readonly full: string;
  /** Left out when a result can be of either. */
  readonly level?: Level;
}

export interface SarifPlace {
  /** As shown to people; a relative one is taken to be relative to the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column?: number;
  /** The column after the last character. */
  readonly endColumn?: number;
}

export interface SarifResult {
  readonly rule: string;
  readonly level: Level;
  readonly message: string;
  readonly place: SarifPlace;
  /** What it is about, where that is no place: `etl_prod/airflow`. */
  readonly subject?: string;
  readonly related?: SarifPlace & { readonly message: string };
  /** What makes it the same finding in the next run, wherever it stands by then. */
  readonly identity: readonly string[];
}

/**
 * GitHub refuses a run with more than 25,000 results, and keeps 5,000 of one that it takes; which ones, it does not say
 * reliably. See https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
 */
export const MOST_RESULTS = 5000;

/** Gravest first. */
const LEVELS: readonly Level[] = ['error', 'warning', 'note'];

/**
 * Writes the log, with the gravest results where there are more than MOST_RESULTS, and how many are left out. `category` keeps apart what is uploaded for one commit by several runs: a later upload of the same
 * category replaces the earlier one.
 */
export function sarifLog(category: string, rules: readonly SarifRule[], given: readonly SarifResult[]): string {
  const results = gravest(given);
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
          locations: [{ ...location(result.place), ...logical(result.subject) }],
          ...(result.related ? { relatedLocations: [related(result.related)] } : {}),
          partialFingerprints: { primaryLocationLineHash: fingerprint(result) },
        })),
      },
    ],
  };
  return jsonText(log);
}

/** As they are given, as long as there is room for all. */
function gravest(results: readonly SarifResult[]): readonly SarifResult[] {
  if (results.length <= MOST_RESULTS) return results;
  return LEVELS.flatMap((level) => results.filter((result) => result.level === level)).slice(0, MOST_RESULTS);
}

function invocations(skipped: number) {
  if (skipped === 0) return {};
  const text = `${counted(skipped, 'result')} left out here, the least grave ones: code scanning takes ${MOST_RESULTS} of a run. The format json has all.`;
  const toolExecutionNotifications = [{ level: 'warning', message: { text } }];
  return { invocations: [{ executionSuccessful: true, toolExecutionNotifications }] };
}

/** GitHub has a word of its own for what is a note elsewhere. */
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

function location({ file, line, column, endColumn }: SarifPlace) {
  const region = {
    startLine: line,
    ...(column === undefined ? {} : { startColumn: column }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region } };
}

function related({ message, ...place }: SarifPlace & { readonly message: string }) {
  return { ...location(place), message: { text: plainMessage(message) } };
}

function logical(subject: string | undefined) {
  return subject === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: subject }] };
}

/** A relative path stays relative; one from a root becomes a `file:` URI. A first part with a colon is no scheme. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const encoded = path.split('/').map(encodeSegment).join('/');
  if (/^[a-z]:\//i.test(path)) return `file:///${path.slice(0, 2)}${encoded.slice('c%3A'.length)}`;
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(Buffer.from(segment, 'utf8').toString('utf8'));
}

/** In a message, `[text](place)` is a link; a name must not become one. */
function plainMessage(text: string): string {
  return text.replaceAll('](', '] (');
}

/**
 * GitHub reads this fingerprint alone, and its upload action would make it of the line's text: then all findings of one
 * rule on one line were one. Two that are the same in all that counts are told apart by their order.
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
