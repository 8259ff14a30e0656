/** What the program leaves aside until it is needed, so that it starts fast. */
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { newFolder } from '../files/processes.ts';
import { MAIN, ROOT } from '../in-process.ts';
import { node } from './npm.ts';

/** A segmenter takes longer to make than the rest of the program's start. */
const NO_SEGMENTER = `Intl.Segmenter = class { constructor() { throw new Error('a segmenter was made'); } };\n`;

it.each(['--version', '--help', 'plan --help', 'validate', 'plan --sandbox'])(
  'mdacc %s measures plain text without a segmenter',
  async (words) => {
    const folder = await newFolder();
    copyFileSync(path.join(ROOT, 'motherduck.accounts.yaml'), path.join(folder, 'motherduck.accounts.yaml'));
    writeFileSync(path.join(folder, 'hook.cjs'), NO_SEGMENTER);
    const printed = await node(folder, '--require', path.join(folder, 'hook.cjs'), MAIN, ...words.split(' '));
    expect(printed.length).toBeGreaterThan(4);
  },
);
