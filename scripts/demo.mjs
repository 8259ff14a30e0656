// Demonstrates the program with the embedded sandbox, and shows each command as it would be typed. With --api-url and an
// address it uses the sandbox that is served there, as MOTHERDUCK_ADMIN_TOKEN and MDACC_SANDBOX say.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const mdacc = path.join(root, 'dist', 'main.cjs');
const isTerminal = process.stdout.isTTY;
const bold = (text) => (isTerminal ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text) => (isTerminal ? `\x1b[2m${text}\x1b[0m` : text);

// A temporary folder, so that the demo leaves nothing behind and always starts the same.
const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-demo-'));
cpSync(path.join(root, 'motherduck.accounts.yaml'), path.join(folder, 'motherduck.accounts.yaml'));
cpSync(path.join(root, 'schemas'), path.join(folder, 'schemas'), { recursive: true });
writeFileSync(path.join(folder, '.gitignore'), '.motherduck/\n.motherduck-sandbox/\n');

const env = { ...process.env, ...(isTerminal ? { FORCE_COLOR: '1' } : {}) };
const service = process.argv.slice(2).join(' ') || '--sandbox';
const ofOtherOrganizations = [
  'MOTHERDUCK_ADMIN_TOKEN',
  'MOTHERDUCK_API_URL',
  'MOTHERDUCK_API_BASE_URL',
  'MDACC_SANDBOX',
];
for (const name of ['MOTHERDUCK_TOKEN', 'motherduck_token', ...(service === '--sandbox' ? ofOtherOrganizations : [])]) {
  delete env[name];
}

/** Writes tenant.yaml: a publisher of a share, and a tenant that reads it. */
function writeTenant({ suspended }) {
  const text = `version: 1
organization: acme
secret_stores: { local: { kind: file, path: .motherduck/tenants.env, format: dotenv } }
token_policies:
  dashboard: { type: read_scaling, ttl: 30d, rotate_before: 7d, overlap: 48h, secret_store: local }
guardrails: { max_deletes: 1 }
accounts:
  publisher:
    smoke: false
    setup:
      - CREATE DATABASE IF NOT EXISTS sales
      - CREATE TABLE IF NOT EXISTS sales.orders AS SELECT 42 AS amount
      - CREATE SHARE IF NOT EXISTS reporting FROM sales (ACCESS ORGANIZATION)
  tenant_initech:
    suspended: ${suspended}
    deletion_protection: false
    tokens: { app: dashboard }
    setup: ["ATTACH IF NOT EXISTS 'md:_share/reporting/0f4c' AS reporting"]
    smoke: { query: SELECT amount FROM reporting.orders }
`;
  writeFileSync(path.join(folder, 'tenant.yaml'), text);
}

function say(text) {
  process.stdout.write(`\n${dim(`# ${text}`)}\n`);
}

/** Runs one command; `brief` leaves the plan out. @throws Error if its exit code or output differs from what is expected */
async function type(words, { exits = 0, shows, brief = false, before = '', variables = {} } = {}) {
  process.stdout.write(`${bold(`$ ${before}mdacc ${words}`)}\n`);
  const child = spawn(process.execPath, [mdacc, ...words.split(' ')], { cwd: folder, env: { ...env, ...variables } });
  let said = '';
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said += text;
      if (!brief) process.stdout.write(text);
    });
  }
  const [status] = await once(child, 'close');
  if (brief) process.stdout.write(`… the plan …\n${said.slice(said.search(/^Plan: /m)).replace(/\n\n/g, '\n')}`);
  if (status !== exits) throw new Error(`mdacc ${words} exited with ${status}, not ${exits}`);
  if (shows !== undefined && !said.includes(shows)) throw new Error(`mdacc ${words} did not say: ${shows}`);
}

/** Reads the secret from the store, as a program does at its start. */
function readSecret() {
  const file = readFileSync(path.join(folder, '.motherduck/secrets.env'), 'utf8');
  return /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW=(.+)$/m.exec(file)[1];
}

/** Connects with a secret, which is not shown, as a program does. */
function connectWith(which, secret, expected) {
  return type('sandbox connect', {
    before: `MOTHERDUCK_TOKEN=<${which}> `,
    variables: { MOTHERDUCK_TOKEN: secret },
    ...expected,
  });
}

