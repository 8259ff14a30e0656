/** In a sandbox, secrets that a rehearsal stored and those that the program itself stored are told apart. */
import { chmodSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { isWindows } from '../platform.ts';
import { Stage } from '../stage.ts';

const configuration = (tokens: number) => `version: 1
organization: acme
secret_stores:
  mine: { kind: exec, command: [./put.sh, "{account}.{token}"] }
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 24h, secret_store: mine }
accounts:
  etl:
    smoke: false
    tokens: { ${Array.from({ length: tokens }, (_, at) => `t${at}: p`).join(', ')} }
`;

function stageWith(tokens: number): Stage {
  const stage = new Stage(configuration(tokens));
  stage.write('put.sh', '#!/bin/sh\ncat > "$1"\n');
  chmodSync(stage.file('put.sh'), 0o755);
  return stage;
}

it.skipIf(isWindows)('the list of a state and the next command', async () => {
  const stage = stageWith(1);
  expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
  for (const list of ['state list', 'state list --sandbox', 'state list etl']) {
    expect((await stage.run(list)).stdout).toContain("secret in the sandbox's stand-in for mine");
  }
  stage.write('put.sh', '#!/bin/sh\n#\ncat > "$1"\n');
  expect((await stage.run('plan --sandbox')).stdout).toMatch(/mdacc rotate etl\/t0 --sandbox$/m);
  expect((await stage.run('rotate etl/t0 --sandbox --real-stores --yes')).code).toBe(0);
  expect(stage.read('etl.t0')).not.toBe('');
  expect((await stage.run('state list')).stdout).toContain('secret in mine#etl/t0');
  stage.write('put.sh', '#!/bin/sh\n##\ncat > "$1"\n');
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toMatch(/mdacc rotate etl\/t0 --real-stores --sandbox$/m);
  expect((await stage.run('rotate etl/t0 --real-stores --sandbox --yes')).code).toBe(0);
  expect(((await stage.json('plan --sandbox')).document as Plan).warnings).toEqual([]);
});

it.skipIf(isWindows)('a command with ten of the tokens says so', async () => {
  const stage = stageWith(12);
  expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
  stage.write('put.sh', 'cat > "$1"\n');
  expect((await stage.run('plan --sandbox')).stdout).toContain('(the command names 10 of 12):');
});

it.skipIf(isWindows)('the command for what was rehearsed names tokens that are configured', async () => {
  const stage = stageWith(14);
  expect((await stage.run('apply --sandbox --yes')).code).toBe(0);
  stage.write('motherduck.accounts.yaml', configuration(13));
  const { code, stderr } = await stage.run('apply --sandbox --real-stores --yes');
  expect(code).toBe(0);
  const names = Array.from({ length: 13 }, (_, at) => `etl/t${at}`)
    .sort()
    .slice(0, 10);
  expect(stderr).toContain(`mdacc rotate ${names.join(' ')} --real-stores --sandbox`);
  expect((await stage.run(['rotate', ...names, '--real-stores', '--sandbox', '--yes'])).code).toBe(0);
});
