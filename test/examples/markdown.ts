/** The commands that the examples' READMEs show: which are to be typed, and what they are said to print. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
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

/** The contents of a text's fenced blocks of a language. */
export function blocksOf(text: string, language: string): string[] {
  const fences = text.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...fences].filter(([, name]) => name === language).map(([, , content]) => content ?? '');
}

/** The steps of all `console` blocks of a README, in order. */
export function transcript(text: string): Step[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of blocksOf(text, 'console').flatMap((block) => block.trimEnd().split('\n'))) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else steps.at(-1)?.shown.push(line);
  }
  return steps;
}

/** The words after `mdacc` in each command of that name, wherever a README tells to type one. */
export function mdaccCommands(text: string): string[][] {
  const typed = [
    ...blocksOf(text, 'sh').flatMap((block) => block.split('\n')),
    ...transcript(text).map((step) => step.command),
  ];
  return typed.flatMap(mdaccIn);
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
