import { transform } from 'esbuild';

/**
 * A module of the bundle as CommonJS. esbuild shares code between programs in ES modules only, and CommonJS starts sooner:
 * Node needs no second loader for it, and compiles what is called.
 */
export async function asCommonJs(text, target) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target,
    minify: true,
    lineLimit: 160,
    legalComments: 'inline',
    // As in ES modules, and in the tests of the sources.
    banner: '"use strict";',
    // `import()` becomes `require`, as late.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname' },
  });
  return code;
}
