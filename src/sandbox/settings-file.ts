import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyEdits, modify, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { shownRelativePath } from '../files/paths.ts';
import { readText, whyUnreadable } from '../files/read-text.ts';
import { writeFix } from '../files/system-errors.ts';
import { maskCredentials } from '../model/credential.ts';
import { quote } from '../model/quote.ts';
import { suggestion } from '../model/suggestion.ts';
import { UserError } from '../model/user-error.ts';
import { locationOf, sourceOf } from '../yaml/source.ts';
import { expectedOf, SETTING_NAMES, SETTINGS, SETTINGS_FILE, type SettingName, type Settings } from './settings.ts';

/**
 * The settings in a sandbox's folder; none without a file. Comments and trailing commas are accepted.
 *
 * @throws UserError SANDBOX_FAILED with everything that is wrong
 */
export async function readSettings(folder: string): Promise<Partial<Settings>> {
  const path = join(folder, SETTINGS_FILE);
  const text = await textOf(path);
  return text === undefined ? {} : settingsIn(text, shownRelativePath(path));
}

/** Sets these settings in a sandbox's folder; the rest of its file stays as it is. @throws UserError SANDBOX_FAILED */
export async function saveSettings(folder: string, changes: Partial<Settings>): Promise<void> {
  const path = join(folder, SETTINGS_FILE);
  const before = (await textOf(path)) ?? '';
  const current = settingsIn(before, shownRelativePath(path));
  const names = SETTING_NAMES.filter((name) => changes[name] !== undefined && changes[name] !== current[name]);
  if (names.length === 0) return;
  const formattingOptions = { insertSpaces: true, tabSize: 2, insertFinalNewline: true };
  const text = names.reduce(
    (all, name) => applyEdits(all, modify(all, [name], changes[name], { formattingOptions })),
    before.trim() === '' ? '{}\n' : before,
  );
  try {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(path, text, { mode: 0o644, keepMode: true });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const message = `the sandbox's settings cannot be written: ${shownRelativePath(path)}`;
    const fix = writeFix(cause, 'Give a writable folder with `--sandbox-dir DIR`.');
    throw new UserError('SANDBOX_FAILED', message, fix, { cause });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readText(path, { most: 100_000, noLink: true });
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const message = `the sandbox's settings cannot be read: ${shownRelativePath(path)}: ${whyUnreadable(cause)}`;
    throw new UserError('SANDBOX_FAILED', message, 'Make it a readable JSON file, or remove it.', { cause });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

interface Problem {
  readonly offset: number;
  readonly text: string;
}

/** @param file as shown in errors */
function settingsIn(text: string, file: string): Partial<Settings> {
  if (text.trim() === '') return {};
  const errors: ParseError[] = [];
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw invalid([{ offset: error.offset, text: 'this is not JSON' }], text, file);
  if (root?.type !== 'object')
    throw invalid([{ offset: 0, text: 'expected a JSON object: {"plan": "lite"}' }], text, file);
  const read: Record<string, unknown> = {};
  const problems = (root.children ?? []).flatMap((property) => problemOf(property, read));
  if (problems.length > 0) throw invalid(problems, text, file);
  return read as Partial<Settings>;
}

/** Reads one property, and returns what is wrong with it. */
function problemOf({ children: [key, value] = [] }: Node, read: Record<string, unknown>): Problem | [] {
  const name = String(key?.value);
  if (name === '$schema' || key === undefined || value === undefined) return [];
  if (!isSettingName(name)) {
    const hint = suggestion(name, SETTING_NAMES);
    return { offset: key.offset, text: `unknown setting ${quote(name)}${hint === undefined ? '' : ` (${hint})`}` };
  }
  if (Object.hasOwn(read, name)) return { offset: key.offset, text: `${quote(name)} is repeated` };
  const setting = SETTINGS[name];
  const found = value.type === 'object' || value.type === 'array' ? undefined : value.value;
  read[name] = found;
  const expected = expectedOf(setting, found);
  if (expected === undefined) return [];
  const near =
    typeof found === 'string' && setting.kind === 'choice' ? suggestion(found, setting.values, 'allowed') : undefined;
  const shown = found === undefined ? `a JSON ${value.type}` : typeof found === 'string' ? quote(found) : String(found);
  const hint = near?.startsWith('did') ? ` (${near})` : '';
  return { offset: value.offset, text: `${name}: expected ${expected}, found ${shown}${hint}` };
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

function invalid(problems: readonly Problem[], text: string, file: string): UserError {
  const source = sourceOf(file, text);
  const located = problems.map((each) => ({
    text: each.text,
    location: locationOf({ source, start: each.offset, end: each.offset }),
  }));
  const [first, ...more] = located;
  const rest = more.map((each) => `; line ${each.location.line}: ${each.text}`).join('');
  return new UserError(
    'SANDBOX_FAILED',
    maskCredentials(`${first?.text}${rest}`),
    {
      text: 'Correct the file, or remove it to use the defaults. Its settings, as options',
      command: ['sandbox', 'serve', '--help'],
    },
    first === undefined ? {} : { location: first.location },
  );
}
