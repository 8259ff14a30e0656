import path from 'node:path';
import { inTurn, mdacc, node, root } from '../measure.mjs';
import { configuration, inFolder, served } from '../organization.mjs';
import { withS3 } from '../s3.mjs';

const LATENCY_MS = 20;
const STORAGE_MS = 30;
const PARALLELISM = '10';
const ACCOUNTS = 1000;

export const title = 'Apply, with the state in a bucket';
export const about =
  `As above, with \`state: { kind: s3 }\` in a server that takes ${STORAGE_MS} ms for each request. Against the same ` +
  'requests to MotherDuck, and none to the bucket.';

export function measure() {
  return inFolder((folder) =>
    withS3(STORAGE_MS, ({ state, env: credentials, count }) => {
      const floor = [path.join(root, 'test/bench/floor.mjs'), 'apply', String(ACCOUNTS), PARALLELISM];
      let rounds = 0;
      const inNew = (work) => () => {
        folder.remove('.motherduck');
        folder.write(configuration(ACCOUNTS, { size: 'jumbo' }) + state(`round-${++rounds}`));
        return served(folder, 0, work, '--latency', String(LATENCY_MS));
      };
      const apply = ['apply', '--yes', '--no-smoke', '--parallelism', PARALLELISM];
      return inTurn(3, [
        { what: `bare undici, ${ACCOUNTS} accounts`, measure: inNew((env) => node(floor, { env })) },
        {
          what: `\`mdacc apply\`, ${ACCOUNTS} accounts`,
          measure: inNew(async (env) => {
            const ran = await mdacc(apply, { cwd: folder.cwd, env: { ...env, ...credentials } });
            if ((await count()) < 10) throw new Error('the state was not written to the bucket');
            return ran;
          }),
          goal: 1.4,
        },
      ]);
    }),
  );
}
