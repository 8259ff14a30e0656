/** The story of the page about pipelines: a repository gets one, and a machine without one has its nights. */
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { blocksOf, readText } from '../examples/markdown.ts';
import { ROOT } from '../in-process.ts';
import { Stage } from '../stage.ts';
import { typeNightly } from './cron-story.ts';
import { installProgram, isUntypeableHere, Reader } from './reader.ts';

export const CI: Readonly<Record<string, () => Promise<Reader>>> = {
  'docs/ci.md': async () => {
    const stage = new Stage();
    await stage.serve();
    const reader = await Reader.of('docs/ci.md', stage);
    await reader.next();
    await reader.next(2);
    await reader.upTo('sed');
    cpSync(`${ROOT}/examples/github-actions/.github`, stage.file('.github'), { recursive: true });
    await reader.upTo('mdacc validate');
    const workflows = readdirSync(stage.file('.github/workflows')).map((name) =>
      stage.read(`.github/workflows/${name}`),
    );
    expect(workflows.join('\n')).not.toContain('motherduck-accounts@0.1.0');
    // Typed again, they change nothing.
    const [again] = blocksOf(readText('docs/ci.md'), 'console').filter((block) => block.includes('sed -i'));
    await reader.type(again ?? '');
    expect(readdirSync(stage.file('.github/workflows')).map((name) => stage.read(`.github/workflows/${name}`))).toEqual(
      workflows,
    );
    expect(
      workflows.join('\n').match(/^ +version: \.\/motherduck-accounts-0\.1\.0\.tgz\n +admin-token:/gm),
    ).toHaveLength(2);
    let posted = '';
    const chat = createServer((request, response) => {
      request.on('data', (part) => (posted += part)).on('end', () => response.end('ok'));
    }).listen(0, '127.0.0.1');
    await once(chat, 'listening');
    stage.env.CHAT_WEBHOOK = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/secret-of-the-chat`;
    // The arguments of programs are visible to all users of the machine.
    installProgram(stage, 'curl', 'echo "$@" > curl-arguments.txt\nPATH=${PATH#*:} exec curl "$@"');
    await reader.upTo('mdacc audit --format json');
    if (isUntypeableHere('jq ')) stage.write('message.json', '{"text": "error: etl_prod"}');
    stage.edit((text) => text.replace('standard, pool_size: 4', 'standard, pool_size: 5'));
    await reader.upTo();
    await reader.named('mdacc plan > plan.txt');
    await reader.named("jq --raw-input --slurp '{text: .}' plan.txt");
    chat.close();
    if (!isUntypeableHere('curl ')) {
      expect(JSON.parse(posted)).toEqual({ text: expect.stringContaining('error: etl_prod') });
      expect(stage.read('curl-arguments.txt')).toContain('--fail');
      expect(stage.read('curl-arguments.txt')).not.toContain('secret-of-the-chat');
    }
    expect(JSON.parse(stage.read('audit.sarif'))).toMatchObject({ version: '2.1.0' });
    await typeNightly(reader);
    return reader;
  },
};
