/** What the repository's README shows is what its commands print. */
import { describe, expect, it } from 'vitest';
import { madeByTerraform, TFSTATE } from '../import/terraform-stage.ts';
import { Stage } from '../stage.ts';
import { missing, readText, type Step, sectionOf, transcript } from './markdown.ts';

const DAY = 86_400;
const README = readText('README.md');

/** Runs a step and compares its output with what is shown. Lines of stderr, such as progress, may come in any order. */
async function expectShown(stage: Stage, { command, shown }: Step, typed = command): Promise<void> {
  const { stdout, stderr } = await stage.run(typed.replace(/^mdacc /, ''));
  const notes = new Set(stderr.split('\n'));
  const result = shown.filter((line) => line === '' || !notes.has(line));
  expect(missing({ command, shown: result }, stdout), `$ ${command}\n${stdout}${stderr}`).toEqual([]);
}

describe('README.md', () => {
  it('shows the demo’s commands as they are', { timeout: 120_000 }, async () => {
    const stage = new Stage();
    const [demo = ''] = sectionOf(README, 'Try it: two commands').split('\n… 80 days');
    const steps = transcript(`${demo}\n\`\`\`\n`);
    expect(steps.map(({ command }) => command)).toEqual([
      'mdacc validate',
      'mdacc plan --sandbox',
      'mdacc apply --sandbox --yes',
      'mdacc plan --sandbox',
    ]);
    for (const step of steps) await expectShown(stage, step);
  });

  it('shows the audit of an organization in which a pull request is not applied yet', async () => {
    const stage = new Stage();
    expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
    for (let day = 0; day < 23; day += 1) {
      await stage.advance(DAY + 60);
      expect(await stage.run('apply --sandbox --due --yes --no-smoke --only etl_prod')).toMatchObject({ code: 0 });
    }
    await stage.run('sandbox seed 2');
    stage.edit((text) =>
      text
        .replace('read_write: { size: standard, cooldown: 10m }', 'read_write: { size: jumbo, cooldown: 10m }')
        .replace('[pulse, standard]', '[pulse, standard, jumbo]')
        .replace(/^ {2}tenant_globex:/m, '  tenant_initech: { template: tenant }\n$&'),
    );
    const [audit = expect.unreachable()] = transcript(sectionOf(README, 'Auditing the organization'));
    await expectShown(stage, audit);
  });

  it('shows how an organization is adopted', async () => {
    const stage = new Stage();
    await stage.inSandbox((organization) => organization.seed(3));
    await stage.serve();
    stage.remove('motherduck.accounts.yaml');
    const steps = transcript(sectionOf(README, 'Adopting an organization in three commands'));
    const [init = expect.unreachable(), plan = expect.unreachable()] = steps;
    // Without a terminal nobody is asked.
    const shown = init.shown.filter((line) => !/^Would import|Type yes to go on/.test(line));
    await expectShown(stage, { ...init, shown }, `${init.command} --yes`);
    await expectShown(stage, plan);
  });

  it('shows how what Terraform manages is adopted', async () => {
    const { folder, write } = await madeByTerraform();
    write();
    folder.write('pulled.tfstate', folder.read(TFSTATE));
    await folder.serve();
    const steps = transcript(sectionOf(README, 'Coming from Terraform')).filter(({ command }) =>
      command.startsWith('mdacc '),
    );
    const [adopt = expect.unreachable(), plan = expect.unreachable()] = steps;
    const shown = adopt.shown.filter((line) => !/^Would import|Type yes to go on/.test(line));
    await expectShown(folder, { ...adopt, shown }, `${adopt.command} --yes`);
    await expectShown(folder, plan);
  });

  it('shows the errors of a configuration', async () => {
    const stage = new Stage();
    const [validate = expect.unreachable()] = transcript(README).filter(({ shown }) =>
      shown.includes('   did you mean "tenant"?'),
    );
    stage.edit((text) =>
      text
        .replace('standard, pool_size: 4', 'standard, poolsize: 4')
        .replace('airflow: pipeline', 'airflow: pipelin')
        .replace('tenant_globex: { template: tenant,', 'tenant_globex: { template: tenannt,'),
    );
    await expectShown(stage, validate);
  });
});
