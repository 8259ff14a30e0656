/** A JUnit document. @param suites As XML. */
export function junitDocument(
  name: string,
  counts: { readonly tests: number; readonly failures: number },
  suites: readonly string[],
): string {
  const head = `<testsuites name="${xml(name)}" tests="${counts.tests}" failures="${counts.failures}">`;
  return `${['<?xml version="1.0" encoding="UTF-8"?>', head, ...suites, '</testsuites>'].join('\n')}\n`;
}

/** Text for an XML element, or for an attribute in double quotes; a character that XML does not allow becomes `?`. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
