import path from 'node:path';
import { inTurn, mdacc, node, root } from '../measure.mjs';
import { configuration, inFolder, served } from '../organization.mjs';

const LATENCY_MS = 20;
const PARALLELISM = '10';

export const title = 'Plan';
export const about =
  `Of accounts with two tokens each, all to be adopted. Against a program that sends the same requests through bare ` +
  `undici, ${PARALLELISM} at a time. The served sandbox takes ${LATENCY_MS} ms longer for each. ` +
  'Larger plans are measured below, where the sandbox answers at once: here, most of their minutes would be that time.';

export async function measure() {
  const rows = [];
  for (const [accounts, rounds] of [
    [100, 9],
    [1000, 5],
  ]) {
    rows.push(...(await planOf(accounts, rounds)));
  }
  return rows;
}

function planOf(accounts, rounds) {
  return inFolder((folder) => {
    folder.write(configuration(accounts));
    const floor = [path.join(root, 'test/bench/floor.mjs'), 'plan', String(accounts), PARALLELISM];
    const work = (env) =>
      inTurn(rounds, [
        { what: `bare undici, ${accounts} accounts`, measure: () => node(floor, { env }) },
        {
          what: `\`mdacc plan\`, ${accounts} accounts`,
          measure: () => mdacc(['plan', '--parallelism', PARALLELISM], { cwd: folder.cwd, env }),
          goal: accounts === 1000 ? 1.1 : undefined,
        },
      ]);
    return served(folder, accounts, work, '--latency', String(LATENCY_MS));
  });
}
