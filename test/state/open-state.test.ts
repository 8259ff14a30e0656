import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { updateAccount } from '../../src/apply/state-writer.ts';
import { shownRelativePath } from '../../src/files/paths.ts';
import { UserError } from '../../src/model/user-error.ts';
import { objectBackend } from '../../src/state/object-backend.ts';
import { openState, type StateOptions } from '../../src/state/opened-state.ts';
import { serializeState } from '../../src/state/state-document.ts';
import { asNobody, newFolder, program, run } from '../files/processes.ts';
import { expectGoldenError } from '../golden/golden.ts';
import { bareAccount, example } from './example.ts';
import { MemoryService } from './memory-store.ts';
import { openFile } from './open.ts';

// The tests start processes, on machines that may be busy.
vi.setConfig({ testTimeout: 30_000 });

async function fileOf(text: string): Promise<string> {
  const path = join(await newFolder(), 'state.json');
  await writeFile(path, text);
  return path;
}

const open = async (text: string) => openFile(await fileOf(text), 'acme');
const good = serializeState(example);
/** The accounts of version-1.json: those of the example, and a token that did not connect. */
const withFailed: typeof example.accounts = new Map([
  ...example.accounts,
  [
    'failed',
    {
      ...bareAccount('failed'),
      id: 'user-1',
      tokens: new Map([
        [
          'app',
          {
            generation: 1,
            current: {
              id: 'id-5',
              name: 'app',
              generation: 1,
              type: 'read_write',
              created_at: '2026-11-01T08:00:01.000Z',
              expires_at: null,
              ttl: null,
              secret: { store: 'local', secret_path: 's.env#APP', at: '2026-11-01T08:00:02.000Z' },
              failed_at: '2026-11-01T08:00:03.000Z',
            },
            retiring: [{ id: 'id-4', name: 'app', expires_at: null }],
            intents: [],
          },
        ],
      ]),
    },
  ],
]);
const edited = (from: string | RegExp, to: string) => good.replace(from, to);

