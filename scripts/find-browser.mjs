// Finds the Chromium in which pages are looked at.
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The program of CHROME_PATH, else the first on the PATH; undefined where there is none. */
export function findBrowser() {
  const { CHROME_PATH: given, PATH = '' } = process.env;
  const onPath = PATH.split(path.delimiter).flatMap((folder) => PROGRAMS.map((name) => path.join(folder, name)));
  return [...(given ? [given] : []), ...onPath].find(isProgram);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
