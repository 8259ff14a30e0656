import { win32 } from 'node:path';
import { expect, it } from 'vitest';
import { shownPath } from '../../src/files/paths.ts';

it('shows a Windows path with /', () => {
  const path = 'C:\\teams\\bi\\accounts\\tenants.yaml';
  expect(shownPath(path, win32.sep)).toBe('C:/teams/bi/accounts/tenants.yaml');
  expect(win32.resolve(shownPath(path, win32.sep))).toBe(path);
});

it('keeps backslashes in paths of other systems', () => {
  expect(shownPath('accounts/a\\b.yaml', '/')).toBe('accounts/a\\b.yaml');
});
