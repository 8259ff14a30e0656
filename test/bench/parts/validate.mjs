import { inTurn, mdacc, node } from '../measure.mjs';
import { configuration, inFolder } from '../organization.mjs';

export const title = 'Validate';
export const about = 'Against bare node.';

export function measure() {
  return inFolder((folder) => {
    const sizes = [10, 1000, 10_000].map((accounts) => {
      const name = `${accounts}.yaml`;
      folder.write(configuration(accounts), name);
      return {
        what: `\`mdacc validate\`, ${accounts} accounts`,
        measure: () => mdacc(['validate', '--config', name], { cwd: folder.cwd }),
      };
    });
    return inTurn(11, [{ what: '`node -e 0`', measure: () => node(['-e', '0']) }, ...sizes]);
  });
}
