/** The live suite as people start it, against `mdacc sandbox serve`: only the three variables that it prints differ. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openSandbox } from '../../src/sandbox/open.ts';
import { hasProc } from '../platform.ts';
import { Stage, until } from '../stage.ts';
import { runOf } from './names.ts';
import { workFolder } from './run.ts';
import { startSuite } from './start-suite.ts';

const REPORT = 'report.md';
const RECORDING = 'recording.json';

/** A sandbox in which there are others. */
async function inhabited(): Promise<Stage> {
  const folder = new Stage('');
  await folder.run('sandbox seed 12');
  return folder;
}

/** Everything that the sandbox holds of service accounts, in two parts. */
async function accounts(folder: Stage): Promise<{ own: string[]; others: unknown[] }> {
  const organization = await openSandbox(folder.file('.motherduck-sandbox'));
  const all = organization.inspect().accounts.filter((account) => account.isServiceAccount);
  organization.close();
  const isOwn = ({ username }: { username: string }) => runOf(username) !== undefined;
  return { own: all.filter(isOwn).map(({ username }) => username), others: all.filter((account) => !isOwn(account)) };
}

/** Waits until the run has made an account, and gives the run. */
async function begun(folder: Stage, ended: ReturnType<typeof startSuite>['ended']): Promise<string> {
  let first: string | undefined;
  await until(async () => {
    [first] = (await accounts(folder)).own;
    return first !== undefined;
  }, ended);
  return runOf(first ?? '') ?? '';
}

/** Whether no process is left that a suite of the folder started, so that nothing can be made any more. */
function isAlone({ path }: Stage): boolean {
  const environments = () => {
    if (!hasProc) return execFileSync('ps', ['axEww'], { encoding: 'utf8', maxBuffer: 1e8 });
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, 'utf8');
        } catch {
          return ''; // it has exited meanwhile, or is somebody else's
        }
      })
      .join('\0');
  };
  return !environments().includes(`HOME=${path}`);
}

// It refuses to run on Windows.
describe.skipIf(process.platform === 'win32')('npm run test:live', () => {
  it('passes, finds the sandbox as documented, and leaves everything as it was', async () => {
    const folder = await inhabited();
    await folder.serveByProgram();
    const before = await accounts(folder);
    const { code, stdout, stderr } = await startSuite(folder, ['--record', folder.file(RECORDING)], {
      MDACC_LIVE_IN_PROCESS: '1',
      MDACC_LIVE_REPORT: folder.file(REPORT),
      MDACC_LIVE_USAGE: '1',
    }).ended;
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(readFileSync(folder.file(REPORT), 'utf8'));
    expect(stdout).toMatch(/^- \*\*Passed\*\*: 16 of 16 steps passed\.$/m);
    expect(stdout).toContain('at a sandbox at http://127.0.0.1:');
    expect(stdout).toMatch(/\n## Differences\n\nNone\.\n$/);
    expect(stdout.match(/^.*\| unseen \|$/gm)).toEqual([
      expect.stringMatching(
        /^\| A token that expired, in the list \| .* \| it takes five minutes; MDACC_LIVE_WAIT=1 waits/,
      ),
      expect.stringMatching(/^\| A token that expired, in a connection \| .* \| no token has expired /),
    ]);
    expect(stderr).toMatch(/^A username that exists: 409 CONFLICT ".*", a conflict$/m);

    expect(before.others).toHaveLength(12);
    expect(await accounts(folder)).toEqual(before);
    const recording = folder.read(RECORDING);
    for (const text of [stdout, stderr, recording]) {
      expect(text).not.toContain(folder.env.MOTHERDUCK_ADMIN_TOKEN);
      expect(text).not.toMatch(/eyJ|tenant_0/);
    }
    expect(recording.length).toBeLessThan(60_000);
    const compared = await startSuite(folder, ['compare', folder.file(RECORDING)]).ended;
    expect(compared.stdout).toMatch(/^The sandbox answers all \d+ recorded requests as a sandbox did\.\n$/);
    expect(compared.code).toBe(0);
  });

  it('that is interrupted removes what it made', async () => {
    const folder = await inhabited();
    await folder.serve();
    const before = await accounts(folder);
    const { child, ended } = startSuite(folder);
    await begun(folder, ended);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('Interrupted: what was made is removed.');
    expect(stdout).toMatch(/^- \*\*Failed\*\*: 1 of \d+ steps passed; it was interrupted\.$/m);
    expect(stdout).toMatch(/^- Nothing was left behind \(after the steps, [1-9] accounts? had to be removed\)\.$/m);
    expect(await accounts(folder)).toEqual(before);
  });

  it('that is killed makes nothing more, and --clean removes what it made', async () => {
    const folder = await inhabited();
    await folder.serve();
    const before = await accounts(folder);
    const { child, ended } = startSuite(folder);
    const run = await begun(folder, ended);
    expect(isAlone(folder)).toBe(false);
    child.kill('SIGKILL');
    await ended;
    await vi.waitUntil(() => isAlone(folder), { timeout: 50_000, interval: 20 });
    const left = await accounts(folder);
    expect(left.own.length).toBeGreaterThan(0);
    expect(existsSync(workFolder(run))).toBe(true);
    const cleaned = await startSuite(folder, ['--clean', run]).ended;
    expect(cleaned.code, cleaned.stderr).toBe(0);
    await vi.waitUntil(() => isAlone(folder), { timeout: 50_000, interval: 20 });
    expect(existsSync(workFolder(run))).toBe(false);
    expect(await accounts(folder)).toEqual(before);
  });
});
