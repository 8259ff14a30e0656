import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import type { Organization, OrganizationOptions } from '../../src/sandbox/organization.ts';
import { expectDescribed } from '../openapi/document.ts';
import { memorySandbox } from './memory.ts';

export const ADMIN = 'the-admin-token-of-these-tests';

/** An organization in memory whose Admin's token is ADMIN. */
export function organization(options: Omit<OrganizationOptions, 'folder' | 'adminToken'> = {}): Organization {
  return memorySandbox({ ...options, adminToken: new Secret(ADMIN) });
}

/** An organization with the account `etl_prod`. */
export async function withAccount(...options: Parameters<typeof organization>): Promise<Organization> {
  const sandbox = organization(...options);
  await accounts(sandbox, 'etl_prod');
  return sandbox;
}

export interface Asked {
  /** null: no Authorization header. */
  readonly token?: string | null;
  readonly json?: unknown;
  readonly text?: string;
}

/** Sends a raw request and returns the response, with its JSON or else its text. Each is as the OpenAPI document describes. */
export async function ask(sandbox: Organization, call: string, { token = ADMIN, json, text }: Asked = {}) {
  const [method = '', path = ''] = call.split(' ');
  const body = json === undefined ? text : JSON.stringify(json);
  const request = new Request(`https://api.motherduck.com${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  });
  const response = await sandbox.handle(request);
  const answer = await response.text();
  const headers = Object.fromEntries(response.headers);
  expectDescribed({ method, target: path }, { status: response.status, headers, text: answer }, 'closed');
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answer) : answer };
}

/** Creates service accounts. */
export async function accounts(sandbox: Organization, ...usernames: string[]): Promise<void> {
  for (const username of usernames) await ask(sandbox, 'POST /v1/users', { json: { username } });
}

/** Creates a token and returns the response's body. */
export async function token(sandbox: Organization, username: string, json: Record<string, unknown> = {}) {
  const answer = await ask(sandbox, `POST /v1/users/${username}/tokens`, { json: { name: 'test', ...json } });
  return answer.body as { token: string; id: string; name: string };
}

/** The body of an error response with one issue. */
export function invalid(procedure: string, code: string, message: string, path: (string | number)[]) {
  return {
    message,
    code: 'BAD_REQUEST',
    data: { code: 'BAD_REQUEST', httpStatus: 400, path: procedure },
    issues: [{ code, message, path }],
  };
}

/** An empty folder that is removed after the test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mdacc-sandbox-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Bundles TypeScript that calls the sandbox into a script for Node, to run in another process. */
export async function script(source: string): Promise<string> {
  const outfile = join(folder(), 'script.mjs');
  const stdin = { contents: source, resolveDir: import.meta.dirname, loader: 'ts' } as const;
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
  return outfile;
}
