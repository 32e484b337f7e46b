/** Files of a certificate for some names, and the names; none: those that it bears. */
export interface NamedFiles {
  readonly cert: string;
  readonly key: string;
  readonly names: readonly string[];
}

/** Reads values of `--tls-sni-cert-key`: `FILE.crt,FILE.key` or `FILE.crt,FILE.key:name,*.name`. @throws Error that names the value. */
export function namedCertificates(values: readonly string[]): NamedFiles[] {
  return values.map((value) => {
    const colon = value.lastIndexOf(':');
    const [cert = '', key = '', ...more] = (colon === -1 ? value : value.slice(0, colon)).split(',');
    const names = colon === -1 ? [] : value.slice(colon + 1).split(',');
    if (cert === '' || key === '' || more.length > 0) throw new Error(`${value}: expected comma separated certificate and key file paths`);
    for (const name of names) if (!/^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(name)) throw new Error(`${value}: ${JSON.stringify(name)} is no name`);
    return { cert, key, names };
  });
}
