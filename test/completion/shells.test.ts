/** The scripts in the shells that they are for, as far as these are installed here; bash is everywhere. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCRIPTS, SHELLS, type Shell } from '../../src/completion/scripts.ts';
import { ROOT } from '../in-process.ts';
import { Stage } from '../stage.ts';

const isThere = (shell: Shell) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

/** What the shell offers at the end of a line. */
const ASK: Readonly<Record<Shell, (line: string) => string>> = {
  bash: (line) => `source <(mdacc completion bash)
    COMP_LINE=${JSON.stringify(line)}; read -ra COMP_WORDS <<< "\${COMP_LINE//=/ = }"
    [[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _mdacc; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (line) => `compdef() {}; source <(mdacc completion zsh)
    _describe() { print -l -- "\${(@P)2}" }; _files() { print -l -- *(N) }; compset() {}
    typed=${JSON.stringify(line)}; words=(\${(z)typed}); [[ $typed == *" " ]] && words+=("")
    CURRENT=\${#words}; _mdacc`,
  fish: (line) => `mdacc completion fish | source; complete -C ${JSON.stringify(line)}`,
};

function folder(): Stage {
  const made = new Stage();
  mkdirSync(made.file('bin'));
  made.write('bin/mdacc', `#!/bin/sh\nexec ${process.execPath} ${path.join(ROOT, 'dist/main.cjs')} "$@"\n`);
  chmodSync(made.file('bin/mdacc'), 0o755);
  return made;
}

/** Types a line and a tab in a terminal with zsh, and ends when the text appears. */
const TYPE_IN_ZSH = (setUp: string, line: string, text: string) => `zmodload zsh/zpty
zpty z env TERM=dumb zsh -f -i
zpty -w z ${JSON.stringify(`unsetopt zle_bracketed_paste; bindkey '^I' complete-word; ${setUp}; echo READY$((1 + 1))`)}
zpty -r z said '*READY2*'
zpty -w -n z ${JSON.stringify(line)}$'\\t'
zpty -r z said '*${text}*'
`;

function offers(shell: Shell, line: string): string[] {
  const made = folder();
  const env = { PATH: `${made.file('bin')}:${process.env.PATH ?? ''}`, HOME: made.path, TERM: 'dumb' };
  const ran = spawnSync(shell, ['-c', ASK[shell](line)], { cwd: made.path, env, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  return ran.stdout.split('\n').filter((word) => word !== '');
}

describe.each(
  SHELLS.map((shell) => [isThere(shell) ? shell : `${shell}: skipped, it is not on the PATH`, shell] as const),
)('%s', (_, shell) => {
  it.runIf(isThere(shell))('offers commands, values, accounts and files', () => {
    const first = (found: string[]) => found.map((word) => word.split(/[\t:]/)[0]);
    // Bash completes what follows the equals sign.
    const option = (text: string) => (shell === 'bash' ? '' : text);
    expect(offers(shell, 'mdacc audit --format=sa')).toEqual([`${option('--format=')}sarif`]);
    expect(offers(shell, 'mdacc audit --format=json --fail-on=w')).toEqual([`${option('--fail-on=')}warning`]);
    const file = `${shell === 'fish' ? '--config=' : ''}motherduck.accounts.yaml`;
    expect(offers(shell, 'mdacc plan --config=m')).toContain(file);
    expect(first(offers(shell, 'mdacc va'))).toEqual(['validate']);
    expect(offers(shell, 'mdacc audit --format sa')).toEqual(['sarif']);
    expect(offers(shell, 'mdacc rotate etl_prod/')).toEqual(['etl_prod/airflow', 'etl_prod/backfill']);
    expect(offers(shell, 'mdacc plan --config m')).toContain('motherduck.accounts.yaml');
  });

  it.runIf(isThere(shell))('can read its script', () => {
    const made = folder();
    made.write('script', SCRIPTS[shell]);
    expect(spawnSync(shell, ['-n', made.file('script')], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
});

describe.runIf(isThere('zsh'))('zsh, in a terminal', () => {
  const typed = (setUp: string, line: string, text: string) => {
    const made = folder();
    made.write('functions/_mdacc', SCRIPTS.zsh);
    const env = { PATH: `${made.file('bin')}:${process.env.PATH ?? ''}`, HOME: made.path, TERM: 'dumb' };
    const script = TYPE_IN_ZSH(setUp, line, text);
    return spawnSync('zsh', ['-f', '-c', script], { cwd: made.path, env, encoding: 'utf8', timeout: 30_000 });
  };
  it.each([
    ['sourced', 'autoload -U compinit; compinit -u -D; source <(mdacc completion zsh)'],
    ['in a folder of functions', 'fpath=(functions $fpath); autoload -U compinit; compinit -u -D'],
  ])('completes commands, options and files: %s', (_, setUp) => {
    expect(typed(setUp, 'mdacc va', 'validate')).toMatchObject({ status: 0 });
    expect(typed(setUp, 'mdacc audit --format=sa', '--format=sarif')).toMatchObject({ status: 0 });
    expect(typed(setUp, 'mdacc plan --config=m', '--config=motherduck.accounts.yaml')).toMatchObject({ status: 0 });
  });
});

it.runIf(isThere('fish'))('fish completes both names of the program where the script says it goes', () => {
  const made = folder();
  made.write('bin/motherduck-accounts', made.read('bin/mdacc'), 0o755);
  const file = /~\/(\S+)$/m.exec(SCRIPTS.fish)?.[1] ?? '';
  made.write(file, SCRIPTS.fish);
  const env = { PATH: `${made.file('bin')}:${process.env.PATH ?? ''}`, HOME: made.path, TERM: 'dumb' };
  for (const name of ['mdacc', 'motherduck-accounts']) {
    const ran = spawnSync('fish', ['-c', `complete -C "${name} va"`], { cwd: made.path, env, encoding: 'utf8' });
    expect(ran.stdout).toMatch(/^validate\t/);
  }
});

it('mdacc completion prints a script, and refuses another shell with those there are', async () => {
  const made = new Stage();
  expect(await made.run('completion bash')).toMatchObject({ code: 0, stdout: SCRIPTS.bash, stderr: '' });
  const wrong = await made.run('completion tcsh');
  expect(wrong).toMatchObject({ code: 64, stdout: '' });
  expect(wrong.stderr).toContain('bash, zsh, fish');
});

it('an invalid or missing configuration offers no names, and no error', async () => {
  const made = new Stage('accounts: [');
  expect(await made.run(['__complete', '--', 'rotate', ''])).toEqual({ code: 0, stdout: ':none\n', stderr: '' });
  expect(await made.run(['__complete', '--', 'rotate', '--config', 'no.yaml', ''])).toMatchObject({
    stdout: ':none\n',
  });
});
