// Speed as ratios in one run: each thing against its floor, medians, since machines are noisy.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const main = path.join(root, 'dist/main.cjs');
const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-bench-'));
const LATENCY_MS = 20;
const PARALLELISM = 10;

/** Runs node to its end and gives the milliseconds it took. */
async function timeNode(args, options = {}) {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} exited with ${code}: ${said}`);
  return performance.now() - started;
}

/** Measures all of them in turn, again and again, so that what disturbs one disturbs all; gives medians. */
async function medians(rounds, measures) {
  const times = new Map(measures.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of measures) times.get(name).push(await measure());
  }
  return new Map([...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(all.length / 2)]]));
}

function print(title, floor, results, goals = {}) {
  const base = results.get(floor);
  console.log(`\n${title}`);
  for (const [name, ms] of results) {
    const goal = goals[name] === undefined ? '' : `  (goal: at most ${goals[name].toFixed(2)})`;
    console.log(`  ${name.padEnd(44)} ${ms.toFixed(1).padStart(9)} ms  ${(ms / base).toFixed(2).padStart(6)} x${goal}`);
  }
}

async function startUp() {
  const results = await medians(31, [
    ['node -e 0', () => timeNode(['-e', '0'])],
    ['mdacc --version', () => timeNode([main, '--version'])],
    ['mdacc --help', () => timeNode([main, '--help'])],
    ["mdacc validate (the repository's file)", () => timeNode([main, 'validate'], { cwd: root })],
  ]);
  print('Start-up', 'node -e 0', results, { 'mdacc --help': 1.3, "mdacc validate (the repository's file)": 2.5 });
}

function configuration(accounts) {
  const names = Array.from(
    { length: accounts },
    (_, index) => `  tenant_${String(index + 1).padStart(5, '0')}: { template: tenant }`,
  );
  return `version: 1
organization: bench
secret_stores: { local: { kind: file, path: .motherduck/secrets.env, format: dotenv } }
token_policies:
  etl: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
  app: { type: read_scaling, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: local }
duckling_pools: { small: { read_write: { size: standard }, read_scaling: { size: standard, pool_size: 4 } } }
templates: { tenant: { ducklings: small, tokens: { etl: etl, app: app } } }
accounts:
${names.join('\n')}
`;
}

/** A served sandbox, and its three variables. */
async function serve(...options) {
  const child = spawn(process.execPath, [main, 'sandbox', 'serve', '--port', '0', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  for await (const text of child.stdout) {
    said += text;
    if (said.includes('MDACC_SANDBOX=')) break;
  }
  const env = Object.fromEntries(
    said
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  return { env, close: () => child.kill() };
}

/** The requests of a plan, as few and as fast as undici can: the floor. */
async function bareRequests({ MOTHERDUCK_API_URL: url, MOTHERDUCK_ADMIN_TOKEN: token }) {
  const started = performance.now();
  const pool = new Pool(url, { connections: PARALLELISM });
  const get = async (where) => {
    const { body } = await pool.request({ method: 'GET', path: where, headers: { authorization: `Bearer ${token}` } });
    return body.json();
  };
  const { users } = await get('/v1/users?limit=1000');
  const paths = users
    .filter((user) => user.is_service_account)
    .flatMap(({ username }) => [`/v1/users/${username}/tokens`, `/v1/users/${username}/instances`]);
  const queue = paths.values();
  const worker = async () => {
    for (const where of queue) await get(where);
  };
  await Promise.all(Array.from({ length: PARALLELISM }, worker));
  await pool.close();
  return performance.now() - started;
}

async function planning(accounts) {
  writeFileSync(path.join(folder, 'motherduck.accounts.yaml'), configuration(accounts));
  await timeNode([main, 'sandbox', 'reset'], { cwd: folder });
  await timeNode([main, 'sandbox', 'seed', String(accounts)], { cwd: folder });
  const server = await serve('--latency', String(LATENCY_MS));
  const env = { ...process.env, ...server.env };
  const name = `mdacc plan, ${accounts} accounts`;
  const results = await medians(5, [
    ['the same requests through bare undici', () => bareRequests(server.env)],
    [name, () => timeNode([main, 'plan', '--parallelism', String(PARALLELISM)], { cwd: folder, env })],
  ]);
  server.close();
  print(
    `Plan of ${accounts} accounts, ${LATENCY_MS} ms a request, parallelism ${PARALLELISM}`,
    'the same requests through bare undici',
    results,
    { [name]: 1.25 },
  );
}

console.log(`node ${process.version}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}`);
try {
  await startUp();
  await planning(1000);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
