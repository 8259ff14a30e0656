/** Milliseconds that what time has brought may wait for an apply. Two nights: one apply may fail, and a person may mend it. */
export const PATIENCE_MS = 2 * 86_400_000;
