/** All kinds of states, one line each. A new kind is a file in kinds/ and a line here. */

export { azure } from './kinds/azure.ts';
export { file } from './kinds/file.ts';
export { gcs } from './kinds/gcs.ts';
export { motherduck } from './kinds/motherduck.ts';
export { s3 } from './kinds/s3.ts';