describe('openState', () => {
  it('returns an empty state without a file, and writes nothing', async () => {
    const path = join(await newFolder(), 'state.json');
    const file = await openFile(path, 'acme');
    expect(file.state).toMatchObject({ organization: 'acme', serial: 0, accounts: new Map() });
    expect(file.state.lineage).toMatch(/^[0-9a-f-]{36}$/);
    await file.close();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('reads what was written, also after an editor that adds a byte order mark', async () => {
    expect((await open(good)).state).toEqual(example);
    expect((await open(`\uFEFF${good}`)).state).toEqual(example);
  });

  it.each([
    ['a newer version', edited('"version": 4', '"version": 9')],
    ['another organization', edited('"acme"', '"other"')],
    ['no version', '{"accounts":{}}'],
    ['an unknown older version', edited('"version": 4', '"version": 0')],
    ['another kind of JSON', '[]'],
    ['an empty file', ''],
    ['half a file', good.slice(0, 300)],
    ['a comma too many', edited('"acme",', '"acme",,')],
    ['a wrong type', edited('"passed": false', '"passed": 0')],
    ['an unknown field', edited('"version": 4', '"version": 4, "x": 2')],
    ['no time', edited('2026-11-01T08:00:00.000Z', '2026-13-01T08:00:00.000Z')],
    ['an unknown word', edited('"adopted"', '"lost"')],
    ['an account in another place', edited('"etl_prod": {', '"etl": {')],
    [
      'a merge conflict',
      edited('  "serial": 7,', '<<<<<<< HEAD\n  "serial": 7,\n=======\n  "serial": 8,\n>>>>>>> main'),
    ],
    [
      'a merge conflict in its log',
      `${good}{"serial":8}\n<<<<<<< HEAD\n{"serial":9}\n=======\n{"serial":9}\n>>>>>>> main\n`,
    ],
    ['a line in its log that is no change', `${good}{"serial":8}\nx\n`],
  ])('refuses %s', async (what, text) => {
    const error = await open(text).catch((thrown: unknown) => thrown);
    expectGoldenError(`a state that is refused > ${what}`, error);
  });

  it('refuses what is not UTF-8, a folder, and a file over 384 MB', async () => {
    const path = await fileOf('');
    await writeFile(path, Buffer.from([0x7b, 0xff, 0x7d]));
    await expect(openFile(path, 'acme')).rejects.toMatchObject({ message: expect.stringContaining('not UTF-8') });
    await truncate(path, 385 * 1024 * 1024);
    await expect(openFile(path, 'acme')).rejects.toMatchObject({ message: expect.stringContaining('384 MB') });
    const folder = join(await newFolder(), 'state.json');
    await mkdir(folder);
    await expect(openFile(folder, 'acme')).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('names the backup when there is one', async () => {
    const path = await fileOf('{');
    await writeFile(`${path}.v0.backup`, '');
    await expect(openFile(path, 'acme')).rejects.toMatchObject({
      hint: { text: expect.stringContaining(`${path}.v0.backup`) },
    });
  });

  it.skipIf(asNobody === undefined)('says what to do without permission to read or write the file', async () => {
    const path = await fileOf(good);
    await chmod(join(path, '..'), 0o755);
    const file = await program(`
      import { fileBackend } from './src/state/kinds/file/backend.ts';
    import { openState } from './src/state/opened-state.ts';
      try {
        const file = await openState(fileBackend(process.argv[2]), 'acme');
        await file.update((state) => ({ ...state }));
      } catch (error) {
        console.log(error.code);
      }
    `);
    await chmod(join(file, '..'), 0o755);
    const asked = () => run([...(asNobody ?? []), process.execPath, file, path]).ended;
    expect(await asked()).toMatchObject({ stdout: 'STATE_UNWRITABLE\n' });
    await chmod(path, 0o600);
    expect(await asked()).toMatchObject({ stdout: 'STATE_INVALID\n' });
    expect(await readFile(path, 'utf8')).toBe(good);
  });
});

describe('migration', () => {
  it('reads a file of version 1', async () => {
    const text = await readFile('test/state/version-1.json', 'utf8');
    const path = await fileOf(text);
    const file = await openFile(path, 'acme');
    expect(file.state).toEqual({ ...example, runs: [{ at: '2026-11-01T08:00:00.000Z' }], accounts: withFailed });
    expect(await readdir(join(path, '..'))).toEqual(['state.json']);
    await updateAccount(file, 'a_b', () => bareAccount('a_b'));
    expect(await readFile(`${path}.v1.backup`, 'utf8')).toBe(text);
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ version: 4, serial: 8 });
    expect((await openFile(path, 'acme')).state).toEqual(file.state);
  });

  it.each([
    ['accounts that are a list', '"accounts": {', '"accounts": [], "other": {'],
    ['no place', '"place"', '"plaice"'],
    ['a token that is text', '"retiring": [],', '"retiring": "",'],
  ])('refuses a file of version 1 with %s', async (_, from, to) => {
    const text = await readFile('test/state/version-1.json', 'utf8');
    expect(text).toContain(from);
    await expect(open(text.replace(from, to))).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });

  it('keeps accounts and tokens of a version 1 file whose names are those of its fields', async () => {
    const token = { generation: 1, retiring: [], intents: [] };
    const tokens = `{"constructor":${JSON.stringify(token)},"current":${JSON.stringify(token)},"place":${JSON.stringify(token)}}`;
    const account = `{"username":"proved_at","origin":"created","since":"2026-11-01T08:00:00Z","deletion_protection":true,"tokens":${tokens}}`;
    const head = `"version":1,"lineage":"${example.lineage}","serial":1,"organization":"acme"`;
    const { state } = await open(`{${head},"accounts":{"proved_at":${account}}}`);
    expect([...(state.accounts.get('proved_at')?.tokens ?? [])]).toEqual(
      ['constructor', 'current', 'place'].map((key) => [key, token]),
    );
  });
});

describe('a state of the sandbox', () => {
  it('is not used with MotherDuck, nor MotherDuck’s in the sandbox', async () => {
    for (const sandbox of [true, false]) {
      const file = await openFile(join(await newFolder(), 'state.json'), 'acme', { sandbox });
      await updateAccount(file, 'a_b', () => bareAccount('a_b'));
      expect((await openFile(file.name, 'acme', { sandbox })).state).toEqual(file.state);
      const error: unknown = await openFile(file.name, 'acme', { sandbox: !sandbox }).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'STATE_FOREIGN' });
      expectGoldenError(
        sandbox ? 'a state of the sandbox, at MotherDuck' : 'a state of MotherDuck, in the sandbox',
        error,
      );
    }
  });

  it('names the options that lead back into the sandboxes that are there', async () => {
    const folder = await newFolder();
    const file = await openFile(join(folder, 'state.json'), 'acme', { sandbox: true });
    await updateAccount(file, 'a_b', () => bareAccount('a_b'));
    const [usual, lab] = [join(folder, '.motherduck-sandbox'), join(folder, 'lab')];
    const optionsAt = async (sandboxFolder: string) => {
      const error: unknown = await openFile(file.name, 'acme', { sandboxFolder }).catch((reason) => reason);
      const text = error instanceof UserError ? error.hint.text : '';
      return [/ --sandbox\b(?!-dir)/.test(text), text.includes(shownRelativePath(usual))];
    };
    expect(await optionsAt(usual)).toEqual([false, false]);
    await mkdir(usual);
    expect(await optionsAt(usual)).toEqual([true, false]);
    expect(await optionsAt(lab)).toEqual([false, true]);
    await mkdir(lab);
    expect(await optionsAt(lab)).toEqual([true, true]);
  });
});

