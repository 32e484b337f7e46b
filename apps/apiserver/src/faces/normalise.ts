import type { Outcome } from './case.ts';

/** Fields that two servers make up by themselves. */
const made = new Set(['uid', 'resourceVersion', 'creationTimestamp', 'deletionTimestamp', 'time', 'token', 'expirationTimestamp', 'continue', 'auditID', 'requestReceivedTimestamp', 'stageTimestamp', 'userAgent']);
/** Of a list's metadata in protobuf, as hexadecimal digits: the version of the list, which the servers' own writes raise now and then. */
const listVersion = /^(6b387300.*0a0012)0\d(?:3\d)+1a00$/;
const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g;

/** An outcome without what differs between any two servers. */
export function comparable(outcome: Outcome): Outcome {
  return { ...outcome, body: masked(outcome.body) };
}

/** The lines of an audit log, in an order of their own: the ends of watches come at any time. */
export function comparableAudit(lines: readonly string[], leftOut: ReadonlySet<string>): string[] {
  return lines
    .map((line) => JSON.parse(line) as { readonly requestURI: string })
    .filter(({ requestURI }) => ![...leftOut].some((path) => (requestURI.split('?')[0] ?? '').endsWith(path)))
    .map((event) => JSON.stringify(masked({ ...event, requestURI: sortedQuery(event.requestURI) })))
    .sort();
}

function masked(value: unknown): unknown {
  // Ages in Tables.
  if (typeof value === 'string' && /^(?:\d+[smh]){1,2}$/.test(value)) return '<age>';
  if (typeof value === 'string') return value.replace(listVersion, '$1<resourceVersion>').replace(uuid, '<uuid>').replace(/\b(gen|kube-api-access)-\w{5}\b/g, '$1-<random>').replace(/(, current:) \d+$/, '$1').replace(/(ResourceVersion in object meta: )\d+/, '$1<resourceVersion>').replace(/^(too old resource version: \d+) \(\d+\)$/, '$1');
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, made.has(name) && typeof member === 'string' ? `<${name}>` : inOrder(name, masked(member))]));
}

/** Managers stand in the order of their times, to the second: that differs where a second begins between two writes. */
function inOrder(name: string, value: unknown): unknown {
  return name === 'managedFields' && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
}

function sortedQuery(uri: string): string {
  const [path = '', query = ''] = uri.split('?');
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => (made.has(name) ? `${name}=<${name}>` : `${name}=${value}`));
  return [path, ...pairs.sort()].join(' ');
}
