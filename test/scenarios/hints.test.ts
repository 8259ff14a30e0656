/** What an output says to type next is right as it stands: it is typed, with the options that were typed before. */
import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFIG, STATE, Stage } from '../stage.ts';

const USAGE = 64;

/** The commands that a text names after `: `, as words. */
function commandsIn(text: string): string[][] {
  return [...text.matchAll(/: mdacc (.+)$/gm)].map(([, words = '']) => words.trim().split(' '));
}

/** A stage whose configuration was renamed after the apply. */
async function renamed(): Promise<Stage> {
  const folder = await Stage.applied();
  renameSync(folder.file(CONFIG), folder.file('prod.yaml'));
  return folder;
}

describe('commands to type next', () => {
  it('of a plan carry --config and --sandbox, and are accepted as they stand', async () => {
    const folder = await renamed();
    folder.write('prod.yaml', folder.read('prod.yaml').replace(/^ {2}tenant_acme:.*\n/m, ''));
    const state = ['--config', 'prod.yaml', '--state', 'motherduck.accounts.state.json', '--sandbox'];
    const { stdout } = await folder.run(['plan', ...state]);
    const commands = commandsIn(stdout);
    expect(commands.length).toBeGreaterThan(0);
    for (const words of commands) {
      expect(words.join(' ')).toContain('--config prod.yaml');
      expect(words).toContain('--state');
      expect(words).toContain('--sandbox');
      expect((await folder.run(words)).code).not.toBe(USAGE);
    }
    const { warnings } = JSON.parse((await folder.run(['plan', ...state, '--format', 'json'])).stdout);
    const told = warnings.flatMap(({ hint }: { hint?: { command?: string[] } }) =>
      hint?.command ? [hint.command] : [],
    );
    expect(told).toContainEqual(commands[0]);
  });

  it('of an audit carry them too', async () => {
    const folder = await renamed();
    renameSync(folder.file(STATE), folder.file('prod.state.json'));
    const ran = await folder.run('audit --config prod.yaml --sandbox --format json');
    const { findings } = JSON.parse(ran.stdout) as { findings: { fix: { command?: string[] } }[] };
    const commands = findings.flatMap(({ fix }) => (fix.command === undefined ? [] : [fix.command]));
    expect(commands.length).toBeGreaterThan(0);
    const text = commandsIn((await folder.run('audit --config prod.yaml --sandbox')).stdout);
    const smoke = text.find(([verb]) => verb === 'smoke')?.filter((word) => word === '--only' || word === '--sandbox');
    expect(smoke).toEqual(['--only', '--only', '--only', '--sandbox']);
    for (const words of commands) {
      expect(words.join(' ')).toContain('--config prod.yaml --sandbox');
      expect((await folder.run(words)).code).not.toBe(USAGE);
    }
  });

  it('of a configuration without accounts carries --config, in every format', async () => {
    const folder = new Stage();
    renameSync(folder.file(CONFIG), folder.file('prod.yaml'));
    folder.write('prod.yaml', folder.read('prod.yaml').replace(/^accounts:[\s\S]*/m, 'accounts: {}\n'));
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const { stdout, code } = await folder.run(`validate --config prod.yaml --format ${format}`);
      expect(code).toBe(0);
      expect(stdout).toContain('mdacc import --all --config prod.yaml');
    }
    expect((await folder.run('import --all --config prod.yaml --sandbox')).code).not.toBe(USAGE);
  });

  it.each([
    ['plan --config broken.yaml --sandbox', ['validate', '--config', 'broken.yaml']],
    ['plan --config new/none.yaml --sandbox', ['init', '--config', 'new/none.yaml']],
    ['plan --out broken.yaml --sandbox', ['plan', '--out', 'today.plan', '--sandbox']],
    ['init --config broken.yaml', ['import', '--all', '--config', 'broken.yaml']],
    [
      'apply --config prod.yaml --state lab.json --sandbox-dir lab',
      ['plan', '--config', 'prod.yaml', '--state', 'lab.json', '--sandbox-dir', 'lab'],
    ],
    [
      'apply none.plan --config prod.yaml --sandbox',
      ['plan', '--out', 'none.plan', '--config', 'prod.yaml', '--sandbox'],
    ],
    ['apply a.plan --only etl_prod --sandbox', ['plan', '--only', 'etl_prod', '--out', 'a.plan', '--sandbox']],
    ['apply --sandbox etl_prod', ['apply', '--only', 'etl_prod', '--sandbox']],
    ['audit --idle 30d --sandbox-dir lab', ['audit', '--usage', '--idle', '30d', '--sandbox-dir', 'lab']],
    ['sandbox connect', ['state', 'list']],
    ['sandbox connect --sandbox-dir none', ['apply', '--sandbox-dir', 'none']],
  ])('of the error of "%s" is accepted as it stands', async (typed, command) => {
    const stage = await Stage.applied();
    stage.write('prod.yaml', stage.read('motherduck.accounts.yaml'));
    stage.write('broken.yaml', 'version: 1\n');
    const failed = await stage.run(typed);
    expect(failed.code).not.toBe(0);
    expect(commandsIn(failed.stderr)).toEqual([command]);
    expect((await stage.run(command)).code).not.toBe(USAGE);
  });

  it('of init are those from the new file to the first apply', async () => {
    const stage = new Stage();
    const { stderr } = await stage.run('init --config prod.yaml');
    const commands = [...stderr.matchAll(/^ {2}mdacc (.+?) {2,}\S/gm)].map(([, words = '']) => words.split(' '));
    expect(commands).toEqual([
      ['validate', '--config', 'prod.yaml'],
      ['plan', '--sandbox', '--config', 'prod.yaml'],
      ['plan', '--config', 'prod.yaml'],
      ['apply', '--config', 'prod.yaml'],
    ]);
    for (const words of commands) expect((await stage.run(words)).code).not.toBe(USAGE);
  });
});
