/** The command of an exec store: keeps a secret in vault/<account>.<token>, and can end the program that called it. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const [account, token] = process.argv.slice(2);
const { log, kill } = JSON.parse(process.env.CRASH_HOOK);
const secret = readFileSync(0, 'utf8');

/** As in file-hook.mjs, but every put is a process of its own, so that the log does the counting. */
function reach(when) {
  appendFileSync(log, `vault ${when}\n`);
  const lines = readFileSync(log, 'utf8').split('\n');
  const count = lines.filter((line) => line === `vault ${when}`).length;
  if (kill?.what !== 'vault' || kill.when !== when || kill.at !== count) return;
  process.kill(process.ppid, 'SIGKILL');
  process.exit();
}

mkdirSync('vault', { recursive: true });
reach('before');
writeFileSync(`vault/${account}.${token}`, secret);
reach('after');
