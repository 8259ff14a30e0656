/** Where the sandbox and the state are: beside the configuration, whatever the shell's folder. */
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { installMdacc, shell } from '../commands/shell.ts';
import { expectGolden } from '../golden/golden.ts';
import { isWindows } from '../platform.ts';
import { CONFIG, outputOf, SANDBOX, STATE, Stage } from '../stage.ts';

/** A stage whose configuration is in a folder below the shell's. */
function inFolder(folder: string): Stage {
  const stage = new Stage();
  stage.write(`${folder}/${CONFIG}`, stage.read());
  stage.remove(CONFIG);
  return stage;
}

describe('the folder of the sandbox', () => {
  it('is beside the configuration, and not in the folder of the shell', async () => {
    const stage = inFolder('infra');
    const { stderr } = await stage.run(`plan --sandbox --config infra/${CONFIG}`);
    expect(stderr).toContain(`infra/${SANDBOX}`);
    expect([stage.has(`infra/${SANDBOX}`), stage.has(SANDBOX)]).toEqual([true, false]);
    await stage.run(`sandbox advance 3d --config infra/${CONFIG}`);
    expect(stage.has(SANDBOX)).toBe(false);
  });

  it('is the one that --sandbox-dir names, which uses it', async () => {
    const stage = new Stage();
    expect(await stage.json('plan --sandbox-dir lab')).toMatchObject({ code: 0, document: { sandbox: true } });
    expect(await stage.json('plan --sandbox-dir=lab')).toMatchObject({ code: 0, document: { sandbox: true } });
    expect([stage.has('lab'), stage.has(SANDBOX)]).toEqual([true, false]);
  });

  it('is the one that MDACC_SANDBOX names, which alone switches nothing', async () => {
    const stage = new Stage();
    const env = { MDACC_SANDBOX: 'lab' };
    const alone = await stage.json('plan', env);
    expect(alone).toMatchObject({ code: 1, document: { error: { code: 'TOKEN_MISSING' } } });
    expect((await stage.run('plan --sandbox', env)).stderr).toMatch(/\blab\b/);
    expect([stage.has('lab'), stage.has(SANDBOX)]).toEqual([true, false]);
  });
});

