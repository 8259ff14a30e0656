export function terminalPicture(command: string, output: string, scheme: 'light' | 'dark'): string;
