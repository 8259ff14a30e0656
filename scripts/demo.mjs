// The whole job against the embedded sandbox, each command shown as it would be typed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const mdacc = path.join(root, 'dist', 'main.cjs');
const isTerminal = process.stdout.isTTY;
const bold = (text) => (isTerminal ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text) => (isTerminal ? `\x1b[2m${text}\x1b[0m` : text);

// A folder of its own, so that the demo leaves nothing behind and begins the same every time.
const folder = mkdtempSync(path.join(tmpdir(), 'mdacc-demo-'));
cpSync(path.join(root, 'motherduck.accounts.yaml'), path.join(folder, 'motherduck.accounts.yaml'));
cpSync(path.join(root, 'schemas'), path.join(folder, 'schemas'), { recursive: true });
writeFileSync(path.join(folder, '.gitignore'), '.motherduck/\n.motherduck-sandbox/\n');

const env = { ...process.env, ...(isTerminal ? { FORCE_COLOR: '1' } : {}) };
for (const name of [
  'MOTHERDUCK_ADMIN_TOKEN',
  'MOTHERDUCK_TOKEN',
  'motherduck_token',
  'MOTHERDUCK_API_URL',
  'MDACC_SANDBOX',
]) {
  delete env[name];
}

function say(text) {
  process.stdout.write(`\n${dim(`# ${text}`)}\n`);
}

/** Runs one command; the demo ends when it does not exit as it should, or does not say what it should. */
async function type(words, { exits = 0, shows } = {}) {
  process.stdout.write(`${bold(`$ mdacc ${words}`)}\n`);
  const child = spawn(process.execPath, [mdacc, ...words.split(' ')], { cwd: folder, env });
  let said = '';
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said += text;
      process.stdout.write(text);
    });
  }
  const [status] = await once(child, 'close');
  if (status !== exits) throw new Error(`mdacc ${words} exited with ${status}, not ${exits}`);
  if (shows !== undefined && !said.includes(shows)) throw new Error(`mdacc ${words} did not say: ${shows}`);
}

try {
  say('motherduck.accounts.yaml names three service accounts, their tokens and Ducklings. Is it right?');
  await type('validate');
  say('What would be done? --sandbox stands in for MotherDuck; without it, the same commands need an admin token.');
  await type('plan --sandbox');
  say('Do it. The secrets go into .motherduck/secrets.env the moment they exist; then every account is connected to.');
  await type('apply --sandbox --yes', { shows: '3 of 3 accounts passed' });
  say('And again: nothing is left to do.');
  await type('plan --sandbox', { shows: 'No changes.' });
  process.stdout.write(
    `\n${bold('The whole job worked.')} The same commands without --sandbox, or with --api-url, work on the real service.\n`,
  );
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
