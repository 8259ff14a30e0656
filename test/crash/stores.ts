/** Reads the stores as programs do, with nothing of the tool's own code. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { DesiredToken } from '../../src/model/desired.ts';
import { type CrashStage, DOTENV, JSON_FILE } from './crash-stage.ts';

/** The SHA-256 of what stands in a token's store, which is what the organization keeps of a secret; undefined: nothing. */
export function storedHash(stage: CrashStage, account: string, { key, store }: DesiredToken): string | undefined {
  const secret = READ[store]?.(stage, account, key);
  return secret === undefined ? undefined : createHash('sha256').update(secret).digest('base64url');
}

type Read = (stage: CrashStage, account: string, key: string) => string | undefined;

const READ: Readonly<Record<string, Read>> = {
  local(stage, account, key) {
    const name = `MOTHERDUCK_TOKEN_${account}_${key}`.toUpperCase();
    return new RegExp(`^${name}=(.*)$`, 'm').exec(textOf(stage, DOTENV))?.[1];
  },
  json: (stage, account, key) => JSON.parse(textOf(stage, JSON_FILE) || '{}')[account]?.[key],
  vault: (stage, account, key) => textOf(stage, `vault/${account}.${key}`) || undefined,
};

function textOf(stage: CrashStage, name: string): string {
  return existsSync(stage.file(name)) ? stage.read(name) : '';
}
