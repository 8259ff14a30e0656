import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../model/user-error.ts';
import { FileLog } from './file-log.ts';
import { MemoryLog } from './log.ts';
import { Organization, type OrganizationOptions } from './organization.ts';

/** The folder in a sandbox that holds a folder of DuckDB files for each account that connected. */
export const DATABASES = 'databases';

/** Opens the organization that is kept in a folder, and makes both where there is none. @throws UserError SANDBOX_FAILED */
export async function openSandbox(
  folder: string,
  options: Omit<OrganizationOptions, 'folder'> = {},
): Promise<Organization> {
  const log = new FileLog(folder);
  try {
    await log.write(() => ({ events: [], result: undefined })); // damage is found now, not at the first call
  } catch (error) {
    log.close();
    throw error;
  }
  return new Organization(log, { ...options, folder });
}

/** An organization that goes with its process. */
export function memorySandbox(options: Omit<OrganizationOptions, 'folder'> = {}): Organization {
  return new Organization(new MemoryLog(), options);
}

/** Empties the sandbox in a folder, whatever state it is in, its databases included. @throws UserError SANDBOX_FAILED */
export async function resetSandbox(folder: string): Promise<void> {
  const log = new FileLog(folder);
  try {
    await log.clear();
  } finally {
    log.close();
  }
  try {
    rmSync(join(folder, DATABASES), { recursive: true, force: true });
  } catch (cause) {
    const message = `the sandbox's databases could not all be removed: ${join(folder, DATABASES)}`;
    throw new UserError('SANDBOX_FAILED', message, 'Close what has them open, then reset again.', { cause });
  }
}
