/** The versions of DuckDB that MotherDuck accepts, as its documentation publishes them for programs. */
import { Secret } from '../model/secret.ts';
import { httpTransport } from './http-transport.ts';
import { proxyFor } from './proxy.ts';
import type { Transport } from './transport.ts';

const PUBLISHED = new URL('https://motherduck.com/docs/duckdb-versions.json');
const TIMEOUT_MS = 5000;

/** The first and the last version. */
interface VersionRange {
  readonly first: string;
  readonly last: string;
}

/** Fetches the range; undefined when it cannot be read, which means nothing. */
export async function fetchAcceptedVersions(
  env: NodeJS.ProcessEnv,
  userAgent: string,
): Promise<VersionRange | undefined> {
  try {
    const about = { address: new URL(PUBLISHED.origin), token: new Secret(''), userAgent, connections: 1 };
    const transport = httpTransport({ ...about, timeoutMs: TIMEOUT_MS, proxy: proxyFor(PUBLISHED, env) });
    return await readAcceptedVersions(transport).finally(() => transport.close());
  } catch {
    return undefined;
  }
}

/** Assumption: whatever the document's form, the versions in it are those that some region accepts. */
export async function readAcceptedVersions(transport: Transport): Promise<VersionRange | undefined> {
  const { status, text } = await transport.send({ method: 'GET', path: PUBLISHED.pathname, anonymous: true });
  if (status !== 200) return undefined;
  const found = new Set<string>();
  JSON.parse(text, (key, value: unknown) => {
    for (const each of [key, value]) {
      const version = typeof each === 'string' ? /^v?(\d{1,4}\.\d{1,4}\.\d{1,4})$/.exec(each)?.[1] : undefined;
      if (version !== undefined) found.add(version);
    }
    return value;
  });
  const [first, ...rest] = [...found].sort(compare);
  return first === undefined ? undefined : { first, last: rest.at(-1) ?? first };
}

/** Whether MotherDuck accepts connections of this version of DuckDB. */
export function isAcceptedVersion(version: string, { first, last }: VersionRange): boolean {
  return compare(first, version) <= 0 && compare(version, last) <= 0;
}

function compare(one: string, other: string): number {
  const [a = [], b = []] = [one, other].map((each) => each.split('.').map((part) => Number.parseInt(part, 10)));
  const at = a.findIndex((part, index) => part !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
