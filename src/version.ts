declare const MDACC_VERSION: string | undefined;

/** The program's version, put in by the build; `0.0.0` when the source runs unbuilt, in tests. */
export const VERSION: string = typeof MDACC_VERSION === 'string' ? MDACC_VERSION : '0.0.0';
