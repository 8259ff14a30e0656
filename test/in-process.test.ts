/** A command that runs in the test's process does what the program does, and leaves the process as it was. */
import { expect, it } from 'vitest';
import { newFolder } from './files/processes.ts';
import { Stage } from './stage.ts';
import { sandboxTable } from './state/sandbox-table.ts';

/** The same in both stages but for the moment. */
function settled(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC)?/g, 'MOMENT');
}

it.each([
  ['validate', {}],
  ['plan --sandbox --detailed-exitcode', {}],
  ['plan --sandbox --format json', {}],
  ['apply --sandbox', {}],
  ['plan', {}],
  ['plan --sandbx', {}],
  ['plan --format json --parallelism 0', { GITHUB_ACTIONS: 'true' }],
  ['validate --format github', { FORCE_COLOR: '1' }],
  ['--help', {}],
])('mdacc %s ends as a process of its own does', async (words, env: Record<string, string>) => {
  const [here, apart] = [new Stage(), new Stage()];
  const [{ code, stdout, stderr }, program] = [await here.run(words, env), await apart.runProgram(words, env)];
  expect({ code, stdout: settled(stdout), stderr: settled(stderr) }).toEqual({
    code: program.code,
    stdout: settled(program.stdout),
    stderr: settled(program.stderr),
  });
});

it('connects as with a process for each connection', async () => {
  const [here, apart] = [await Stage.applied(), await Stage.applied()];
  const words = 'smoke --sandbox --format json';
  const [ran, program] = [await here.run(words), await apart.runProgram(words)];
  const timeless = (text: string) => settled(text).replace(/"ms": \d+/g, '"ms": 0');
  expect({ ...ran, stdout: timeless(ran.stdout) }).toEqual({ ...program, stdout: timeless(program.stdout) });
  expect(ran.code).toBe(0);
});

it('leaves alone what the test connects meanwhile', async () => {
  const stage = await Stage.applied();
  const ran = stage.run('smoke --sandbox');
  const table = sandboxTable(await newFolder(), { database: 'ops' });
  try {
    const listed = table.list('');
    expect((await ran).code).toBe(0);
    expect([await listed, await table.list('')]).toEqual([[], []]);
  } finally {
    await table.close();
  }
});

it('leaves environment, folder, arguments, exit code, streams and listeners as they were', async () => {
  const snapshot = () => ({
    env: { ...process.env },
    cwd: process.cwd(),
    argv: process.argv,
    exitCode: process.exitCode,
    streams: [process.stdin, process.stdout, process.stderr],
    listeners: ['exit', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((event) => process.listenerCount(event)),
  });
  const before = snapshot();
  const stage = new Stage();
  expect(await stage.run('plan --sandbox --detailed-exitcode', { SOME: 'thing' })).toMatchObject({ code: 2 });
  const after = snapshot();
  expect(after.streams.every((stream, index) => stream === before.streams[index])).toBe(true);
  expect({ ...after, streams: [] }).toEqual({ ...before, streams: [] });
});

it('runs commands one after the other, each in its own folder', async () => {
  const stages = [new Stage(), new Stage('version: 1\n'), new Stage()];
  const ran = await Promise.all(stages.map((stage) => stage.run('validate')));
  expect(ran.map(({ code }) => code)).toEqual([0, 1, 0]);
});
