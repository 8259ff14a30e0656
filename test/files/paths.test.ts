import { win32 } from 'node:path';
import { expect, it } from 'vitest';
import { shownPath } from '../../src/files/paths.ts';

it('shows a path of Windows as one of any other system, which Windows takes for the same', () => {
  const path = 'C:\\teams\\bi\\accounts\\tenants.yaml';
  expect(shownPath(path, win32.sep)).toBe('C:/teams/bi/accounts/tenants.yaml');
  expect(win32.resolve(shownPath(path, win32.sep))).toBe(path);
});

it('leaves others alone, where a backslash is a character like any other', () => {
  expect(shownPath('accounts/a\\b.yaml', '/')).toBe('accounts/a\\b.yaml');
});