describe('the state', () => {
  /** The options that an error names lead back into the state's own sandbox, whatever the environment says. */
  async function expectWayBack(stage: Stage, command: string, stderr: string, env: Record<string, string>) {
    const [, options = expect.unreachable(stderr)] = /go on in it with (--sandbox-dir [^\s)]+)/.exec(stderr) ?? [];
    expect(await stage.json(`${command} ${options}`, env)).toMatchObject({ code: 0, document: { actions: [] } });
  }

  /** What leads out of the sandbox completely. */
  const LEAVE = `rm ${STATE} && mv .motherduck/secrets.env .motherduck/secrets.sandbox.env`;
  const FOREIGN = { code: 1, document: { error: { code: 'STATE_FOREIGN' } } };

  it('is named after its configuration, so that two of a folder never share one', async () => {
    const stage = new Stage();
    stage.write('prod.yaml', stage.read().replaceAll('tenant_', 'prod_').replaceAll('etl_prod', 'etl_main'));
    renameSync(stage.file(CONFIG), stage.file('dev.yml'));
    for (const config of ['dev.yml', 'prod.yaml']) {
      expect((await stage.run(`apply --sandbox --yes --no-smoke -c ${config}`)).code).toBe(0);
    }
    expect([stage.has('dev.state.json'), stage.has('prod.state.json'), stage.has(STATE)]).toEqual([true, true, false]);
    expect(await stage.json('plan --sandbox -c dev.yml')).toMatchObject({ document: { actions: [], retained: [] } });
    expect((await stage.run('init --config new.yaml')).code).toBe(0);
    expect(stage.read('.gitignore')).toContain('\nnew.state.json.*\n');
    expect(stage.read('.gitignore')).toContain('\n*.mdacc-*.tmp\n');
    expect(stage.read('.gitignore')).toContain('\n*.plan\n');
  });

  it('that was copied from another configuration is refused, and the hint leads out', async () => {
    const stage = await Stage.applied();
    stage.write('dev.yaml', stage.read().replaceAll('tenant_', 'dev_').replaceAll('etl_prod', 'etl_dev'));
    stage.write('dev.state.json', stage.read(STATE));
    const { code, stderr } = await stage.run('plan --sandbox -c dev.yaml');
    expect([code, stderr]).toEqual([1, expect.not.stringContaining('--state')]);
    const [, from = '', to = ''] = /mv (\S+) (\S+)$/m.exec(stderr) ?? [];
    renameSync(stage.file(from), stage.file(to));
    expect(await stage.json('plan --sandbox -c dev.yaml')).toMatchObject({ code: 0 });
  });

  it('of another configuration of the folder is refused', async () => {
    const stage = await Stage.applied();
    stage.write('dev.yaml', stage.read());
    const ran = await stage.json(`apply --sandbox --yes -c dev.yaml --state ${STATE}`);
    expect(ran).toMatchObject(FOREIGN);
    for (const name of [CONFIG, 'dev.yaml']) expect(ran.stderr).toContain(name);
    expect(await stage.json('plan --sandbox -c dev.yaml', { MDACC_STATE: STATE })).toMatchObject(FOREIGN);
    stage.remove(CONFIG);
    expect(await stage.json(`plan --sandbox -c dev.yaml --state ${STATE}`)).toMatchObject({ code: 0 });
  });

  it.each([true, false])('is found after its configuration was renamed; named in it: %s', async (isNamed) => {
    const stage = await Stage.applied();
    if (!isNamed) stage.write(STATE, stage.read(STATE).replace(/^ {2}"configuration".*\n/m, ''));
    renameSync(stage.file(CONFIG), stage.file('prod.yaml'));
    const ran = await stage.json('apply --sandbox --yes -c prod.yaml');
    expect(ran).toMatchObject(FOREIGN);
    expect(ran.stderr).toContain(`mv ${STATE} prod.state.json`);
    renameSync(stage.file(STATE), stage.file('prod.state.json'));
    expect(await stage.json('plan --sandbox -c prod.yaml')).toMatchObject({ code: 0, document: { actions: [] } });
    expect((await stage.run('rotate etl_prod/airflow --sandbox --yes --no-smoke -c prod.yaml')).code).toBe(0);
    expect(JSON.parse(stage.read('prod.state.json'))).toMatchObject({ configuration: 'prod.yaml' });
  });

  it('is bound to the sandbox that it was made in', async () => {
    const stage = await Stage.applied();
    const other = await stage.json('plan --sandbox-dir lab');
    expect(other).toMatchObject(FOREIGN);
    expect(other.stderr).toContain('--sandbox-dir');
    await stage.serve();
    expect(await stage.json('plan')).toMatchObject({ code: 0, document: { actions: [] } });
    const reset = await stage.run('sandbox reset');
    expect(reset.stderr).toContain(`: ${LEAVE}\n`);
    expect((await stage.run('sandbox reset')).stderr).toBe('');
    expect(await stage.json('apply --sandbox --yes')).toMatchObject(FOREIGN);
    expect(await stage.json('plan')).toMatchObject(FOREIGN);
    stage.remove(STATE);
    expect(await stage.json('plan --sandbox')).toMatchObject({ code: 0 });
  });

  it('is not said to be gone where a variable of the shell names another sandbox', async () => {
    const stage = await Stage.applied();
    await stage.run('sandbox seed 1 --sandbox-dir other');
    for (const folder of ['other', 'new']) {
      const { stderr } = await stage.json('plan --sandbox', { MDACC_SANDBOX: folder });
      expect(stderr).toContain(`another sandbox than ${folder},`);
      // Each option has the folder that it needs.
      expect(stderr).not.toMatch(/--sandbox-dir(?! [\w.-])/);
      await expectWayBack(stage, 'plan', stderr, { MDACC_SANDBOX: folder });
    }
    expect(stage.has('new')).toBe(false);
  });

  it.each([true, false])(
    'says how to go on where another sandbox is served, whose folder is known: %s',
    async (isKnown) => {
      const stage = await Stage.applied();
      const other = new Stage();
      await other.serve();
      const { MDACC_SANDBOX, ...variables } = other.env;
      const served = { ...variables, ...(isKnown && MDACC_SANDBOX ? { MDACC_SANDBOX } : {}) };
      const { stderr } = await stage.json('plan', served);
      if (!isKnown) expect(stderr).toContain('another sandbox than the one that is served');
      await expectWayBack(stage, 'plan', stderr, served);
      // The command that leaves is the last word, to be copied.
      expect(stderr).toMatch(new RegExp(`Leave the sandbox.*: ${LEAVE.replaceAll('.', '[.]')}\n`));
    },
  );

  it.each(['plan', 'apply --yes', 'smoke', 'audit', 'import --all', 'doctor', 'rotate etl_prod/airflow --yes'])(
    'of another one is refused by %s before a new sandbox is created',
    async (words) => {
      const stage = new Stage();
      expect((await stage.run('apply --sandbox-dir lab --yes --no-smoke')).code).toBe(0);
      // Without a sandbox beside the state, no hint leads to a new one.
      const elsewhere = await stage.run('plan', {
        MOTHERDUCK_ADMIN_TOKEN: 'x',
        MOTHERDUCK_API_URL: 'http://127.0.0.1:9',
      });
      expect(elsewhere.stderr).not.toMatch(/--sandbox[, ]/);
      for (let time = 0; time < 2; time += 1) {
        const { code, stdout, stderr } = await stage.run(`${words} --sandbox`);
        expect(code).toBe(1);
        expect(stdout + stderr).toContain('STATE_FOREIGN');
        expect(stdout + stderr).toMatch(/--sandbox-dir\./);
        expect(stdout + stderr).not.toContain('Created');
        expect(stage.has(SANDBOX)).toBe(false);
      }
      expect((await stage.run(`plan --sandbox-dir lab`)).code).toBe(0);
    },
  );

  it.skipIf(isWindows)('is left by one line: from the sandbox to MotherDuck, and after a reset', async () => {
    const stage = await Stage.applied();
    installMdacc(stage);
    const server = createServer((_request, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const refused = await stage.run(['plan', '--api-url', url], { MOTHERDUCK_ADMIN_TOKEN: 'x' });
    expect(refused.stderr).toContain(`: ${LEAVE}\n`);
    expect(refused.stderr).toContain('Leave the sandbox');
    for (const lines of [LEAVE, 'mdacc sandbox reset && mdacc apply --sandbox --yes --no-smoke']) {
      expect(await shell(stage, lines)).toMatchObject({ code: 0 });
    }
    // The state is gone, and the secrets are still there.
    await stage.run('sandbox reset');
    stage.remove(STATE);
    const foreign = await stage.run('apply --sandbox --yes --no-smoke');
    const [, line = ''] = /the file aside: (mv .*)\n/.exec(foreign.stderr) ?? [];
    expect(line).toBe('mv .motherduck/secrets.env .motherduck/secrets.sandbox.env');
    expect(await shell(stage, `${line} && mdacc apply --sandbox --yes --no-smoke`)).toMatchObject({ code: 0 });
  });

  it('of another served sandbox is refused too', async () => {
    const [stage, other] = [await Stage.applied(), new Stage()];
    await other.serve();
    expect(await stage.json('apply --yes', other.env)).toMatchObject(FOREIGN);
  });
});

describe('options before the command', () => {
  it.each([
    '--sandbox plan',
    '--sandbox-dir .motherduck-sandbox plan --quiet',
    `--config ${CONFIG} --sandbox apply --yes`,
    `--config=${CONFIG} state --state none.json list`,
    '--quiet sandbox --config motherduck.accounts.yaml seed 1',
    '--version plan',
    `-qc ${CONFIG} --sandbox apply -y`,
    '-qo json --sandbox plan',
    `-qc${CONFIG} --sandbox plan`,
  ])('mdacc %s', async (words) => {
    const stage = new Stage();
    mkdirSync(stage.file(SANDBOX));
    expect((await stage.run(words)).code).toBe(words.includes('none') ? 1 : 0);
  });

  it.each(['-V plan', 'plan -V', 'state list --version', 'plan -q --only x -V'])(
    'mdacc %s shows the version, as after it',
    async (words) => {
      const version = await new Stage().run('version');
      expect(await new Stage().run(words)).toEqual(version);
    },
  );

  it('are no version where they are the value of another, or come after --', async () => {
    const stage = new Stage();
    expect((await stage.run('plan --out -V')).code).toBe(64);
    expect((await stage.run('state forget -- -V')).stdout).toBe('');
    expect((await stage.run('__complete -- plan -V')).stdout).not.toMatch(/^\d/);
  });

  it('are completed after', async () => {
    const stage = new Stage();
    expect((await stage.run(['__complete', '--', '--sandbox', 'rotate', 'etl_'])).stdout).toContain('etl_prod');
  });
});

describe('an empty value is wrong usage', () => {
  it.each(['--only', '--api-url', '--state', '--config', '--sandbox-dir', '--out', '--timeout', '--format'])(
    'plan %s',
    async (option) => {
      for (const words of [[option, ''], [`${option}=`], [option, ' ']]) {
        const ran = await new Stage().run(['plan', ...words]);
        expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining(option) });
      }
    },
  );

  it.each(['MDACC_CONFIG', 'MDACC_STATE', 'MDACC_SANDBOX'])('plan with %s', async (name) => {
    const ran = await new Stage().run('plan', { [name]: '' });
    expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining(name) });
    expect(await new Stage().run('schema', { [name]: '' })).toMatchObject({ code: 0 });
  });

  it.each([
    ['apply', ''],
    ['rotate', 'etl_prod', ''],
    ['state', 'show', ''],
    ['import', ''],
  ])('%s %s %s', async (...words) => {
    expect(await new Stage().run([...words, '--sandbox'].filter((word) => word !== undefined))).toMatchObject({
      code: 64,
    });
  });
});

