/** Folders with a configuration of so many accounts, and organizations that are served to them. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main, mdacc } from './measure.mjs';

/** The accounts that `sandbox seed` makes, as a configuration: two tokens each, and Ducklings. */
export function configuration(accounts, { size = 'standard', changed = 0 } = {}) {
  const names = Array.from({ length: accounts }, (_, index) => {
    const ducklings = index < changed ? ', ducklings: { pool: small, read_write: { size: jumbo } }' : '';
    return `  ${username(index)}: { template: tenant${ducklings} }`;
  });
  return `version: 1
organization: bench
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  etl: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  app: { type: read_scaling, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
duckling_pools: { small: { read_write: { size: ${size} }, read_scaling: { size: standard, pool_size: 4 } } }
templates: { tenant: { ducklings: small, tokens: { etl: etl, app: app } } }
accounts:${names.length === 0 ? ' {}' : ''}
${names.join('\n')}
`;
}

export function username(index) {
  return `tenant_${String(index + 1).padStart(5, '0')}`;
}

/** A folder of its own, for the time of the work. */
export async function inFolder(work) {
  const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-bench-'));
  try {
    return await work({
      cwd: folder,
      write: (text, name = 'motherduck.accounts.yaml') => writeFileSync(path.join(folder, name), text),
      remove: (...names) => {
        for (const name of names) rmSync(path.join(folder, name), { recursive: true, force: true });
      },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Serves the sandbox of a folder, with so many accounts that were seeded, for the time of the work, which gets its variables. */
export async function served({ cwd }, seeded, work, ...options) {
  await mdacc(['sandbox', 'reset'], { cwd });
  if (seeded > 0) await mdacc(['sandbox', 'seed', String(seeded)], { cwd });
  const server = spawn(process.execPath, [main, 'sandbox', 'serve', '--port', '0', ...options], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    return await work(await variables(server.stdout));
  } finally {
    server.kill();
  }
}

async function variables(output) {
  let said = '';
  for await (const text of output) {
    said += text;
    if (said.includes('MDACC_SANDBOX=')) break;
  }
  const lines = said.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}