describe('a state that is no file', () => {
  /** A state in a storage service, as another run left it. */
  async function shared(options: StateOptions = {}): Promise<MemoryService> {
    const service = new MemoryService();
    const opened = await openState(objectBackend(service.store()), 'acme', options);
    await updateAccount(opened, 'a_b', () => bareAccount('a_b'));
    await opened.close();
    return service;
  }

  async function refused(what: string, service: MemoryService, organization: string, options: StateOptions = {}) {
    // In a folder of its own: what to do depends on the sandbox that is beside the configuration.
    const configuration = join(await newFolder(), 'own.yaml');
    const opening = openState(objectBackend(service.store()), organization, { configuration, ...options });
    const error: unknown = await opening.catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    if (error instanceof UserError) expect(error.hint.text).not.toMatch(/--state\b|\b(rm|mv|git) /);
    expectGoldenError(`a shared state > ${what}`, error);
  }

  it.each<[string, StateOptions, string, StateOptions]>([
    ['of the sandbox, at MotherDuck', { sandbox: true }, 'acme', {}],
    ['of another sandbox', { sandbox: true, sandboxId: '1' }, 'acme', { sandbox: true, sandboxId: '2' }],
    ['of another organization', {}, 'globex', {}],
  ])('is refused with nothing to do that needs a file: %s', async (what, before, organization, now) => {
    await refused(what, await shared(before), organization, now);
  });

  it('is refused with nothing to do that needs a file: of another configuration', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'other.yaml'), '');
    const service = await shared({ configuration: join(folder, 'other.yaml') });
    await refused('of another configuration', service, 'acme', { configuration: join(folder, 'own.yaml') });
  });

  it('is refused with nothing to do that needs a file: with a merge conflict', async () => {
    const service = await shared();
    service.objects.set('snapshots/0000000000001.json', { text: `<<<<<<< ours\n${good}`, modified: 0 });
    await refused('with a merge conflict', service, 'acme');
  });
});
