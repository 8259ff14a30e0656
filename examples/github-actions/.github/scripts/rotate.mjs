/**
 * Applies what time alone asks for: tokens that are due are replaced, and what they replaced is revoked. An account with
 * any other change is left out and named, since that change was not approved yet, or someone made it by hand.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (existsSync(process.env.STATE_FILE ?? 'motherduck.accounts.state.json')) rotate();
else console.log('Nothing was applied yet, so there is nothing to rotate.');

function rotate() {
  const { actions } = read(['plan', '--format', 'json']);
  const { accounts } = read(['state', 'list', '--format', 'json']);
  const waiting = new Set(actions.filter((action) => !comesOfTime(action)).map(({ account }) => account));
  const ready = Object.values(accounts).filter(({ username }) => !waiting.has(username));
  if (waiting.size > 0) warn(waiting);
  if (waiting.size === 0) apply([]);
  else if (ready.length > 0) apply(ready.map(({ username }) => `--only=${username}`));
  else console.log('No account is left to rotate.');
}

function comesOfTime(action) {
  switch (action.action) {
    case 'rotate_token':
      return true;
    case 'create_token': // in the place of one that expired
      return action.before !== null;
    case 'revoke_token':
      return action.cause !== 'removed';
    default:
      return false;
  }
}

/** What mdacc says in JSON. 1 is an error too, but may be one of a single account: then there is a plan all the same. */
function read(words) {
  const env = { ...process.env, GITHUB_ACTIONS: 'false' };
  const { stdout, status, error } = spawnSync('mdacc', words, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  const document = stdout === '' ? undefined : JSON.parse(stdout);
  if (document === undefined || document.error) process.exit(status || 1);
  return document;
}

/** An interruption goes on to mdacc, which finishes its calls and saves the state. */
function apply(only) {
  const child = spawn('mdacc', ['apply', '--yes', ...only], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 130;
  });
}

function warn(accounts) {
  const names = [...accounts].join(', ');
  const text = `Left out, because more than a rotation is planned for them: ${names}. Approve the apply that waits.`;
  console.log(process.env.GITHUB_ACTIONS === 'true' ? `::warning title=Not rotated::${text}` : `Warning: ${text}`);
}
