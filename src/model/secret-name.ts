/** Names at MotherDuck that somebody took from a secret: they are shown without it, and nothing under them is managed. */
import { hasJwtStart, replaceJwts } from './jwt.ts';

/**
 * What stands for a name or a description in everything that is read: the same, unless a configuration takes it for a
 * secret. The id tells several apart.
 *
 * @example nameShown(`old ${jwt}`, '0f4c1a2b-…') // 'old [secret 0f4c1a2b]'
 */
export function nameShown(name: string, id: string): string {
  if (!hasJwtStart(name)) return name;
  return replaceJwts(name, () => (id === '' ? '[secret]' : `[secret ${id.slice(0, 8)}]`));
}

/** Whether a name is one that `nameShown` made, so that MotherDuck has another one. */
export function isSecretName(shown: string): boolean {
  return /\[secret[ \]]/.test(shown);
}
