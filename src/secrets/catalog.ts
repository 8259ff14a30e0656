/** All kinds of secret stores, one line each. A new kind is a file in kinds/ and a line here; stores.ts orders them. */

export { exec } from './kinds/exec.ts';
export { file } from './kinds/file.ts';
