import { mdacc } from '../measure.mjs';
import { configuration, inFolder, served } from '../organization.mjs';

const ACCOUNTS = 10_000;
const CHANGED = 500;
const GOAL_MB = 300;

export const title = 'A large organization';
export const about =
  `${ACCOUNTS} accounts with ${2 * ACCOUNTS} tokens, in a served sandbox that answers at once: the time once, and the ` +
  'peak memory of the process.';

/** One after the other, each on what the one before left. */
export function measure() {
  return inFolder((folder) =>
    served(folder, ACCOUNTS, async (env) => {
      const rows = [];
      const time = async (what, ...args) => {
        const { ms, megabytes } = await mdacc(args, { cwd: folder.cwd, env, codes: [0, 2] });
        rows.push({ what, ms, megabytes, goalMegabytes: GOAL_MB });
      };
      folder.write(configuration(ACCOUNTS));
      await time('`validate`', 'validate');
      await time('`plan`, nothing managed yet', 'plan');
      await time('`apply`, all adopted', 'apply', '--yes', '--no-smoke');
      await time('`plan`, nothing to do', 'plan');
      folder.write(configuration(ACCOUNTS, { changed: CHANGED }));
      await time(`\`apply\`, ${CHANGED} Ducklings changed`, 'apply', '--yes', '--no-smoke');
      const names = Array.from({ length: CHANGED }, (_, index) => `tenant_0${1001 + index}/app`);
      await time(`\`rotate\`, ${CHANGED} tokens`, 'rotate', ...names, '--yes', '--no-smoke');
      await time('`plan --only`, one account', 'plan', '--only', 'tenant_00001');
      await time('`audit`', 'audit');
      folder.remove('motherduck.accounts.state.json');
      folder.write(configuration(ACCOUNTS, { size: 'mega' }));
      await time('`audit`, of what nothing manages', 'audit');
      folder.write(configuration(0));
      await time('`import --all`', 'import', '--all', '--yes');
      await time('`import --all`, nothing to do', 'import', '--all', '--yes');
      return rows;
    }),
  );
}
