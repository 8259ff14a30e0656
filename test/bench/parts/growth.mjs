import path from 'node:path';
import { mdacc, node, root } from '../measure.mjs';
import { configuration, inFolder, served, username } from '../organization.mjs';

const PARALLELISM = '10';
const FEW = 1000;
const MANY = 10_000;
const GOAL = 1.2;
const GOAL_MB = 300;

export const title = 'Growth';
export const about =
  `${FEW} and ${MANY} accounts are created, and one token of each is rotated. The ratio compares the time for one account ` +
  `with that of ${FEW}. The served sandbox answers at once: the time of a slow network, the same for every account, ` +
  'would hide what grows. The same requests through bare undici show how much the sandbox itself grows.';

export async function measure() {
  const few = await costs(FEW, 3);
  const many = await costs(MANY, 1);
  return few.flatMap((before, index) => {
    const after = many[index];
    const ratio = after.ms / MANY / (before.ms / FEW);
    const isFloor = before.megabytes === undefined;
    return [before, { ...after, ratio, ...(isFloor ? {} : { goal: GOAL, goalMegabytes: GOAL_MB }) }];
  });
}

/** The times of so many accounts: the fastest round. */
async function costs(accounts, rounds) {
  const best = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, row] of (await once(accounts)).entries()) {
      if (best[index] === undefined || row.ms < best[index].ms) best[index] = row;
    }
  }
  return best;
}

function once(accounts) {
  return inFolder(async (folder) => {
    folder.write(configuration(accounts, { size: 'jumbo' }));
    const floor = [path.join(root, 'test/bench/floor.mjs'), 'apply', String(accounts), PARALLELISM];
    const bare = await served(folder, 0, (env) => node(floor, { env }));
    const names = Array.from({ length: accounts }, (_, index) => `${username(index)}/app`);
    const always = ['--yes', '--no-smoke', '--parallelism', PARALLELISM];
    return served(folder, 0, async (env) => {
      const options = { cwd: folder.cwd, env };
      return [
        { what: `bare undici, ${accounts} accounts`, ms: bare.ms },
        { what: `\`apply\`, ${accounts} accounts`, ...(await mdacc(['apply', ...always], options)) },
        { what: `\`rotate\`, ${accounts} tokens`, ...(await mdacc(['rotate', ...names, ...always], options)) },
      ];
    });
  });
}
