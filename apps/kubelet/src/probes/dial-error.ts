/** What operating systems say when a connection fails, in the words in which Kubernetes shows them. */
const words: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['ETIMEDOUT', 'i/o timeout'],
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'no such host'],
]);

/** `dial tcp 10.0.0.1:80: connect: connection refused`; errors after the connection was made keep their own words. */
export function dialError(error: Error, host: string, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return `read tcp ${at(host, port)}: connection reset by peer`;
  const text = code === undefined ? undefined : words.get(code);
  return text === undefined ? error.message : `dial tcp ${at(host, port)}: ${text}`;
}

const at = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
