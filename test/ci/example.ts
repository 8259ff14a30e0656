/** The examples' configuration, as the repository of a test begins with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface ExampleOptions {
  /** Accounts are connected to after an apply, as the example has it. Unless it is asked for, they are not: that takes longest. */
  readonly smoke?: boolean;
  /** `mdacc` is a process of its own, as on a real runner; otherwise it runs in this one, which is faster. */
  readonly asProcess?: boolean;
}

/** What is done to a copy of an example before its first commit. */
export function prepareExample({ smoke = false }: ExampleOptions): (copy: string) => void {
  return (copy) => {
    if (smoke) return;
    const file = path.join(copy, 'motherduck.accounts.yaml');
    const text = readFileSync(file, 'utf8').replace(/^( +)tokens: \{.*\}$/gm, '$&\n$1smoke: false');
    writeFileSync(file, text);
  };
}
