import { spawnSync } from 'node:child_process';
import { inTurn, mdacc, run } from '../measure.mjs';
import { configuration, inFolder, served, username } from '../organization.mjs';

const ACCOUNTS = 200;
/** Terraform would look for a newer one of itself. */
const QUIET = { CHECKPOINT_DISABLE: '1' };

export const title = 'Terraform';
export const about =
  `${ACCOUNTS} accounts. Terraform: three \`terraform_data\` resources each, which need no provider and no network, so ` +
  'this is the least that somebody waits who uses it. mdacc: the account, its Ducklings and two tokens, with real ' +
  'requests to a served sandbox that answers at once. Ratios are against Terraform.';

/** Nothing where there is no `terraform` on the PATH. */
export function measure() {
  if (spawnSync('terraform', ['version']).status !== 0) return [];
  return inFolder((ours) => inFolder((theirs) => compare(ours, theirs)));
}

async function compare(ours, theirs) {
  ours.write(configuration(ACCOUNTS));
  theirs.write(resources(), 'main.tf');
  const terraform = (...args) => run('terraform', [...args, '-input=false'], { cwd: theirs.cwd, env: QUIET });
  await terraform('init');
  const apply = ['apply', '--yes', '--no-smoke'];
  const step = (what, rounds, terraformStep, ourStep) =>
    inTurn(rounds, [
      { what: `\`terraform\`: ${what}`, ...terraformStep },
      { what: `\`mdacc\`: ${what}`, ...ourStep },
    ]);
  const before = () => theirs.remove('terraform.tfstate');
  const inNew = (words) => () => {
    ours.remove('motherduck.accounts.state.json', '.motherduck');
    return served(ours, 0, (env) => mdacc(words, { cwd: ours.cwd, env }));
  };
  const rows = [
    ...(await step('plan', 5, { before, measure: () => terraform('plan') }, { measure: inNew(['plan']) })),
    ...(await step(
      'apply',
      5,
      { before, measure: () => terraform('apply', '-auto-approve') },
      { measure: inNew(apply) },
    )),
  ];
  ours.remove('motherduck.accounts.state.json', '.motherduck');
  return served(ours, 0, async (env) => {
    const mdaccHere = (words) => mdacc(words, { cwd: ours.cwd, env });
    await mdaccHere(apply);
    const empty = { measure: () => mdaccHere(['plan']) };
    return [...rows, ...(await step('empty plan', 5, { measure: () => terraform('plan') }, empty))];
  });
}

function resources() {
  const names = Array.from({ length: ACCOUNTS }, (_, index) => JSON.stringify(username(index)));
  const resource = (name, input) => `resource "terraform_data" "${name}" {
  for_each = local.accounts
  input    = ${input}
}
`;
  return [
    `locals {\n  accounts = toset([${names.join(', ')}])\n}\n`,
    resource('account', '{ username = each.key }'),
    resource('ducklings', '{ username = terraform_data.account[each.key].output.username, size = "standard" }'),
    resource('token', '{ username = terraform_data.account[each.key].output.username, name = "etl" }'),
  ].join('\n');
}
