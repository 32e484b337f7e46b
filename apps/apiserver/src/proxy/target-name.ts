/** What the name in a proxy's path says: `name`, `name:port` or `scheme:name:port`. */
export interface TargetName {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** A number or the name of a port; '' when it does not say. */
  readonly port: string;
}

const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const portName = /^[a-zA-Z0-9-]{1,63}$/;

/** @returns undefined when it is none of the three forms. */
export function parseTargetName(text: string): TargetName | undefined {
  const parts = text.split(':');
  const [scheme, name, port] = parts.length === 1 ? ['', text, ''] : parts.length === 2 ? ['', parts[0], parts[1]] : parts;
  if (parts.length > 3 || name === undefined || port === undefined || !objectName.test(name)) return undefined;
  if (port !== '' && !portName.test(port)) return undefined;
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') return undefined;
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port };
}

/** A port's number; undefined when the text is not one. */
export function portNumber(text: string): number | undefined {
  if (!/^[0-9]{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}
