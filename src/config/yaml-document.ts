import { Composer, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import type { Problems } from './diagnostics.ts';
import type { Source } from './source.ts';

/** The deepest nesting that is read. A configuration needs seven levels. */
export const MAX_DEPTH = 64;
/** More lexical tokens than this are refused before the parser's memory is. A file of 10 MB of accounts has fewer. */
const MAX_LEXEMES = 6_000_000;

/**
 * Parses one file as a single YAML 1.2 document. Everything wrong with it as YAML is reported; then, and then only,
 * undefined is given.
 */
export function parseYaml(source: Source, problems: Problems): Document.Parsed | undefined {
  const limits: Limits = { broken: false };
  // Each fault of the syntax is an Error; without their stacks, a file of nothing but faults is refused in seconds.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseLimited(source, problems, limits);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function parseLimited(source: Source, problems: Problems, limits: Limits): Document.Parsed | undefined {
  const composer = new Composer({ version: '1.2', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  let document: Document.Parsed | undefined;
  for (const next of composer.compose(parserTokens(source, problems, limits), true, source.text.length)) {
    if (document !== undefined) {
      reportSecondDocument(source, document, problems);
      return undefined;
    }
    document = next;
  }
  if (limits.broken || document === undefined) return undefined;
  const faults = [...document.errors, ...document.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED')];
  reportFaults(source, faults, problems);
  return faults.length > 0 || oldVersion(source, document, problems) ? undefined : document;
}

interface Limits {
  broken: boolean;
}

/** Feeds the parser piece by piece, and stops where the nesting or the length would become a burden. */
function* parserTokens(source: Source, problems: Problems, limits: Limits) {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    yield* parser.next(lexeme);
    lexemes += 1;
    if (parser.stack.length > MAX_DEPTH || lexemes > MAX_LEXEMES) {
      limits.broken = true;
      const at = { source, start: parser.offset, end: parser.offset + 1 };
      if (lexemes > MAX_LEXEMES) problems.error('too-large', at, 'the file holds more values than can be read');
      else problems.error('too-deep', at, `nested more than ${MAX_DEPTH} levels deep`);
      return;
    }
  }
  yield* parser.end();
}

function reportSecondDocument(source: Source, first: Document.Parsed, problems: Problems): void {
  const marker = /^(---|\.\.\.)/gm;
  marker.lastIndex = Math.max(0, first.range[1]);
  const start = marker.exec(source.text)?.index ?? first.range[2];
  problems.error('yaml-documents', { source, start, end: start + 3 }, 'a second YAML document begins here', {
    hint: 'put everything into one document, or into a file of its own that include names',
  });
}

// With %YAML 1.1 the same text would mean other values (yes, 0777), so it is refused and not followed.
function oldVersion(source: Source, document: Document.Parsed, problems: Problems): boolean {
  if (document.directives.yaml.version === '1.2') return false;
  const start = Math.max(0, source.text.indexOf('%YAML'));
  problems.error('yaml-syntax', { source, start, end: start + 5 }, 'only YAML 1.2 is read', {
    hint: 'remove the %YAML line',
  });
  return true;
}

/** One fault of the syntax brings others with it; the first of each line is what helps. */
function reportFaults(source: Source, faults: readonly YAMLError[], problems: Problems): void {
  const lines = new Set<number>();
  for (const fault of [...faults].sort((a, b) => a.pos[0] - b.pos[0])) {
    const start = Math.min(fault.pos[0], source.text.length);
    const { line } = source.lines.linePos(start);
    if (lines.has(line)) continue;
    lines.add(line);
    const at = { source, start, end: Math.min(fault.pos[1], start + 1) };
    const variable = unquotedVariable(source.text, start);
    if (fault.code === 'RESOURCE_EXHAUSTION') problems.error('too-deep', at, 'nested too deeply to be read');
    else if (variable !== undefined) {
      const message = `${variable} cannot stand between { } or [ ] without quotes`;
      problems.error('yaml-syntax', at, message, { hint: `write "${variable}"` });
    } else problems.error('yaml-syntax', at, messageOf(fault), { hint: HINTS[fault.code] });
  }
}

function messageOf(fault: YAMLError): string {
  if (fault.code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML';
  if (fault.code === 'BLOCK_AS_IMPLICIT_KEY') return 'a mapping cannot begin in the middle of a line';
  if (fault.code === 'BAD_INDENT') return 'the indentation does not fit the lines above';
  const message = fault.message.replace(/ in YAML stream: .*/s, '').replace(/\n.*/s, '');
  return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

const HINTS: Partial<Record<YAMLError['code'], string>> = {
  TAB_AS_INDENT: 'use spaces',
  BLOCK_AS_IMPLICIT_KEY:
    'put the value in quotes if it holds a colon and a space, or move the mapping to its own lines',
  MULTILINE_IMPLICIT_KEY: 'a key is followed by a colon and a space',
  BAD_SCALAR_START: 'put the value in quotes',
  BAD_DQ_ESCAPE: "in double quotes a backslash is written \\\\; in single quotes ('...') it stands for itself",
};

/** Between { } and [ ] braces are YAML's own: the fault is at the brace of a `${NAME}` that has no quotes. */
function unquotedVariable(text: string, start: number): string | undefined {
  if (text[start] !== '{' || text[start - 1] !== '$') return undefined;
  return /^\$\{\w+\}/.exec(text.slice(start - 1, start + 100))?.[0];
}
