import { Composer, CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import { blankHint } from './describe-node.ts';
import type { Problems } from './problems.ts';
import type { Source } from './source.ts';

/** The deepest nesting that is read. A configuration needs seven levels. */
export const MAX_DEPTH = 64;
/** More lexical tokens are refused, to limit the parser's memory. A file with 50,000 accounts has fewer. */
const MAX_LEXEMES = 3_000_000;
// Compared with each lexeme, so they are read from the library once.
const { DOCUMENT, FLOW_END, SCALAR } = CST;

/**
 * Parses one file as a single YAML 1.2 document. Returns undefined after reporting errors of its syntax.
 */
export function parseYaml(source: Source, problems: Problems): Document.Parsed | undefined {
  const limits: ParserLimits = { broken: false, brackets: new Brackets(source.text) };
  // Each syntax error is an Error object; without stacks, a file full of errors is refused in seconds.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseLimited(source, problems, limits);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function parseLimited(source: Source, problems: Problems, limits: ParserLimits): Document.Parsed | undefined {
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
  reportFaults(source, faults, limits.brackets, problems);
  return faults.length > 0 || oldVersion(source, document, problems) ? undefined : document;
}

/** Observations while the parser is fed. */
interface ParserLimits {
  broken: boolean;
  readonly brackets: Brackets;
}

/** Feeds the parser lexeme by lexeme, and stops at the limits of nesting and length. */
function* parserTokens(source: Source, problems: Problems, limits: ParserLimits) {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    yield* parser.next(lexeme);
    limits.brackets.next(lexeme);
    lexemes += 1;
    if (parser.stack.length > MAX_DEPTH || lexemes > MAX_LEXEMES) {
      limits.broken = true;
      const at = { source, start: parser.offset, end: parser.offset + 1 };
      if (lexemes > MAX_LEXEMES) problems.error('too-large', at, 'the file has too many values');
      else problems.error('too-deep', at, `nested more than ${MAX_DEPTH} levels deep`);
      return;
    }
  }
  limits.brackets.end();
  yield* parser.end();
}

function reportSecondDocument(source: Source, first: Document.Parsed, problems: Problems): void {
  const marker = /^(---|\.\.\.)/gm;
  marker.lastIndex = Math.max(0, first.range[1]);
  const start = marker.exec(source.text)?.index ?? first.range[2];
  problems.error('yaml-documents', { source, start, end: start + 3 }, 'a second YAML document begins here', {
    hint: 'put everything into one document, or move it to an included file',
  });
}

// %YAML 1.1 would give the same text other values (yes, 0777), so it is refused.
function oldVersion(source: Source, document: Document.Parsed, problems: Problems): boolean {
  if (document.directives.yaml.version === '1.2') return false;
  const start = Math.max(0, source.text.indexOf('%YAML'));
  problems.error('yaml-syntax', { source, start, end: start + 5 }, 'only YAML 1.2 is supported', {
    hint: 'remove the %YAML line',
  });
  return true;
}

