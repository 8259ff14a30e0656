import type { Definitions, PolicyDefinition } from '../model/definitions.ts';
import { sideOf } from './desired.ts';
import type { Resolved } from './resolve.ts';
import type { TokenSettings } from './settings.ts';

/** The policies and pools of a configuration in which no error was found, by name. */
export function definitionsOf({ policies, pools, sections }: Resolved): Definitions {
  const poolNames = [...sections.pools.keys()];
  return {
    policies: new Map(policies.map(({ name, settings }) => [name, policyOf(settings)])),
    pools: new Map(
      pools.map(({ settings }, index) => [
        poolNames[index] ?? '',
        { read_write: sideOf(settings.readWrite), read_scaling: sideOf(settings.readScaling) },
      ]),
    ),
  };
}

function policyOf({ type, ttl, rotateBefore, overlap, description, store }: TokenSettings): PolicyDefinition {
  return {
    ...(type?.value === undefined ? {} : { type: type.value }),
    ...(ttl?.value === undefined ? {} : { ttl: ttl.value }),
    ...(rotateBefore?.value === undefined ? {} : { rotateBefore: rotateBefore.value }),
    ...(overlap?.value === undefined ? {} : { overlap: overlap.value }),
    ...(description?.value === undefined ? {} : { description: description.value }),
    ...(store?.value === undefined ? {} : { store: store.value }),
  };
}
