/** The whole live suite against `sandbox serve` with each setting; `npm run test:live:matrix` starts it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Stage } from '../../stage.ts';
import { compare, comparedText } from '../recording/compare.ts';
import { readRecording } from '../recording/read.ts';
import { startSuite } from '../start-suite.ts';
import { SWITCHES, switchName, switchOptions } from '../switches.ts';

const RECORDING = 'recording.json';

describe('the live suite', () => {
  it.each(SWITCHES.map((each) => [switchName(each), each] as const))('with %s', async (_, each) => {
    const { settings, fails, whole } = each;
    const folder = new Stage('');
    const isLimited = settings.plan === 'lite' || settings.max_service_accounts !== undefined;
    if (!isLimited) await folder.run('sandbox seed 12');
    await folder.serveByProgram(...switchOptions(each));
    const { ended } = startSuite(folder, ['--record', folder.file(RECORDING)], { MDACC_LIVE_USAGE: '1' });
    const { code, stdout, stderr } = await ended;

    const said = whole === undefined ? (fails?.says ?? []) : [whole.says];
    if (!(whole?.mayPass && code === 0)) {
      for (const words of said) expect(stderr).toContain(words);
      expect(code, stdout + stderr).toBe(said.length === 0 ? 0 : 1);
    }
    expect(stdout).toContain('Nothing was left behind');
    expect(stdout).toContain('## Facts');

    const text = readFileSync(folder.file(RECORDING), 'utf8');
    expect(text).not.toContain(folder.env.MOTHERDUCK_ADMIN_TOKEN);
    expect(text).not.toMatch(/eyJ|tenant_0/);
    // An issue has 65,536 characters.
    expect(text.length).toBeLessThan(65_000);
    expect(comparedText(await compare(readRecording(RECORDING, text)), 'it')).toMatch(/^The sandbox answers all /);
  });
});
