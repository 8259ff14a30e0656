import { execFileSync } from 'node:child_process';

/** The scenarios run the built program, so it is built from what is here before any test. */
export function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
