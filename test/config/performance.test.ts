import { expect, test } from 'vitest';
import { BASE, load } from './loading.ts';

const good = (index: number): string =>
  `  tenant_${index}:\n    ducklings:\n      read_write: { size: standard, cooldown: 10m }\n    tokens:\n      app: app\n      b: { policy: app, ttl: 60d }\n`;
const bad = (index: number): string =>
  `  tenant_${index}:\n    ducklings: smal${index}\n    tokens:\n      app: aap${index}\n      b: { policy: app, ttl: 60, x: \${N} }\n`.replace(
    `\${N}`,
    '1',
  );
const env = (index: number): string =>
  `  tenant_${index}:\n    tokens: { a: app }\n    ducklings:\n      read_scaling:\n        pool_size: \${N}\n`;

async function seconds(count: number, account: (index: number) => string): Promise<number> {
  const yaml = `${BASE}accounts:\n${Array.from({ length: count }, (_, index) => account(index)).join('')}`;
  const begun = performance.now();
  await load(yaml, { N: '1' });
  return (performance.now() - begun) / 1000;
}

// Eight times the accounts take about eight times as long; if anything were quadratic, sixty-four times.
test.each<[string, (index: number) => string]>([
  ['right', good],
  ['wrong', bad],
  ['from the environment', env],
])('the time for accounts that are %s grows with their number', { timeout: 120_000 }, async (_name, account) => {
  await seconds(1000, account);
  const few = Math.min(await seconds(1000, account), await seconds(1000, account));
  const many = await seconds(8000, account);
  expect(many / few).toBeLessThan(32);
});
