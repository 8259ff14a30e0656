/** Loaded into the program by `node --import`: no file can be made in the folder READ_ONLY, as for a user who may not. */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';

const { open } = fs;

fs.open = async (path, flags, ...rest) => {
  if (dirname(String(path)) === process.env.READ_ONLY && /[wa]/.test(String(flags))) {
    throw Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: 'EACCES' });
  }
  return open(path, flags, ...rest);
};

syncBuiltinESMExports();
