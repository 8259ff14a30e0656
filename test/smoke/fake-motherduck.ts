/** A fake MotherDuck for smoke tests: tokens of identities, a connector to local DuckDB, an API that records calls. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Secret } from '../../src/model/secret.ts';
import { smokeTokenName, type TokenType } from '../../src/model/tokens.ts';
import type { WireActiveAccounts, WireToken } from '../../src/model/wire.ts';
import type { ConnectionTarget, Connector } from '../../src/motherduck/connector.ts';
import { type ProbeRunner, runProbe } from '../../src/motherduck/probe-process.ts';
import { ApiError, type ApiFailure } from '../../src/motherduck/transport-errors.ts';
import type { SessionOptions } from '../../src/smoke/session.ts';
import { ROOT } from '../in-process.ts';

/** Longer than a probe takes on a busy machine. */
export const PROBE_TIMEOUT_MS = 60_000;

/** Runs for hours. */
export const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000000) b';

/** The probe of the built program. */
export const PROBE = join(ROOT, 'dist/probe.cjs');

/** A probe of its own, in a folder from which Node resolves @duckdb/node-api. */
export async function buildProbe(): Promise<{ path: string; folder: string; remove: () => void }> {
  const folder = join(ROOT, 'node_modules/.cache/mdacc-test', `${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'probe.mjs');
  const entryPoints = [join(ROOT, 'src/motherduck/probe.ts')];
  await build({ entryPoints, outfile: path, bundle: true, platform: 'node', format: 'esm', external: ['@duckdb/*'] });
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Every secret contains it, so that one search finds a leak. */
export const MARKER = 'MARKERxQ7';

/** The account that a token connects as, and what fails there. */
export interface Identity {
  readonly user: string;
  readonly organization?: string;
  readonly size?: string;
  readonly databases?: readonly string[];
  readonly refused?: boolean;
  readonly setup?: readonly string[];
  /** Opened instead of the local database. */
  readonly path?: string;
}

export class FakeMotherDuck {
  readonly identities = new Map<string, Identity>();
  readonly calls: string[] = [];
  /** Of the temporary tokens, also of those that were not created. */
  readonly names: string[] = [];
  /** Of the temporary tokens. */
  readonly alive = new Set<string>();
  readonly shutDown: string[] = [];
  readonly opened: string[] = [];
  readonly secrets: Secret[] = [];
  active: WireActiveAccounts['accounts'] = [];
  /** The identity of an account's temporary token. */
  temporary: (account: string, type: TokenType) => Partial<Identity> = () => ({});
  fail: { on: 'createToken' | 'deleteToken' | 'activeAccounts'; failure: ApiFailure; effect: 'none' | 'unknown' }[] =
    [];
  shutdown = 'SELECT 1';
  onMinted = () => {};
  #made: WireToken[] = [];
  #count = 0;

  /** A secret that connects as the identity. */
  secret(identity: Identity): Secret {
    const text = `eyJhbGciOiJIUzI1NiJ9.${MARKER}payload${this.#count}.${MARKER}signature${this.#count++}`;
    this.identities.set(text, identity);
    const secret = new Secret(text);
    this.secrets.push(secret);
    return secret;
  }

  /** A temporary token of a smoke test that runs elsewhere. */
  elsewhere(id: string): void {
    this.#made.push(wireToken(id, smokeTokenName('elsewhere'), 'read_write', this.api.now()));
    this.alive.add(id);
  }

  readonly probe: ProbeRunner = (target, request, options) =>
    runProbe(target, request, { ...options, env: process.env, probePath: PROBE });

  readonly connector: Connector = {
    target: async (token, database) => {
      const identity = this.identities.get(token.reveal()) ?? { user: 'nobody', refused: true };
      this.opened.push(`${identity.user}:${database ?? ''}`);
      return this.#target(identity, database);
    },
    sessionTarget: () => Promise.reject(new Error('no state is kept here')),
    noteShutdown: async (username, type) => {
      this.shutDown.push(`${username} ${type}`);
    },
  };

  #target(identity: Identity, database: string | undefined): ConnectionTarget {
    const { user, organization = 'acme', size = 'Pulse', databases = [], refused = false } = identity;
    const refusal = 'Request failed: Your request is not authenticated. Please check your MotherDuck token. (401)';
    const missing = database !== undefined && !databases.includes(database);
    return {
      path: identity.path ?? ':memory:',
      options: {},
      setup: [
        ...(refused ? [`SELECT error('${refusal}')`] : []),
        ...(missing ? [`SELECT error('Catalog Error: no database/share named ''${database}'' found')`] : []),
        `CREATE MACRO md_user() AS '${user}'`,
        `CREATE MACRO md_user_info() AS TABLE SELECT 'u1' AS user_id, '${user}' AS username,
           'id-${organization}' AS org_id, '${organization}' AS org_name, 'business' AS org_type, 'eu' AS region`,
        `CREATE MACRO md_live_duckling_size() AS TABLE SELECT '${size}' AS type`,
        ...(identity.setup ?? []),
      ],
      confine: [],
      shutdown: this.shutdown,
    };
  }

  readonly api: SessionOptions['api'] = {
    createToken: async (username, request) => {
      const type = request.token_type ?? 'read_write';
      this.names.push(request.name);
      this.calls.push(`create ${username} ${type} ${request.ttl}`);
      const isTaken = this.#made.some(({ id, name }) => name === request.name && this.alive.has(id));
      if (isTaken) throw apiError('conflict', 'none');
      const id = `t${this.#count}`;
      const lost = this.#failure('createToken');
      if (lost?.effect === 'none') throw apiError(lost.failure, 'none');
      const record = wireToken(id, request.name, type, this.api.now());
      this.#made.push(record);
      this.alive.add(id);
      if (lost !== undefined) throw apiError(lost.failure, 'unknown');
      const secret = this.secret({ user: username, ...this.temporary(username, type) });
      this.onMinted();
      return { record, secret };
    },
    listTokens: async () => this.#made.filter((token) => this.alive.has(token.id)),
    deleteToken: async (username, id) => {
      this.calls.push(`delete ${username} ${id}`);
      const failing = this.#failure('deleteToken');
      if (failing !== undefined) throw apiError(failing.failure, failing.effect);
      this.alive.delete(id);
    },
    activeAccounts: async () => {
      const failing = this.#failure('activeAccounts');
      if (failing !== undefined) throw apiError(failing.failure, failing.effect);
      return this.active;
    },
    now: () => Date.UTC(2026, 10, 24),
  };

  #failure(call: string) {
    const index = this.fail.findIndex((failing) => failing.on === call);
    return index === -1 ? undefined : this.fail.splice(index, 1)[0];
  }
}

function wireToken(id: string, name: string, type: TokenType, createdAt: number): WireToken {
  const created_ts = new Date(createdAt).toISOString();
  return { id, name, created_ts, read_only: type === 'read_scaling', token_type: type };
}

function apiError(failure: ApiFailure, effect: 'none' | 'unknown'): ApiError {
  const call = 'POST /v1/users/etl_prod/tokens';
  return new ApiError(failure, 'API_FAILED', `${call}: ${failure}`, 'Try again later.', { call, effect });
}
