/** How a program is timed: as a process of its own, in turn with what it is compared to, more than once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');
export const main = path.join(root, 'dist/main.cjs');
// Node reads its certificates at each start, which can take longer than the start.
const { NODE_EXTRA_CA_CERTS: _, ...surroundings } = process.env;

/** Runs a program to its end. Gives how long it took in milliseconds, and for node its peak memory in megabytes. */
export async function run(program, args, { cwd, env = {}, codes = [0] } = {}) {
  const isNode = program === process.execPath;
  const started = performance.now();
  const child = spawn(program, isNode ? ['--require', path.join(here, 'peak.cjs'), ...args] : args, {
    cwd,
    env: { ...surroundings, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let peak = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  child.stdio[3].on('data', (text) => {
    peak += text;
  });
  const [code] = await once(child, 'close');
  const ms = performance.now() - started;
  if (!codes.includes(code)) throw new Error(`${program} ${args.join(' ')} exited with ${code}: ${said}`);
  return { ms, megabytes: Number(peak) / 1024 };
}

export function node(args, options) {
  return run(process.execPath, args, options);
}

export function mdacc(args, options) {
  return node([main, ...args], options);
}

/**
 * Measures all of them in turn, again and again, so that what disturbs one disturbs all. Each has `what` it is, what is
 * to be done `before` it, which is not timed, `measure`, and perhaps a `goal`. Gives medians, and ratios to the first's.
 */
export async function inTurn(rounds, measures) {
  const times = measures.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { before, measure }] of measures.entries()) {
      await before?.();
      times[index].push((await measure()).ms);
    }
  }
  const medians = times.map(median);
  return measures.map(({ what, goal }, index) => ({
    what,
    ms: medians[index],
    ...(index === 0 ? {} : { ratio: medians[index] / medians[0], goal }),
  }));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
