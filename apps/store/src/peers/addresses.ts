/** `http://host:port` or `https://host:port`, as members tell each other and clients where they are. */
export interface MemberUrl {
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
}

/** Throws for anything but a scheme, a host and a port. */
export function parseMemberUrl(text: string): MemberUrl {
  const match = /^(https?):\/\/(\[[0-9a-fA-F:.]+\]|[^/:@?#\s]+):([0-9]{1,5})\/?$/.exec(text);
  const [, scheme, host, port] = match ?? [];
  if (scheme === undefined || host === undefined || Number(port) > 65_535) throw new Error(`"${text}" is not of the form http://HOST:PORT or https://HOST:PORT`);
  return { isTls: scheme === 'https', host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** For gRPC: `host:port`. */
export function targetOf(url: MemberUrl): string {
  return `${url.host.includes(':') ? `[${url.host}]` : url.host}:${url.port}`;
}

/** Loopback needs no certificates. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
