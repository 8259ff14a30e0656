import path from 'node:path';
import { inTurn, mdacc, node, root } from '../measure.mjs';
import { configuration, inFolder, served } from '../organization.mjs';

const ACCOUNTS = 100;
const PARALLELISM = 10;

export const title = 'Smoke test';
export const about =
  `${ACCOUNTS} accounts, each connected to with a read/write and a read scaling token made for it. Against as many ` +
  `processes, ${PARALLELISM} at a time, that load DuckDB and ask it one thing.`;

export function measure() {
  return inFolder((folder) => {
    folder.write(configuration(ACCOUNTS));
    return served(folder, ACCOUNTS, async (env) => {
      const options = { cwd: folder.cwd, env };
      await mdacc(['apply', '--yes', '--no-smoke'], options);
      return inTurn(3, [
        { what: `bare DuckDB, ${2 * ACCOUNTS} processes`, measure: connections },
        {
          what: `\`mdacc smoke\`, ${ACCOUNTS} accounts`,
          measure: () => mdacc(['smoke', '--parallelism', String(PARALLELISM)], options),
        },
      ]);
    });
  });
}

async function connections() {
  const started = performance.now();
  let left = 2 * ACCOUNTS;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await node([path.join(root, 'test/bench/floor-connect.cjs')]);
    }
  };
  await Promise.all(Array.from({ length: PARALLELISM }, worker));
  return { ms: performance.now() - started };
}
