import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type Loaded, loadConfig } from '../../src/config/load.ts';
import type { Desired } from '../../src/model/desired.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { renderDiagnostics } from '../../src/yaml/render.ts';
import { expectGolden } from '../golden/golden.ts';

export const MAIN = 'motherduck.accounts.yaml';

/** The contents of a configuration's files, by name. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A folder with these files, removed after the test. */
export function folderOf(files: Files): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** Loads the main file of a new folder, or a single text as that file. Names in the result are relative to the folder. */
export async function load(
  files: Files | string,
  env: NodeJS.ProcessEnv = {},
  allowEnv: readonly string[] = [],
): Promise<Loaded> {
  const folder = folderOf(typeof files === 'string' ? { [MAIN]: files } : files);
  const loaded = await loadConfig(path.join(folder, MAIN), env, undefined, undefined, allowEnv);
  return JSON.parse(JSON.stringify(loaded, keepMaps).replaceAll(`${folder}/`, ''), makeMaps) as Loaded;
}

/** Desired of a configuration that must be right. */
export async function desired(files: Files | string, env: NodeJS.ProcessEnv = {}): Promise<Desired> {
  const loaded = await load(files, env);
  if (!loaded.ok) throw new Error(`unexpected errors:\n${textOf(loaded)}`);
  return loaded.desired;
}

/** What is found, one line each: `code line the marked text`; those of other files begin with `file: `. */
export async function findings(files: Files | string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const loaded = await load(files, env);
  return all(loaded).map((one) => brief(one, loaded));
}

/** The diagnostics as a person sees them. */
export function textOf(loaded: Loaded): string {
  return renderDiagnostics(all(loaded), loaded.sources);
}

/** Compares what a person sees of a configuration with the entry of test/golden/configuration.txt, and gives it. */
export async function expectText(entry: string, files: Files | string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const text = textOf(await load(files, env));
  expectGolden('configuration', entry, text);
  return text;
}

/** Errors first, then warnings. */
export function all(loaded: Loaded): Diagnostic[] {
  return [...(loaded.ok ? [] : loaded.diagnostics), ...loaded.warnings];
}

function brief({ code, severity, location, length }: Diagnostic, { sources }: Loaded): string {
  const line = sources.get(location.file)?.split('\n')[location.line - 1] ?? '';
  const marked = line.slice(location.column - 1, location.column - 1 + length).trimEnd();
  const file = location.file === MAIN ? '' : `${location.file}: `;
  return `${file}${severity === 'warning' ? 'warning ' : ''}${code} ${location.line} ${marked}`;
}

function keepMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? { '\0map': [...value] } : value;
}

function makeMaps(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && '\0map' in value
    ? new Map(value['\0map'] as [unknown, unknown][])
    : value;
}

/** A right configuration of seven lines; what a test is about comes after it, from line 8. */
export const BASE = `version: 1
organization: acme
secret_stores:
  local: { kind: file, path: secrets.env, format: dotenv }
token_policies:
  app: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }

`;
