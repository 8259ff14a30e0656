import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { refuseTrackedLinks } from '../files/links.ts';
import { UserError } from '../model/user-error.ts';
import { DATABASES } from './databases.ts';
import { FileLog } from './file-log.ts';
import { Organization, type OrganizationOptions } from './organization.ts';
import { SETTINGS_FILE, type Settings } from './settings.ts';
import { removeAllShares, SHARES } from './shares.ts';

/**
 * Opens the organization in a folder, with the settings there, and creates both if they do not exist.
 *
 * @throws UserError SANDBOX_FAILED
 */
export async function openSandbox(
  folder: string,
  options: Omit<OrganizationOptions, 'folder'> = {},
): Promise<Organization> {
  await refuseLinks(folder);
  const settings = await settingsOf(folder);
  const log = new FileLog(folder);
  const organization = new Organization(log, { ...settings, ...options, folder });
  try {
    await log.write(() => ({ events: [], result: undefined })); // reports a damaged log now, not at the first request
  } catch (error) {
    log.close();
    throw error;
  }
  return organization;
}

/** Loads what reads the file only where there is one. */
async function settingsOf(folder: string): Promise<Partial<Settings>> {
  if (!existsSync(join(folder, SETTINGS_FILE))) return {};
  const { readSettings } = await import('./settings-file.ts');
  return readSettings(folder);
}

/** A pull request may contain a sandbox. @throws UserError LINK_REFUSED */
async function refuseLinks(folder: string): Promise<void> {
  for (const name of ['', DATABASES, SETTINGS_FILE]) await refuseTrackedLinks(join(folder, name));
}

/** Empties the sandbox in a folder, with its databases and the shares that accounts created, even if it is damaged. @throws UserError SANDBOX_FAILED */
export async function resetSandbox(folder: string): Promise<void> {
  await refuseLinks(folder);
  await refuseTrackedLinks(join(folder, SHARES));
  const log = new FileLog(folder);
  try {
    await log.clear();
  } finally {
    log.close();
  }
  try {
    rmSync(join(folder, DATABASES), { recursive: true, force: true });
    rmSync(join(folder, 'stores'), { recursive: true, force: true });
    removeAllShares(folder);
  } catch (cause) {
    const message = `the sandbox's databases could not all be removed: ${join(folder, DATABASES)}`;
    throw new UserError(
      'SANDBOX_FAILED',
      message,
      { text: 'Close the programs that have them open, then remove the rest.', command: ['sandbox', 'reset'] },
      { cause },
    );
  }
}
