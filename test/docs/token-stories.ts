/** The stories of tokens and their secrets: rotated, leaked, stored and tested. */
import { expect } from 'vitest';
import { CONFIG, Stage } from '../stage.ts';
import { appliedAtMotherDuck, emptyFolder } from './organizations.ts';
import { Reader } from './reader.ts';

export const TOKENS: Readonly<Record<string, () => Promise<Reader>>> = {
  'docs/tokens.md': async () => {
    const reader = await Reader.of('docs/tokens.md', await appliedAtMotherDuck());
    await reader.upTo();
    for (const command of ["mdacc rotate 'tenant_*/app'", 'mdacc apply', 'mdacc apply --due'])
      await reader.named(command);
    return reader;
  },

  'docs/leaked-token.md': async () => {
    const stage = await appliedAtMotherDuck();
    const reader = await Reader.of('docs/leaked-token.md', stage);
    const [, leaked = ''] =
      /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="?([^"\n]+)/m.exec(stage.read('.motherduck/secrets.env')) ?? [];
    await reader.upTo('read -rs');
    expect(reader.take().command).toBe('read -rs LEAKED && export LEAKED');
    // The page comes to it after the rotation, as one who knows the name does.
    stage.env.LEAKED =
      /^MOTHERDUCK_TOKEN_ETL_PROD_AIRFLOW="?([^"\n]+)/m.exec(stage.read('.motherduck/secrets.env'))?.[1] ?? '';
    await reader.upTo();
    stage.env.LEAKED = leaked;
    await reader.named('mdacc plan --rotate etl_prod/airflow --revoke-old --out leak.plan');
    await reader.named('mdacc apply leak.plan');
    for (const rotated of ["'tenant_*/app'", 'etl_prod'])
      expect((await reader.named(`mdacc rotate ${rotated} --revoke-old`)).stdout).toMatch(/^Revoked: /m);
    for (const command of ['mdacc apply --no-smoke', 'mdacc audit', 'mdacc doctor']) await reader.named(command);
    const connect = await reader.named('MOTHERDUCK_TOKEN="$LEAKED" mdacc sandbox connect', 1);
    expect(connect.stderr).toContain('Invalid MotherDuck token');
    return reader;
  },

  'docs/secret-stores.md': async () => {
    const reader = await Reader.of('docs/secret-stores.md', await appliedAtMotherDuck());
    await reader.upTo();
    await reader.named('mdacc validate');
    await reader.named('mdacc doctor');
    await reader.named('mdacc audit --check-stores');
    return reader;
  },

  'docs/security.md': async () => {
    const reader = await Reader.of('docs/security.md', await appliedAtMotherDuck());
    for (const command of ['mdacc apply', 'mdacc doctor', 'mdacc audit --check-stores', 'mdacc state history'])
      await reader.named(command);
    // The next rotation of a token fails in its store, after which the page says what is listed, and what comes next.
    const { stage } = reader;
    const works = stage.read();
    const exec = (command: string) => `exec, command: [node, -e, "${command}", "{account}", "{token}"] }`;
    stage.edit((text) => text.replace(/^( +local: \{ kind: ).*$/m, `$1${exec('process.exit(1)')}`));
    expect(stage.read()).not.toBe(works);
    await reader.type('mdacc rotate etl_prod/airflow --real-stores', 3);
    expect((await reader.named('mdacc state list')).stdout).toContain('unfinished');
    stage.write(CONFIG, works);
    await reader.type('mdacc apply');
    expect((await reader.type('mdacc state list')).stdout).toMatch(/airflow +airflow\.3/);
    reader.goTo(emptyFolder());
    await reader.named('mdacc init');
    return reader;
  },

  'docs/smoke-test.md': async () => {
    const reader = await Reader.of('docs/smoke-test.md', await Stage.applied());
    await reader.next();
    await reader.stage.serve();
    await reader.named('mdacc smoke etl_prod tenant_acme');
    await reader.named('mdacc schema smoke');
    return reader;
  },
};
