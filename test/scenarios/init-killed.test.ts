/** A killed `init` leaves no half of a configuration, which the next one would not overwrite. */
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';

const KILL_AT_WRITE = `
const fs = require('node:fs/promises');
const { syncBuiltinESMExports } = require('node:module');
const { open, writeFile } = fs;
const isIt = (path) => String(path).includes('motherduck.accounts.yaml');
fs.open = async (path, ...rest) => {
  const handle = await open(path, ...rest);
  if (isIt(path) && rest[0] === 'wx') process.kill(process.pid, 'SIGKILL');
  return handle;
};
fs.writeFile = async (path, ...rest) => {
  if (isIt(path)) await fs.open(path, 'wx');
  return writeFile(path, ...rest);
};
syncBuiltinESMExports();
`;

it.each(['init', 'init --from-live --sandbox --yes'])(
  'a killed %s leaves no partial configuration',
  async (command) => {
    const stage = new Stage('');
    stage.remove(CONFIG);
    stage.write('kill.cjs', KILL_AT_WRITE);
    const killed = stage.spawn(command, {}, { node: ['--require', stage.file('kill.cjs')] });
    const [, signal] = await once(killed, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(await stage.run(command)).toMatchObject({ code: 0 });
    expect((await stage.run('validate')).code).toBe(0);
    expect((await stage.run(command)).stderr).toContain('does not overwrite');
  },
);
