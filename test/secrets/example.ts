import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { UserError } from '../../src/model/user-error.ts';
import { type ExecStoreConfig, execStore } from '../../src/secrets/kinds/exec/store.ts';
import type { FileStoreConfig } from '../../src/secrets/kinds/file/check-file.ts';
import type { NewSecret } from '../../src/secrets/store.ts';

const location = { file: 'motherduck.accounts.yaml', line: 4, column: 3 };

/** A secret like MotherDuck's: three base64url parts. Found nowhere else. */
export const marker = [
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9',
  'eyJlbWFpbCI6Im1hcmtlckBhY21lIiwic2Vzc2lvbiI6InRlc3QifQ',
  'Mark3r-q8Zb_LkP0vXw2Rr7TtYyUuIiOoPpAaSsDdFf',
].join('.');
export const secret = new Secret(marker);

export const address = (facts: Partial<NewSecret> = {}): NewSecret => ({
  account: 'etl_prod',
  token: 'airflow',
  generation: 2,
  type: 'read_write',
  expiresAt: '2027-01-30T08:00:01.000Z',
  ...facts,
});

export const fileConfig = (path: string, facts: Partial<FileStoreConfig> = {}): FileStoreConfig => ({
  kind: 'file',
  name: 'local',
  path,
  shownPath: '.motherduck/secrets.env',
  format: 'dotenv',
  variable: 'MOTHERDUCK_TOKEN_{ACCOUNT}_{TOKEN}',
  allowUnignored: false,
  location,
  ...facts,
});

/** A store whose command is a Node program. */
export const nodeConfig = (program: string, facts: Partial<ExecStoreConfig> = {}): ExecStoreConfig =>
  execConfig([process.execPath, '-e', program], facts);

export const execConfig = (command: readonly string[], facts: Partial<ExecStoreConfig> = {}): ExecStoreConfig => ({
  kind: 'exec',
  name: 'vault',
  command,
  folder: process.cwd(),
  timeout: 30,
  location,
  ...facts,
});

/** Opens a store whose commands have the environment of the tests. */
export const openExecStore = (config: ExecStoreConfig) => execStore(config, { env: process.env });

/** The UserError that a promise rejects with, after checking that no part of the marker is anywhere in it. */
export async function refusal(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => expect.unreachable('it was accepted'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  const seen = [
    error.message,
    error.hint.text,
    error.stack,
    String(error.cause),
    JSON.stringify(error),
    inspect(error, { depth: 20, showHidden: true }),
  ].join('\n');
  expect(piecesIn(seen)).toEqual([]);
  return error;
}

/** The runs of eight characters of the marker and its encodings that occur in a text. */
export function piecesIn(text: string): string[] {
  const bytes = Buffer.from(marker);
  const forms = [marker, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
  const pieces = forms.flatMap((form) => Array.from({ length: form.length - 7 }, (_, at) => form.slice(at, at + 8)));
  return pieces.filter((piece) => text.includes(piece));
}

export function git(folder: string, ...words: string[]): void {
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@t', ...words], { stdio: 'ignore' });
}
