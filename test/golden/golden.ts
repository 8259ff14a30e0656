/** Texts for people, word for word, in a few files that are read as a whole: `vitest -u` writes them. Elsewhere, tests assert on data. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject } from 'vitest';
import { UserError } from '../../src/model/user-error.ts';
import { hintText } from '../../src/report/hint.ts';

const FOLDER = path.dirname(fileURLToPath(import.meta.url));
const HEADING = /^== (.+)\n/m;

/** The files with an entry for each text, and what they hold. */
export type GoldenFile = 'audits' | 'configuration' | 'errors' | 'help' | 'plans' | 'reports' | 'warnings';

/** What differs from run to run, by the name that stands for it in a golden file: `{ pid: child.pid }` is `<pid>`. */
export type Values = Readonly<Record<string, string | number | RegExp>>;

/**
 * Compares a text with its entry in `test/golden/<file>.txt`. Temporary folders and times of the form
 * 2026-11-25T01:10:00Z are `<folder>` and `<time>` there; `values` names more that differs from run to run. With 'exact'
 * nothing is replaced.
 */
export function expectGolden(file: GoldenFile, entry: string, text: string, values: Values | 'exact' = {}): void {
  const shown = values === 'exact' ? text.trimEnd() : withoutValues(text, values);
  const known = read(file).get(entry);
  const name = `entry "${entry}" of test/golden/${file}.txt`;
  if (known !== shown && inject('updates')) write(file, entry, shown);
  else expect(shown, known === undefined ? `no ${name}: run with -u` : name).toBe(known);
}

/** The same for an error that the user can fix: its code, its message and its hint. */
export function expectGoldenError(entry: string, error: unknown, values?: Values): void {
  expect(error).toBeInstanceOf(UserError);
  const { code, message, hint } = error as UserError;
  expectGolden('errors', entry, `${code}: ${message}\n  ${hintText(hint)}`, values);
}

function withoutValues(text: string, values: Values): string {
  let shown = (path.sep === '/' ? text : text.replaceAll(path.sep, '/'))
    .replace(/[^\s"'`=(]*[/]mdacc-[\w-]+?-\w{6}(?=[/\s"'`:,.)]|$)/gm, '<folder>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(?= UTC)/g, '<time>')
    .replaceAll(` of ${userInfo().username} (process`, ' of <user> (process');
  for (const [name, value] of Object.entries(values))
    shown = shown.replaceAll(typeof value === 'number' ? String(value) : value, `<${name}>`);
  return shown.replace(/[ \t]+$/gm, '').trimEnd();
}

/** The entries of a golden file, by name. */
export function read(file: GoldenFile): Map<string, string> {
  let text = '';
  try {
    text = readFileSync(fileOf(file), 'utf8');
  } catch {
    return new Map();
  }
  const parts = text.split(HEADING);
  const entries = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) entries.set(parts[at] ?? '', (parts[at + 1] ?? '').trimEnd());
  return entries;
}

function fileOf(file: GoldenFile): string {
  return path.join(FOLDER, `${file}.txt`);
}

function write(file: GoldenFile, entry: string, text: string): void {
  const lock = path.join(FOLDER, `.${file}.lock`);
  whenFree(lock, () => {
    const entries = [...read(file).set(entry, text)].sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(fileOf(file), `${entries.map(([name, body]) => `== ${name}\n${body}\n`).join('\n')}`);
  });
}

/** Tests of several processes write the same file. */
function whenFree(lock: string, act: () => void): void {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
  try {
    act();
  } finally {
    rmdirSync(lock);
  }
}
