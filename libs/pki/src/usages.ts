import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const flags = x509.KeyUsageFlags;

/** Key usages by the name that Kubernetes gives them (certificates.k8s.io/v1 KeyUsage; RFC 5280, 4.2.1.3). */
const keyUsages: ReadonlyMap<string, x509.KeyUsageFlags> = new Map([
  ['signing', flags.digitalSignature],
  ['digital signature', flags.digitalSignature],
  ['content commitment', flags.nonRepudiation],
  ['key encipherment', flags.keyEncipherment],
  ['key agreement', flags.keyAgreement],
  ['data encipherment', flags.dataEncipherment],
  ['cert sign', flags.keyCertSign],
  ['crl sign', flags.cRLSign],
  ['encipher only', flags.encipherOnly],
  ['decipher only', flags.decipherOnly],
]);

/** Extended ones, as object identifiers (RFC 5280, 4.2.1.12). */
const extendedUsages: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

/** The extensions for usages by name. @throws Error for an unknown one, and for those that would make a certificate authority. */
export function usageExtensions(usages: readonly string[]): x509.Extension[] {
  let key = 0;
  const extended = new Set<string>();
  for (const usage of usages) {
    if (usage === 'cert sign' || usage === 'crl sign') throw new Error(`the usage ${JSON.stringify(usage)} is for authorities only`);
    const flag = keyUsages.get(usage);
    const oid = extendedUsages.get(usage);
    if (flag === undefined && oid === undefined) throw new Error(`unrecognized usage ${JSON.stringify(usage)}`);
    key |= flag ?? 0;
    if (oid !== undefined) extended.add(oid);
  }
  return [...(key === 0 ? [] : [new x509.KeyUsagesExtension(key, true)]), ...(extended.size === 0 ? [] : [new x509.ExtendedKeyUsageExtension([...extended])])];
}
