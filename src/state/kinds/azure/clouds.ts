/** Microsoft's clouds: the suffixes of their storage hosts, with the host of each that gives out tokens. */
const CLOUDS = [
  ['core.windows.net', 'https://login.microsoftonline.com'],
  ['storage.azure.net', 'https://login.microsoftonline.com'],
  ['core.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  ['core.usgovcloudapi.net', 'https://login.microsoftonline.us'],
] as const;

const SUFFIXES = CLOUDS.map(([suffix]) => suffix.replaceAll('.', '\\.')).join('|');

/** The address of an account, as a pattern. */
export const ACCOUNT_HOST = `https://[a-z0-9]{3,24}(\\.z\\d{1,3})?\\.blob\\.(${SUFFIXES})`;

/** Who gives out tokens for the host of an account. */
export function authorityOf(url: string): string {
  return (CLOUDS.find(([suffix]) => url.endsWith(suffix)) ?? CLOUDS[0])[1];
}
