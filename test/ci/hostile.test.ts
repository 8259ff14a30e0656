/** Names at MotherDuck may hold anything. They are shown, and are nothing else: not to a shell, a runner, or GitHub. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isWindows } from '../platform.ts';
import { ask, CiStage } from './ci-stage.ts';

describe.skipIf(isWindows)('hostile names of tokens', () => {
  it('do nothing in a plan, its comment and its outputs', async () => {
    const stage = await CiStage.open();
    const trap = path.join(stage.folder, 'trapped');
    const names = [
      `\`touch ${trap}\``,
      `$(touch ${trap})`,
      `"; touch ${trap}; "`,
      `'; touch ${trap}; '`,
      `x\n::add-mask::everything\n::set-output name=changes::false`,
      `x\nexitcode=1\nplan-file<<E\n/etc/passwd\nE`,
      '\r::error::x',
      '##[add-mask]x',
      '  ::error::x',
      'x ##[set-env name=PATH;]/tmp',
      '<!-- motherduck-accounts plan: globex -->',
      '${{ github.token }}',
      '@everyone </details>``` [x](https://example.com)',
    ];
    await ask(stage.organization, 'POST', '/v1/users', { username: 'etl_prod' });
    for (const name of names) await ask(stage.organization, 'POST', '/v1/users/etl_prod/tokens', { name });
    // The configuration takes one of them over, so that it is in the plan's actions too.
    const adopt = (folder: string) => {
      const file = path.join(folder, 'motherduck.accounts.yaml');
      const token = JSON.stringify(names.at(-1));
      const text = readFileSync(file, 'utf8').replace(
        '{ airflow: pipeline }',
        `{ airflow: pipeline, taken: { policy: pipeline, name: ${token} } }`,
      );
      writeFileSync(file, text);
    };
    for (const change of [() => {}, adopt]) {
      const { plan } = await stage.run('plan.yml', { event: stage.pullRequest(change) });
      expect(plan?.status, plan?.log).toBe('success');
      const { apply, plan: again } = await stage.run('apply.yml', { event: stage.push(change) });
      expect(again?.outputs.changes).toBe('true');
      expect(apply?.status, apply?.log).toBe('success');
      expect(existsSync(trap)).toBe(false);
      for (const job of [plan, again, apply]) expect(commandsOutside(job?.log ?? '')).toEqual([]);
    }
    expect(stage.github.comments).toHaveLength(1);
    const body = stage.github.comments[0]?.body ?? '';
    expect(body.match(/^<!-- motherduck-accounts plan: .*-->$/gm)).toEqual([
      '<!-- motherduck-accounts plan: acme motherduck.accounts.yaml motherduck.accounts.state.json sandbox -->',
    ]);
    for (const token of ['ghs_', stage.secrets.MOTHERDUCK_ADMIN_TOKEN ?? '']) expect(body).not.toContain(token);
  });
});

/** The lines that a runner would take for commands: those between the seals it is told to take for text. */
function commandsOutside(log: string): string[] {
  const open = log.replace(/^::stop-commands::(\S+)\n.*?^::\1::$/gms, '');
  return open.split(/[\r\n]/).filter((line) => /^\s*::|##\[/.test(line));
}