/** Revokes the current token over the REST API, as a person can at MotherDuck. */
async function revokeByHand() {
  const state = JSON.parse(readFileSync(path.join(folder, 'motherduck.accounts.state.json'), 'utf8'));
  const where = `/v1/users/etl_prod/tokens/${state.accounts.etl_prod.tokens.airflow.current.id}`;
  const server = spawn(process.execPath, [mdacc, 'sandbox', 'serve', '--quiet'], { cwd: folder, env });
  let said = '';
  for await (const text of server.stdout.setEncoding('utf8')) {
    said += text;
    if (said.includes('MDACC_SANDBOX=')) break;
  }
  const variables = Object.fromEntries(
    said
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  );
  process.stdout.write(`${bold(`$ curl -X DELETE $MOTHERDUCK_API_URL${where}`)}\n`);
  const headers = { authorization: `Bearer ${variables.MOTHERDUCK_ADMIN_TOKEN}` };
  const answer = await fetch(variables.MOTHERDUCK_API_URL + where, { method: 'DELETE', headers });
  process.stdout.write(`${await answer.text()}\n`);
  if (!answer.ok) throw new Error(`revoking by hand answered ${answer.status}`);
  server.kill();
  await once(server, 'close');
}

try {
  say('motherduck.accounts.yaml has three service accounts with tokens and Ducklings. Check it.');
  await type('validate');
  say('Show what apply would change. --sandbox replaces MotherDuck; without it, these commands need an admin token.');
  await type(`plan ${service}`);
  say('Apply it. Secrets go straight to .motherduck/secrets.env. Then apply connects as each account.');
  await type(`apply ${service} --yes`, { shows: '3 of 3 accounts passed' });
  say('Plan again: there is nothing left to do.');
  await type(`plan ${service}`, { shows: 'No changes.' });

  const old = readSecret();
  say('80 days later. Apply did not run, so short-lived tokens have expired, and airflow is due.');
  await type('sandbox advance 80d');
  await type(`plan ${service}`, { shows: 'airflow -> airflow.2' });
  say(
    'airflow.2 is created, stored at the secret path of airflow, and verified. Only then does the overlap of airflow begin:',
  );
  await type(`apply ${service} --yes`, { shows: 'airflow -> airflow.2' });
  say('running programs can restart at any time during the overlap, and programs that start now get the new secret.');
  await connectWith('the secret from before', old, { shows: 'Connected as etl_prod' });
  await connectWith('the secret from the store', readSecret(), { shows: 'Connected as etl_prod' });
  say('Two days later, the overlap of 24 hours has ended.');
  await type('sandbox advance 2d');
  await type(`apply ${service} --yes`, { shows: 'its overlap ended' });
  await connectWith('the secret from before', old, { exits: 1, shows: 'Invalid MotherDuck token' });

  say('Someone revokes a token by hand. (This calls the REST API of the sandbox, which mdacc sandbox serve offers.)');
  await revokeByHand();
  say('The next apply reports and replaces it.');
  await type(`apply ${service} --yes`, { shows: 'create token airflow.3' });
  await connectWith('the secret from the store', readSecret(), { shows: 'Connected as etl_prod' });
  await type(`plan ${service}`, { shows: 'No changes.' });

  say('The life of a tenant, in tenant.yaml. Its setup attaches a share, which the smoke test reads with its token.');
  const tenant = `-c tenant.yaml ${service} --yes`;
  writeTenant({ suspended: false });
  await type(`apply ${tenant}`, { shows: 'app ok' });
  say('Its token leaks. A new one replaces it, connects, and the old one is revoked in the same run.');
  await type(`rotate tenant_initech/app --revoke-old ${tenant}`, { shows: 'revoke token app\n', brief: true });
  say('It stops paying, and gets "suspended: true": it loses its token and keeps its data. It pays: a new token.');
  writeTenant({ suspended: true });
  await type(`apply ${tenant}`, { shows: 'revoke token app.2', brief: true });
  writeTenant({ suspended: false });
  await type(`apply ${tenant}`, { shows: 'app ok', brief: true });
  say('It leaves, and its secret is removed with it.');
  await type(`destroy --only tenant_initech --allow-delete ${tenant}`, { shows: '1 secret to remove', brief: true });
  process.stdout.write(
    `\n${bold('The demo passed.')} Without --sandbox, the same commands go to MotherDuck, with an admin token and a state of their own.\n`,
  );
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
