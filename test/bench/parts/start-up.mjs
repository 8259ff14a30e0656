import { cpSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { inTurn, main, mdacc, node, root } from '../measure.mjs';
import { inFolder } from '../organization.mjs';

export const title = 'Start-up';
export const about =
  "Against bare node. `validate` and `plan --sandbox` read this repository's file, of three accounts; the sandbox is new. " +
  'All but the last run with the code that an earlier run compiled.';

export function measure() {
  return inFolder((folder) => {
    folder.write(readFileSync(path.join(root, 'motherduck.accounts.yaml'), 'utf8'));
    const { cwd } = folder;
    // Another installation, so that the other measurements find what they compiled.
    const other = path.join(cwd, 'dist');
    cpSync(path.dirname(main), other, { recursive: true });
    return inTurn(31, [
      { what: '`node -e 0`', measure: () => node(['-e', '0']) },
      { what: '`mdacc --version`', measure: () => mdacc(['--version']), goal: 1.18 },
      { what: '`mdacc --help`', measure: () => mdacc(['--help']), goal: 1.18 },
      { what: '`mdacc completion bash`', measure: () => mdacc(['completion', 'bash']), goal: 1.18 },
      { what: '`mdacc validate`', measure: () => mdacc(['validate'], { cwd }), goal: 1.9 },
      { what: '`mdacc plan --sandbox`', measure: () => mdacc(['plan', '--sandbox'], { cwd }), goal: 2.2 },
      {
        what: '`mdacc plan --sandbox`, the first of an installation',
        before: () => rm(path.join(other, 'compiled'), { recursive: true, force: true }),
        measure: () => node([path.join(other, path.basename(main)), 'plan', '--sandbox'], { cwd }),
      },
    ]);
  });
}
