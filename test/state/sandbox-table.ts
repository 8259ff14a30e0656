/** The table of a state in a sandbox, for tests that run sources, which are not beside the built program that connects. */
import path from 'node:path';
import { embeddedSandbox } from '../../src/sandbox/sandbox-transport.ts';
import { type TableOptions, tableStore } from '../../src/state/kinds/motherduck/store.ts';
import type { ObjectStore } from '../../src/state/object-store.ts';
import type { AdminConnection } from '../../src/state/state-kind.ts';

export const PROBE = path.resolve('dist/probe.cjs');

/** Connects to the sandbox of a folder as its Admin. */
export async function sandboxAdmin(folder: string): Promise<AdminConnection> {
  const { connector, token, organization } = await embeddedSandbox(folder);
  return { connector, token, seconds: 60, close: async () => organization.close() };
}

export function sandboxTable(
  folder: string,
  { database, schema = 'main', ...options }: TableOptions & { readonly database: string; readonly schema?: string },
): ObjectStore {
  const admin = () => sandboxAdmin(folder);
  return tableStore({ database, schema }, { admin, env: process.env }, { probePath: PROBE, ...options });
}
