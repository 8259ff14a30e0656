/** A configuration that names a shared location for its state while the state is still in a file, as users meet it. */
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';
import { S3Server } from '../state/servers/s3.ts';

const COMMANDS = [
  'plan --sandbox',
  'plan --sandbox --due',
  'apply --sandbox --yes --due',
  'audit --sandbox',
  'destroy --sandbox --yes',
];

/** A folder with an applied state in its file, whose configuration names an empty location in a bucket. */
async function unmoved() {
  const server = await S3Server.start();
  onTestFinished(() => server.end());
  const stage = await Stage.applied();
  Object.assign(stage.env, S3Server.ENV);
  const block = `{ kind: s3, bucket: acme-platform, prefix: p, region: eu-central-1, endpoint: "${server.url}" }`;
  stage.edit((text) => text.replace('organization: acme', `organization: acme\nstate: ${block}`));
  return { server, stage, text: stage.read(STATE) };
}

async function expectRefusal(stage: Stage, file: string, words: readonly string[] = COMMANDS) {
  for (const command of words) {
    const { code, document, stderr } = await stage.json(command);
    expect([command, code, document]).toMatchObject([command, 1, { error: { code: 'STATE_FOREIGN' } }]);
    expect(stderr).toContain(file);
    expect(stderr).toContain('s3://acme-platform/p');
  }
  const doctor = await stage.run('doctor --sandbox');
  expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining(file)]);
}

it('is refused by every command where there is no state yet', async () => {
  const { stage } = await unmoved();
  await expectRefusal(stage, STATE);
});

it('is refused where a copy of the state is there, and "state migrate" ends that', async () => {
  const { stage, text } = await unmoved();
  await stage.run('state migrate --sandbox');
  stage.write(STATE, text);
  await expectRefusal(stage, STATE);
  expect((await stage.run('plan --sandbox')).stderr).toContain('mdacc state migrate');
  expect(await stage.run('state migrate --sandbox')).toMatchObject({ code: 0 });
  expect(await stage.run('plan --sandbox')).toMatchObject({ code: 0 });
});

it('is refused where another state is there, also of another organization', async () => {
  const { stage, text } = await unmoved();
  stage.remove(STATE);
  expect(await stage.run('apply --sandbox --yes --no-smoke')).toMatchObject({ code: 0 });
  stage.write(STATE, text);
  await expectRefusal(stage, STATE);
  stage.write(STATE, text.replace('"organization": "acme"', '"organization": "other"'));
  await expectRefusal(stage, STATE, ['plan --sandbox']);
  // One without accounts is not missed.
  const { accounts: _, ...empty } = JSON.parse(text);
  stage.write(STATE, JSON.stringify({ ...empty, accounts: {} }));
  expect(await stage.run('plan --sandbox')).toMatchObject({ code: 0 });
});

it('is refused where the file cannot be read', async () => {
  const { stage, text } = await unmoved();
  stage.write(STATE, `${text}x\n`);
  await expectRefusal(stage, STATE);
});

it('is refused where git tracks the file in the folder that the configuration left', async () => {
  const { stage } = await unmoved();
  const git = (...words: string[]) => execFileSync('git', words, { cwd: stage.path, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-f', STATE);
  stage.write('infra/x', '');
  renameSync(stage.file(CONFIG), stage.file(`infra/${CONFIG}`));
  const { code, stderr } = await stage.run(`plan --sandbox-dir .motherduck-sandbox -c infra/${CONFIG}`);
  expect([code, stderr]).toEqual([1, expect.stringContaining(STATE)]);
});

it('says in every plan and audit where the state is, unless it is the file beside the configuration', async () => {
  const { server, stage } = await unmoved();
  await stage.run('state migrate --sandbox');
  const place = `s3://acme-platform/p at ${server.url}`;
  const shown = async (command: string, format: string) => {
    const { stdout } = await stage.run(`${command} --sandbox --format ${format}`);
    // Entities as GitHub shows them, without what it does not show.
    return stdout
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('\u200b', '');
  };
  for (const command of ['plan', 'plan --due', 'audit']) {
    expect(await shown(command, 'text')).toContain(`State: ${place}\n`);
    expect(await shown(command, 'markdown')).toContain(`State: **${place}**\n`);
    expect(await shown(command, 'html')).toContain(`State: <code>${place}</code>`);
  }
  const { stdout } = await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke');
  expect(stdout).toContain(`State: ${place}\n`);
  const usual = await Stage.applied();
  usual.write('moved.state.json', usual.read(STATE));
  for (const format of ['text', 'markdown', 'html']) {
    expect((await usual.run(`plan --sandbox --format ${format}`)).stdout).not.toContain('State: ');
    expect((await usual.run(`plan --sandbox --state moved.state.json --format ${format}`)).stdout).toContain('State: ');
  }
});