it('MDACC_CONFIG and MDACC_STATE name the files, and options come first', async () => {
  const stage = await Stage.applied();
  stage.write('prod.yaml', stage.read().replace('organization: acme', 'organization: other'));
  const env = { MDACC_CONFIG: 'prod.yaml', MDACC_STATE: 'none.json' };
  expect(await stage.json('plan --sandbox', env)).toMatchObject({ document: { organization: 'other' } });
  expect(await stage.json(`plan --sandbox -c ${CONFIG}`, env)).toMatchObject({ document: { organization: 'acme' } });
  expect((await stage.run('state list', env)).stderr).toContain('none.json');
});

describe('every --only must match', () => {
  it.each(['plan', 'apply --yes', 'audit', 'smoke', 'destroy --yes --allow-delete'])('mdacc %s', async (words) => {
    const stage = await Stage.applied();
    const ran = await stage.run(`${words} --sandbox --only etl_prod --only nobody --only none_*`);
    expect(ran).toMatchObject({ code: 64, stderr: expect.stringContaining('--only nobody --only none_* match no') });
  });
});

describe('a file in the place of another is told apart, and nothing of it is restored or removed', () => {
  it.each([
    'plan --sandbox --state CONFIG',
    'plan --sandbox --state notes.txt',
    'plan --sandbox --state conflict.yaml',
    'plan --sandbox --state .motherduck',
    'init --config .motherduck',
    'init --from-live --config new/',
    'plan --sandbox --config .motherduck',
    'state list --state .motherduck',
    'plan --sandbox --config STATE',
    'plan --sandbox --config a.plan',
    'plan --sandbox --state a.plan',
    'apply --sandbox .motherduck',
    'validate --config conflict.yaml',
    'validate --config base-of-conflict.yaml',
  ])('%s', async (words) => {
    const stage = await Stage.applied();
    await stage.run('plan --sandbox --out a.plan');
    stage.write('notes.txt', 'eggs, milk');
    stage.write('conflict.yaml', stage.read().replace('accounts:', '<<<<<<< HEAD\naccounts:\n=======\n>>>>>>> b'));
    stage.write('base-of-conflict.yaml', stage.read().replace('accounts:', '||||||| 1f0a2b3\naccounts:'));
    const { code, stdout, stderr } = await stage.run(words.replace('CONFIG', CONFIG).replace('STATE', STATE));
    expect(code).toBe(1);
    expectGolden('errors', `a file in the place of another > ${words}`, stdout + stderr);
    expect(stdout + stderr).not.toMatch(/git checkout|chmod|newer|colon/);
  });
});

