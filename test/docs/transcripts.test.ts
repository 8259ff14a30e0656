/** What README.md and the pages of docs/ show is what the commands print. */
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { blocksOf, missing, readText, type Step, transcript } from '../examples/markdown.ts';
import { madeByTerraform, TFSTATE } from '../import/terraform-stage.ts';
import { Stage } from '../stage.ts';
import { pages } from './pages.ts';

const DAY = 86_400;

/** The steps of `mdacc` that a page shows. */
const stepsOf = (page: string) => transcript(readText(page)).filter(({ command }) => command.startsWith('mdacc '));

/** Runs a step and compares its output with what is shown. Lines of stderr, such as progress, may come in any order. */
async function expectShown(stage: Stage, { command, shown }: Step, typed = command): Promise<void> {
  const { stdout, stderr } = await stage.run(typed.replace(/^mdacc /, ''));
  const notes = new Set(stderr.split('\n'));
  const result = shown.filter((line) => line === '' || !notes.has(line));
  expect(missing({ command, shown: result }, stdout), `$ ${command}\n${stdout}${stderr}`).toEqual([]);
}

/** Without a terminal nobody is asked. */
function withYes({ command, shown }: Step): [Step, string] {
  const told = shown.filter((line) => !/^Would import|Type yes to go on/.test(line));
  return [{ command, shown: told }, `${command} --yes`];
}

/** The lines of a text in Markdown, whose tables the formatter of the repository pads. */
function alike(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/ *\| */g, '|').replace(/-{3,}/g, '---'));
  return lines
    .map((line) => line.replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/, 'DATE').replace(/in \d+ days/g, 'in N days'))
    .filter((line) => line.trim() !== '');
}

/** Three weeks after the first apply, with a branch that makes a Duckling larger and adds a tenant. */
async function withPullRequest(): Promise<Stage> {
  const stage = new Stage();
  expect(await stage.run('apply --sandbox --yes')).toMatchObject({ code: 0 });
  for (let day = 0; day < 23; day += 1) {
    await stage.advance(DAY + 60);
    expect(await stage.run('apply --sandbox --due --yes --no-smoke --only etl_prod')).toMatchObject({ code: 0 });
  }
  stage.edit((text) =>
    text
      .replace('read_write: { size: standard, cooldown: 10m }', 'read_write: { size: jumbo, cooldown: 10m }')
      .replace('[pulse, standard]', '[pulse, standard, jumbo]')
      .replace(/^ {2}tenant_globex:/m, '  tenant_initech: { template: tenant }\n$&'),
  );
  return stage;
}

/** The pages that show an output, and how each is run. */
const RUN: Readonly<Record<string, (steps: readonly Step[]) => Promise<void>>> = {
  'README.md': async (steps) => {
    const [configuration] = blocksOf(readText('README.md'), 'yaml');
    const stage = new Stage(configuration ?? expect.unreachable());
    for (const step of steps) await expectShown(stage, step);
  },

  'docs/adopting.md': async ([init = expect.unreachable(), plan = expect.unreachable()]) => {
    const stage = new Stage();
    await stage.inSandbox((organization) => organization.seed(3));
    await stage.serve();
    stage.remove('motherduck.accounts.yaml');
    await expectShown(stage, ...withYes(init));
    await expectShown(stage, plan);
  },

  'docs/auditing.md': async ([audit = expect.unreachable()]) => {
    const stage = await withPullRequest();
    await stage.run('sandbox seed 2');
    await expectShown(stage, audit);
  },

  'docs/configuration.md': async ([validate = expect.unreachable()]) => {
    const stage = new Stage();
    stage.edit((text) =>
      text
        .replace('standard, pool_size: 4', 'standard, poolsize: 4')
        .replace('airflow: pipeline', 'airflow: pipelin')
        .replace('tenant_globex: { template: tenant,', 'tenant_globex: { template: tenannt,'),
    );
    await expectShown(stage, validate);
  },

  'docs/getting-started.md': async (steps) => {
    const stage = new Stage();
    for (const step of steps) await expectShown(stage, step);
  },

  'docs/sandbox.md': async ([{ command, shown } = expect.unreachable()]) => {
    expect(command).toBe('mdacc sandbox serve --port 8080');
    const stage = new Stage();
    const server = stage.spawn('sandbox serve --port 0');
    const lines: string[] = [];
    for await (const line of createInterface({ input: server.stdout ?? expect.unreachable() })) {
      lines.push(line);
      if (lines.length === shown.length) break;
    }
    server.kill();
    const alike = (line: string) => line.replace(/:\d+$/, ':8080').replace(/(TOKEN|SANDBOX)=.*/, '$1=…');
    expect(lines.map(alike)).toEqual(shown);
  },

  'docs/shared-state.md': async ([history = expect.unreachable()]) => {
    const stage = new Stage();
    const typed = (words: string, who: string) => stage.run(`${words} --sandbox --yes --no-smoke`, { CI_JOB_URL: who });
    await typed('apply', 'ann');
    await stage.advance(5 * DAY);
    await typed('apply --due', 'https://gitlab.example/acme/accounts/-/jobs/812');
    await typed('rotate tenant_acme/app', 'ben');
    await expectShown(stage, history);
  },

  'docs/terraform.md': async ([adopt = expect.unreachable(), plan = expect.unreachable()]) => {
    const { folder, write } = await madeByTerraform();
    write();
    folder.write('pulled.tfstate', folder.read(TFSTATE));
    await folder.serve();
    await expectShown(folder, ...withYes(adopt));
    await expectShown(folder, plan);
  },
};

describe('a page that shows outputs shows what its commands print', () => {
  it('and all such pages are run', () => {
    const showing = pages().filter((page) => stepsOf(page).some(({ shown }) => shown.length > 0));
    expect(showing.sort()).toEqual(Object.keys(RUN).sort());
  });

  it('and so does the comment of a pull request, of which lines are left out', async () => {
    const [, comment = ''] = readText('docs/plans.md').split(/^---$/m);
    const stage = await withPullRequest();
    await stage.run('sandbox seed 2');
    stage.edit((text) => `${text}compute_rates: { pulse: 0.25, standard: 2.4, jumbo: 4.8 }\n`);
    const { stdout } = await stage.run('plan --sandbox --format markdown');
    const printed = alike(stdout);
    let at = 0;
    const lost = alike(comment).filter((line) => {
      const found = printed.indexOf(line, at);
      if (found >= 0) at = found + 1;
      return found < 0;
    });
    expect(lost, stdout).toEqual([]);
  });

  it('and the picture of a rotation is the same in both pages', () => {
    const [picture = expect.unreachable()] = blocksOf(readText('README.md'), 'text');
    expect(blocksOf(readText('docs/tokens.md'), 'text')).toContain(picture);
  });

  it.each(Object.entries(RUN))('%s', { timeout: 120_000 }, (page, run) => run(stepsOf(page)));
});
