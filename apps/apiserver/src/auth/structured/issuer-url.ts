import type { Section } from '../../config-files/index.ts';

/** Says what is wrong with the address of an issuer, or of its discovery document; none may be there twice. */
export function checkIssuerUrl(section: Section, name: string, url: string, seen: Set<string>): void {
  const why = refusalOf(url);
  if (url === '') section.problem(name, 'Required value: URL is required');
  // An address that holds a password is not repeated.
  else if (why !== undefined) section.problem(name, `Invalid value: ${url.includes('@') ? '"<omitted>"' : JSON.stringify(url)}: ${why}`);
  else if (seen.has(url)) section.problem(name, `Duplicate value: ${JSON.stringify(url)}`);
  seen.add(url);
}

function refusalOf(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is no address';
  const url = new URL(text);
  if (url.protocol !== 'https:') return 'URL scheme must be https';
  if (url.username !== '' || url.password !== '') return 'URL must not contain a username or password';
  if (text.includes('?')) return 'URL must not contain a query';
  if (text.includes('#')) return 'URL must not contain a fragment';
  return undefined;
}