describe('a plan says what it is of', () => {
  it('when a plan of the sandbox is applied elsewhere', async () => {
    const stage = new Stage();
    await stage.run('plan --sandbox --out a.plan');
    for (const env of [{}, { MOTHERDUCK_ADMIN_TOKEN: 'x' }]) {
      const ran = await stage.json('apply a.plan --yes', env);
      expect(ran).toMatchObject({ code: 1, document: { error: { code: 'PLAN_INVALID' } } });
      expect(ran.stderr).toContain('mdacc apply a.plan --sandbox');
    }
    await stage.serve();
    expect(await stage.json('apply a.plan --yes --no-smoke')).toMatchObject({ code: 0 });
  });

  it('when a plan of MotherDuck is applied in the sandbox', async () => {
    const stage = new Stage();
    await stage.run('plan --sandbox --out a.plan');
    stage.write('a.plan', stage.read('a.plan').replace(/"sandbox": true/, '"sandbox": false'));
    const ran = await stage.json('apply a.plan --sandbox --yes');
    expect(ran).toMatchObject({ code: 1, document: { error: { code: 'PLAN_INVALID' } } });
  });
});

it.runIf(existsSync('/dev/full')).each(['plan --sandbox', 'audit --sandbox', 'schema', 'completion bash', '--version'])(
  'a full disk for stdout is said, with exit code 1: %s',
  async (words) => {
    const stage = new Stage();
    const full = openSync('/dev/full', 'w');
    const child = stage.spawn(words, {}, { stdio: ['ignore', full, 'pipe'] });
    const { code, stderr } = await outputOf(child);
    closeSync(full);
    expect(code).toBe(1);
    expect(stderr).toContain('(ENOSPC)');
  },
);
