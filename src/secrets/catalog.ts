/** Every kind of secret store, a line each: a new one is a file in kinds/, and its line here. kinds.ts puts them in order. */

export { exec } from './kinds/exec.ts';
export { file } from './kinds/file.ts';
