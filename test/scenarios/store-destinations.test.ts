/** A pull request that redirects secrets is seen in its plan: which file, which commands. */
import { expect, it } from 'vitest';
import { Stage } from '../stage.ts';

const configuration = (
  stores: string,
  accounts = 'abc: { tokens: { app: p, bi: f }, deletion_protection: false, smoke: false }',
) => `version: 1
organization: acme
secret_stores:
${stores}
token_policies:
  p: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: vault }
  f: { type: read_write, ttl: 90d, rotate_before: 14d, overlap: 1d, secret_store: local }
accounts:
  ${accounts}
guardrails: { max_deletes: 1 }
`;

const STORES = `  vault:
    kind: exec
    command: [sh, -c, "cat > '/tmp/x'\\n# \\u202ehidden", "{account}/{token}", "\${WHERE}"]
    check: [vault, token, lookup]
    remove: [vault, delete, "{account}/{token}"]
  local: { kind: file, path: .motherduck/\`secrets.env, format: dotenv, overwrite: true }
  unused: { kind: file, path: .motherduck/unused.env, format: dotenv }`;

const COMMAND = String.raw`sh -c $'cat > \'/tmp/x\'\n# \U0000202ehidden' '{account}/{token}' '${'${WHERE}'}'`;

it('every format says where secrets go, once', async () => {
  const stage = new Stage(configuration(STORES));
  const env = { WHERE: 'value-of-where' };
  for (const format of ['text', 'markdown', 'html', 'json']) {
    const { stdout, code } = await stage.run(`plan --sandbox --format ${format}`, env);
    expect([format, code]).toEqual([format, 0]);
    expect(stdout).not.toMatch(/\u202e|value-of-where/);
    if (format === 'json') {
      expect(JSON.parse(stdout).stores).toMatchObject([
        { store: 'vault', writes: true, removes: false, kind: 'exec', check: ['vault', 'token', 'lookup'] },
        { store: 'local', writes: true, kind: 'file', path: '.motherduck/`secrets.env', overwrite: true },
      ]);
      continue;
    }
    const text = format === 'html' ? unescaped(stdout) : stdout;
    expect(text.split(COMMAND)).toHaveLength(2);
    expect(text.split("'.motherduck/`secrets.env'")).toHaveLength(2);
    expect(text).toContain('vault token lookup');
    expect(text).toContain('overwrite: true');
    expect(text).toContain('Later, secrets are removed from vault with');
    expect(text).not.toContain('unused.env');
  }
});

it('a plan that stores nothing speaks of no files', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  for (const format of ['text', 'markdown', 'html', 'json'])
    expect((await stage.run(`plan --sandbox --format ${format}`)).stdout).not.toContain('secrets.env');
});

it('every plan says which commands a later apply runs without being asked again', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  stage.edit((text) => text.replace('"{account}/{token}"]', '"{account}/{token}", curl]'));
  for (const format of ['text', 'markdown', 'html']) {
    const { stdout } = await stage.run(`plan --sandbox --format ${format}`);
    expect(stdout).toMatch(/No changes|Nothing/);
    expect(stdout).toMatch(/Later secrets go to vault: .*curl/);
    expect(stdout).toMatch(/vault is checked with: .*vault token lookup/);
    expect(stdout).toMatch(/Later, secrets are removed from vault with: .*vault delete/);
  }
  const { document } = await stage.json('plan --sandbox');
  expect(document).toMatchObject({ actions: [], stores: [{ store: 'vault', writes: false, removes: false }] });
});

it('it says what removes the secrets of a token that goes', async () => {
  const stage = await Stage.applied(configuration(STORES.replace(', "${WHERE}"', '')));
  stage.edit((text) => text.replace('{ app: p, bi: f }', '{}'));
  const { stdout } = await stage.run('plan --sandbox');
  expect(stdout).toContain("Secrets are removed from vault with: vault delete '{account}/{token}'\n");
  expect(stdout).not.toContain('Secrets go to');
});

function unescaped(html: string): string {
  return html.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}
