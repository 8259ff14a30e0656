/** The commands that the examples' READMEs show: which are to be typed, and what they are said to print. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { wrongWith } from '../commands/command-line.ts';
import { ROOT } from '../in-process.ts';

/** A command and what is shown of its output, line by line; `…` stands for lines that are left out. */
export interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

/** The READMEs below examples/, relative to the repository. */
export function readmes(): string[] {
  const files = readdirSync(path.join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => path.basename(file) === 'README.md').map((file) => `examples/${file}`);
}

export function readText(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** A fenced block of a text, also of a list's entry. */
export interface Block {
  readonly language: string;
  readonly content: string;
}

export function allBlocksOf(text: string): Block[] {
  const fences = text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms);
  return [...fences].map(([, indent = '', language = '', content = '']) => ({
    language,
    content: content.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The contents of a text's fenced blocks of a language. */
export function blocksOf(text: string, language: string): string[] {
  return allBlocksOf(text).flatMap((block) => (block.language === language ? [block.content] : []));
}

/** Whether a `console` block shows outputs; otherwise each of its lines is to be typed. */
function isTranscript(block: string): boolean {
  return /^\$ /m.test(block);
}

/** The steps of all `console` blocks of a page, in order, without comments. */
export function stepsOf(text: string): Step[] {
  return blocksOf(text, 'console').flatMap((block) => (isTranscript(block) ? transcript(block) : typed(block)));
}

function typed(block: string): Step[] {
  const lines = block.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  return lines.map((command) => ({ command, shown: [] }));
}

function transcript(block: string): Step[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of block.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else if (!line.startsWith('# ')) steps.at(-1)?.shown.push(line);
  }
  for (const { shown } of steps) while (shown.at(-1) === '') shown.pop();
  return steps;
}

/** The commands of `mdacc` that a text tells to type, or names in a sentence, and that cannot be typed. */
export function untypeable(text: string): object[] {
  const lines = ['sh', 'bash'].flatMap((language) => blocksOf(text, language)).flatMap((block) => block.split('\n'));
  const typed = [...lines, ...stepsOf(text).map((step) => step.command)].flatMap(mdaccIn);
  // `mdacc rotate` in a sentence is a name.
  const named = namedCommands(text).flatMap(mdaccIn);
  return [
    ...typed.map((words) => ({ typed: words.join(' '), wrong: wrongWith(words) })),
    ...named.map((words) => ({ named: words.join(' '), wrong: wrongWith([...words, '--help']) && wrongWith(words) })),
  ].filter(({ wrong }) => wrong !== undefined);
}

/** The code in a text's sentences that is a command, without those that the reference names by their arguments. */
export function namedCommands(text: string): string[] {
  const prose = text.replace(/^( *)```.*?^\1```$/gms, '');
  const codes = [...prose.matchAll(/`([^`\n]*\bmdacc [^`\n]+)`/g)].map(([, code = '']) => code);
  return codes.filter((code) => !/mdacc [^$]*<|COMMAND/.test(code));
}

/** The words after `mdacc` in each command of that name in a line of a shell. */
export function mdaccIn(line: string): string[][] {
  return line
    .replace(/\s#.*$/, '')
    .split(/&&|\||;|[$<]\(/)
    .map((part) => words(part.replace(/[>)].*$/, '')))
    .map((all) => all.slice(all.indexOf('mdacc')))
    .filter(([first]) => first === 'mdacc')
    .map(([, ...rest]) => rest);
}

function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** Whether a README stands beside a configuration, so that its transcript can be run there. */
export function hasConfiguration(readme: string): boolean {
  return existsSync(path.join(ROOT, path.dirname(readme), 'motherduck.accounts.yaml'));
}

/** What differs from run to run: the day, ids, how long something took, how often a state was written, and the days left, of which the first second has one more. */
function settled(line: string): string {
  return line
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\d UTC|T[\d:.]+Z)?/g, 'DATE')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID')
    .replace(/\d+ ms/g, 'N ms')
    .replace(/serial \d+/g, 'serial N')
    .replace(/expires in \d+ days/g, 'expires in N days')
    .trimEnd();
}

/** The shown lines that are not in the output, in this order, with nothing left out but where a line begins with `…`. */
export function missing({ shown }: Step, output: string): string[] {
  const lines = output.trimEnd().split('\n').map(settled);
  let at = 0;
  let maySkip = false;
  const lost: string[] = [];
  for (const line of shown) {
    if (line.startsWith('…')) maySkip = true;
    if (line.startsWith('…') || (maySkip && line === '')) continue;
    const next = maySkip ? lines.indexOf(settled(line), at) : lines[at] === settled(line) ? at : -1;
    if (next < 0) lost.push(line);
    else at = next + 1;
    maySkip = false;
  }
  if (!maySkip && shown.length > 0 && at < lines.length) lost.push(`nothing after: ${lines.slice(at).join('\n')}`);
  return lost;
}