interface Fault {
  readonly code: 'yaml-syntax' | 'too-deep';
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** One syntax error causes others; only the root causes are reported. */
function reportFaults(source: Source, faults: readonly YAMLError[], brackets: Brackets, problems: Problems): void {
  if (faults.length === 0) return;
  for (const { code, start, end, message, hint } of rootFaults(source, faults, brackets)) {
    problems.error(code, { source, start, end }, message, { hint });
  }
}

function rootFaults(source: Source, faults: readonly YAMLError[], brackets: Brackets): Fault[] {
  const conflicts = [...source.text.matchAll(/^<{7} .*$|^>{7} .*$|^\|{7}( .*)?$|^={7}$/gm)];
  if (conflicts.length > 0) return conflictFaults(conflicts);
  const lineOf = (offset: number): number => source.lines.linePos(offset).line;
  // After a tab, the parser's other errors are unreliable.
  const tab = firstTab(source, faults, brackets);
  const lastLine = tab === undefined ? Number.POSITIVE_INFINITY : lineOf(tab.start) - 1;
  const unclosed = brackets.unclosed.filter(({ start }) => lineOf(start) <= lastLine).sort(byStart);
  const shown: Fault[] = unclosed.map(({ bracket, start }) => unclosedFault(bracket, start, lineOf(start)));
  let [next, covered, line] = [0, 0, 0];
  for (const fault of faults.map((one) => yamlFault(source, one)).sort(byStart)) {
    for (let one = unclosed[next]; one !== undefined && one.start <= fault.start; one = unclosed[++next]) {
      covered = Math.max(covered, lineOf(one.end));
    }
    const own = lineOf(fault.start);
    const caused = own <= covered || (fault.isOutside && line + covered > 0);
    if (own === line || own > lastLine || (caused && !fault.isVariable)) continue;
    line = own;
    shown.push(fault);
  }
  return [...shown, ...(tab === undefined ? [] : [tab])];
}

/** Git's conflict markers: one fault for each conflict, at its first line. */
function conflictFaults(markers: readonly RegExpExecArray[]): Fault[] {
  const begins = markers.filter(([line]) => line.startsWith('<'));
  return (begins.length > 0 ? begins : markers.slice(0, 1)).map(({ 0: line, index: start }) => ({
    code: 'yaml-syntax',
    start,
    end: start + line.length,
    message: 'a git merge conflict is here',
    hint: 'keep one side, and remove the lines of <<<<<<<, |||||||, ======= and >>>>>>>',
  }));
}

function byStart(a: { readonly start: number }, b: { readonly start: number }): number {
  return a.start - b.start;
}

function firstTab(source: Source, faults: readonly YAMLError[], brackets: Brackets): Fault | undefined {
  const starts = faults.filter(({ code }) => code === 'TAB_AS_INDENT').map(({ pos }) => pos[0]);
  const start = [...starts, ...brackets.tabs].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  if (start === Number.POSITIVE_INFINITY) return undefined;
  const tabs = /^\t+/.exec(source.text.slice(start, start + 40))?.[0] ?? ' ';
  const end = start + tabs.length;
  return { code: 'yaml-syntax', start, end, message: 'tabs cannot indent YAML', hint: 'use spaces' };
}

function unclosedFault(bracket: string, start: number, line: number): Fault {
  const message = `"${bracket}" on line ${line} is not closed`;
  return { code: 'yaml-syntax', start, end: start + 1, message, hint: `add "${bracket === '{' ? '}' : ']'}"` };
}

/** How the parser says that it expected nothing more. */
const OUTSIDE = ' in YAML stream: ';

interface YamlFault extends Fault {
  readonly isVariable: boolean;
  /** After a fault that ends the document for the parser, it reports all that follows as outside of it. */
  readonly isOutside: boolean;
}

function yamlFault(source: Source, fault: YAMLError): YamlFault {
  const start = Math.min(fault.pos[0], source.text.length);
  const code = fault.code === 'RESOURCE_EXHAUSTION' ? 'too-deep' : 'yaml-syntax';
  const isOutside = fault.message.includes(OUTSIDE);
  const at = { code, start, end: Math.min(fault.pos[1], start + 1), isOutside } as const;
  const variable = unquotedVariable(source.text, start);
  if (variable === undefined)
    return { ...at, message: messageOf(fault), hint: hintOf(source, fault, start), isVariable: false };
  const message = `${variable} needs quotes between { } or [ ]`;
  return { ...at, message, hint: `write "${variable}"`, isVariable: true };
}

function hintOf(source: Source, { code }: YAMLError, start: number): string | undefined {
  const [line = ''] = source.text.slice(start, start + 200).split('\n');
  return (/^\S+:\S/.test(line) ? blankHint(line) : undefined) ?? HINTS[code];
}

function messageOf(fault: YAMLError): string {
  if (fault.code === 'BLOCK_AS_IMPLICIT_KEY') return 'a mapping cannot start in the middle of a line';
  if (fault.code === 'BAD_INDENT') return 'the indentation does not match the lines above';
  if (fault.code === 'RESOURCE_EXHAUSTION') return 'nested too deeply to be read';
  const message = (fault.message.split(OUTSIDE)[0] ?? '').replace(/\n.*/s, '');
  return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

const HINTS: Partial<Record<YAMLError['code'], string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    'put the value in quotes if it contains a colon and a space, or move the mapping to its own lines',
  MULTILINE_IMPLICIT_KEY: 'write a colon and a space after a key',
  BAD_SCALAR_START: 'put the value in quotes',
  BAD_DQ_ESCAPE: "write \\\\ for a backslash in double quotes, or use single quotes ('...')",
};

/** The unquoted `${NAME}` at an error: between { } and [ ], its braces are YAML syntax. */
function unquotedVariable(text: string, start: number): string | undefined {
  if (text[start] !== '{' || text[start - 1] !== '$') return undefined;
  return /^\$\{\w+\}/.exec(text.slice(start - 1, start + 100))?.[0];
}

/** A `{` or `[` that was not closed before the offset `end`. */
interface Unclosed {
  readonly bracket: string;
  readonly start: number;
  readonly end: number;
}

const CLOSER: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['[', ']'],
]);

/** Tracks the brackets of a text by lexeme, because the parser only reports the line where the text stops making sense. */
class Brackets {
  readonly unclosed: Unclosed[] = [];
  /** Offsets of tabs that indent a line between brackets, which the parser does not report. */
  readonly tabs: number[] = [];
  readonly #text: string;
  #open: { readonly bracket: string; readonly start: number }[] = [];
  #offset = 0;
  #last = '';

  constructor(text: string) {
    this.#text = text;
  }

  next(lexeme: string): void {
    const last = this.#last;
    this.#last = lexeme;
    if (last === SCALAR) this.#offset += lexeme.length;
    else if (lexeme === FLOW_END) this.#flowEnd(last);
    else if (lexeme !== SCALAR && lexeme !== DOCUMENT) {
      if (CLOSER.has(lexeme)) this.#open.push({ bracket: lexeme, start: this.#offset });
      else if (lexeme === '}' || lexeme === ']') this.#close(lexeme);
      this.#offset += lexeme.length;
    }
  }

  /** Call at the end of the text. Brackets before an unclosed quote are not the error. */
  end(): void {
    const quote = /^["']/.exec(this.#last)?.[0];
    if (quote !== undefined && (this.#last.length === 1 || !this.#last.endsWith(quote))) return;
    this.#leave(0);
  }

  /** The lexer drops all open brackets when a line is indented less than they are. */
  #flowEnd(last: string): void {
    const next = this.#text[this.#offset] ?? '';
    if (last.startsWith('\t')) this.tabs.push(this.#offset - last.length);
    else if (next !== '}' && next !== ']') this.#leave(0);
    this.#open = [];
  }

  #close(closer: string): void {
    const own = this.#open.findLastIndex(({ bracket }) => CLOSER.get(bracket) === closer);
    // Brackets opened inside are not closed. Without a matching one, the last opened one is not.
    if (own === -1) this.#leave(Math.max(0, this.#open.length - 1));
    else {
      this.#leave(own + 1);
      this.#open.pop();
    }
  }

  #leave(from: number): void {
    for (const open of this.#open.splice(from)) this.unclosed.push({ ...open, end: this.#offset });
  }
}
