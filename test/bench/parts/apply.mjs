import path from 'node:path';
import { inTurn, mdacc, node, root } from '../measure.mjs';
import { configuration, inFolder, served } from '../organization.mjs';

const LATENCY_MS = 20;
const PARALLELISM = '10';
const ACCOUNTS = 1000;

export const title = 'Apply';
export const about =
  `${ACCOUNTS} accounts are created, with their Ducklings and two tokens each, whose secrets are stored; the state is ` +
  `written so that a crash loses nothing. Against the same requests, and nothing else, as with the plan.`;

export function measure() {
  return inFolder((folder) => {
    folder.write(configuration(ACCOUNTS, { size: 'jumbo' }));
    const floor = [path.join(root, 'test/bench/floor.mjs'), 'apply', String(ACCOUNTS), PARALLELISM];
    const inNew = (work) => () => {
      folder.remove('motherduck.accounts.state.json', '.motherduck');
      return served(folder, 0, work, '--latency', String(LATENCY_MS));
    };
    return inTurn(3, [
      { what: `bare undici, ${ACCOUNTS} accounts`, measure: inNew((env) => node(floor, { env })) },
      {
        what: `\`mdacc apply\`, ${ACCOUNTS} accounts`,
        measure: inNew((env) =>
          mdacc(['apply', '--yes', '--no-smoke', '--parallelism', PARALLELISM], { cwd: folder.cwd, env }),
        ),
        goal: 1.2,
      },
    ]);
  });
}
