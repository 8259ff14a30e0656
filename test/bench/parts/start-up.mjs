import { inTurn, mdacc, node, root } from '../measure.mjs';

export const title = 'Start-up';
export const about = "Against bare node. `validate` checks this repository's file, of three accounts.";

export function measure() {
  return inTurn(31, [
    { what: '`node -e 0`', measure: () => node(['-e', '0']) },
    { what: '`mdacc --version`', measure: () => mdacc(['--version']), goal: 1.25 },
    { what: '`mdacc --help`', measure: () => mdacc(['--help']), goal: 1.25 },
    { what: '`mdacc completion bash`', measure: () => mdacc(['completion', 'bash']), goal: 1.25 },
    { what: '`mdacc validate`', measure: () => mdacc(['validate'], { cwd: root }), goal: 2 },
  ]);
}
