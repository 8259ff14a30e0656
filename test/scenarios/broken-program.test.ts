/** A store's program that cannot be run is said before a night needs it, in a sandbox too, and without running anything. */
import { chmodSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DoctorReport } from '../../src/model/doctor.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

const CONFIGURATION = `version: 1
organization: acme
secret_stores:
  mine: { kind: exec, command: [./put.sh, "{account}.{token}"], check: [./put.sh, --check] }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: mine }
accounts:
  etl: { smoke: false, tokens: { app: p } }
`;

/** What doctor says of the store, in the sandbox. */
async function storeCheck(stage: Stage) {
  const { checks } = (await stage.json('doctor --sandbox')).document as DoctorReport;
  return checks.find(({ name }) => name === 'store');
}

it.skipIf(isWindows)('is an error of doctor and a warning of plan, also when nothing is to be stored', async () => {
  const stage = new Stage(CONFIGURATION);
  const put = (mode: number) => {
    stage.write('put.sh', '#!/bin/sh\ntest "$1" = --check && { touch checked; exit; }\ncat > "$1"\n');
    chmodSync(stage.file('put.sh'), mode);
  };
  const unusable = [{ kind: 'store_unusable', cases: [{ store: 'mine', rehearsed: true }] }];
  put(0o644);
  for (let count = 0; count < 2; count += 1) {
    const doctor = await stage.run('doctor --sandbox');
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/failed +store mine .*\.\/put\.sh/s);
    expect(doctor.stdout).toContain('chmod +x put.sh');
    const { stdout } = await stage.run('plan --sandbox');
    expect(stdout).toContain('outside of the sandbox, apply will refuse to store secrets in mine');
    expect(stdout).toContain('chmod +x put.sh');
    expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
    expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [], warnings: unusable });
  }
  rmSync(stage.file('put.sh'));
  expect(await storeCheck(stage)).toMatchObject({
    status: 'failed',
    code: 'STORE_UNUSABLE',
    message: expect.stringContaining('./put.sh'),
    hint: { text: expect.stringContaining('secret store mine') },
  });
  put(0o755);
  expect((await stage.run('plan --sandbox')).stdout).not.toContain('apply will refuse');
  expect((await stage.run('doctor --sandbox')).code).toBe(0);
  expect(await storeCheck(stage)).toMatchObject({ status: 'ok', message: expect.stringContaining('--real-stores') });
  const audited = await stage.run('audit --sandbox --check-stores');
  expect(audited.stderr).toMatch(/^Warning: .*: mine$/m);
  expect(audited.stderr).toContain('mdacc audit --check-stores --real-stores --sandbox');
  expect(stage.has('checked')).toBe(false);
  for (const command of ['doctor --sandbox --real-stores', 'audit --check-stores --real-stores --sandbox']) {
    expect((await stage.run(command)).stderr).not.toContain('Warning');
    expect(stage.has('checked')).toBe(true);
    rmSync(stage.file('checked'));
  }
});

it.skipIf(isWindows)(
  'a script that a shell is to run is one of them, for every token, and apply changes nothing',
  async () => {
    const stage = new Stage(
      CONFIGURATION.replaceAll('./put.sh, "', 'sh, -eu, "put/{account}.sh", "').replace(
        './put.sh, --check',
        'sh, check.sh',
      ),
    );
    const refused = async (why: string) => {
      for (let count = 0; count < 2; count += 1) {
        const applied = await stage.run('apply --sandbox --real-stores --yes');
        expect([applied.code, applied.stderr]).toEqual([1, expect.stringContaining(why)]);
      }
      expect((await stage.json('plan --sandbox')).document).toMatchObject({ actions: [{}, {}] });
    };
    const doctor = await stage.run('doctor --sandbox');
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining('there is no file check.sh')]);
    expect((await stage.run('plan --sandbox')).stdout).toContain('there is no file check.sh, which sh is to run');
    stage.write('check.sh', 'exit 0\n');
    expect((await stage.run('doctor --sandbox')).code).toBe(0);
    await refused('there is no file put/etl.sh, which sh is to run');
    stage.write('put/etl.sh', 'cat > stored\n');
    expect((await stage.run('apply --sandbox --real-stores --yes')).code).toBe(0);
    expect(stage.has('stored')).toBe(true);
  },
);

it.each([
  '[sh, -c, "cat > x"]',
  '[sh, -o, errexit, put.sh]',
  '[node, ./put]',
  '[sh, /opt/another-machine/put.sh]',
  '[node, -e, "process.stdin.resume()"]',
  '[python3, -m, put]',
  '[env, sh, missing.sh]',
])('a command whose script may be there is not refused: %s', async (command) => {
  const stage = new Stage(CONFIGURATION.replace(/command: .*? \}/, () => `command: ${command} }`));
  stage.write('put.js', '');
  expect((await stage.json('plan --sandbox')).document).toMatchObject({ warnings: [{ kind: 'stores_rehearsed' }] });
});
