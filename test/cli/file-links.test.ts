/** Links to files on a terminal. */
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasLinks, withLinks } from '../../src/cli/file-links.ts';
import { CONFIG, outputOf, Stage } from '../stage.ts';

const terminal = { isTTY: true };
const LINK = '\u001b]8;;';

describe('links', () => {
  it.each([
    ['a terminal that says nothing of them', {}, false],
    ['iTerm', { TERM_PROGRAM: 'iTerm.app' }, true],
    ['iTerm without colours', { TERM_PROGRAM: 'iTerm.app', NO_COLOR: '1' }, true],
    ['VS Code', { TERM_PROGRAM: 'vscode', TERM: 'xterm-256color' }, true],
    ['kitty', { TERM: 'xterm-kitty' }, true],
    ['Windows Terminal', { WT_SESSION: 'x' }, true],
    ['GNOME', { VTE_VERSION: '6800' }, true],
    ['an old GNOME', { VTE_VERSION: '5000' }, false],
    ['tmux in kitty', { TERM: 'tmux-256color', KITTY_WINDOW_ID: '1' }, false],
    ['CI', { TERM_PROGRAM: 'vscode', CI: 'true' }, false],
    ['a dumb terminal', { TERM_PROGRAM: 'vscode', TERM: 'dumb' }, false],
    ['one that is told so', { FORCE_HYPERLINK: '1' }, true],
    ['one that is told not to', { TERM_PROGRAM: 'vscode', FORCE_HYPERLINK: '0' }, false],
  ])('on %s', (_name, env, expected) => {
    expect(hasLinks(terminal, env)).toBe(expected);
    expect(hasLinks({ isTTY: false }, { ...env, FORCE_HYPERLINK: '1' })).toBe(false);
  });

  it('are put at names that stand by themselves, and change no text', () => {
    const text = 'a.yaml:3:1: x, see ./a.yaml, a.yaml.bak, b/a.yaml and b/a.yaml.';
    const linked = withLinks(text, ['a.yaml', 'b/a.yaml', 'not there']);
    expect(linked.split(LINK)).toHaveLength(1 + 2 * 3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    expect(linked.replace(/\x1b\]8;;.*?\x1b\\/g, '')).toBe(text);
    expect(withLinks('a\u0007b.yaml', ['a\u0007b.yaml'])).toContain('a%07b.yaml\u001b\\');
  });

  it('are written for the findings of a configuration on a terminal that knows them, and not in JSON', async () => {
    const stage = new Stage();
    stage.edit((text) => text.replace('version: 1', 'version: 2'));
    const node = ['--import', 'data:text/javascript,process.stdout.isTTY=true;process.stderr.isTTY=true'];
    const shown = async (words: string, env: Record<string, string>) => {
      const { stdout, stderr } = await outputOf(stage.spawn(words, env, { node }));
      return stdout + stderr;
    };
    const file = pathToFileURL(stage.file(CONFIG)).href.replace('file://', '');
    expect(await shown('validate', { WT_SESSION: 'x', NO_COLOR: '1' })).toMatch(
      new RegExp(`^${LINK}file://.*${file}`.replaceAll('[', '\\['), 'm'),
    );
    expect(await shown('validate --format json', { WT_SESSION: 'x' })).not.toContain(LINK);
    expect(await shown('validate', {})).not.toContain(LINK);
  });
});
