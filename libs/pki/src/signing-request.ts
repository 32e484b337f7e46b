import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { createPublicKey } from 'node:crypto';

/** PEM of a request that is longer than this is not read. */
export const signingRequestBytesMax = 64 * 1024;
const rsaBitsMin = 2048;
const rsaBitsMax = 8192;
const organizationsMax = 256;
const namesMax = 1_000;

/** A PKCS #10 request (RFC 2986) that cannot be read, or is not what it says. */
export class SigningRequestError extends Error {
  override readonly name = 'SigningRequestError';
}

/** What a signing request asks a certificate for. Its signature was checked: whoever asks holds the key. */
export interface SigningRequest {
  /** '' when the subject has none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** For the authority that signs. */
  readonly subject: x509.Name;
  readonly publicKey: x509.PublicKey;
}

/** Reads one request in PEM. Rejects with `SigningRequestError`. */
export async function readSigningRequest(pem: string): Promise<SigningRequest> {
  const request = decode(pem);
  if (!(await isSignedByItsKey(request))) throw new SigningRequestError('the signature of the request does not match its key');
  checkKey(request.publicKey);
  const subject = request.subjectName;
  const commonNames = subject.getField('CN');
  const organizations = subject.getField('O');
  // A peer with several common names has no name at all.
  if (commonNames.length > 1) throw new SigningRequestError('the subject has more than one common name');
  if (organizations.length > organizationsMax) throw new SigningRequestError(`the subject has more than ${organizationsMax} organizations`);
  const names = alternativeNames(request);
  const of = (type: string): string[] => names.filter((name) => name.type === type).map((name) => name.value);
  return { commonName: commonNames[0] ?? '', organizations, dnsNames: of('dns'), ipAddresses: of('ip'), emailAddresses: of('email'), uris: of('url'), subject, publicKey: request.publicKey };
}

/** Whether this is a request at all, whatever its key. @throws SigningRequestError. */
export function checkSigningRequest(pem: string): void {
  decode(pem);
}

function decode(pem: string): x509.Pkcs10CertificateRequest {
  if (pem.length > signingRequestBytesMax) throw new SigningRequestError(`the request is longer than ${signingRequestBytesMax} bytes`);
  const block = /^\s*-----BEGIN CERTIFICATE REQUEST-----\r?\n[A-Za-z0-9+/=\s]+-----END CERTIFICATE REQUEST-----\s*$/;
  if (!block.test(pem)) throw new SigningRequestError('PEM block type must be CERTIFICATE REQUEST');
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw new SigningRequestError('the PKCS #10 request cannot be read', { cause: error });
  }
}

async function isSignedByItsKey(request: x509.Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch (error) {
    throw new SigningRequestError('the key or signature of the request is of an unknown kind', { cause: error });
  }
}

function checkKey(publicKey: x509.PublicKey): void {
  const key = createPublicKey({ key: Buffer.from(publicKey.rawData), format: 'der', type: 'spki' });
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < rsaBitsMin || bits > rsaBitsMax)) throw new SigningRequestError(`an RSA key must have from ${rsaBitsMin} to ${rsaBitsMax} bits, not ${bits}`);
}

function alternativeNames(request: x509.Pkcs10CertificateRequest): readonly { readonly type: string; readonly value: string }[] {
  const found = request.extensions.filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension).flatMap((extension) => extension.names.items);
  if (found.length > namesMax) throw new SigningRequestError(`the request has more than ${namesMax} alternative names`);
  for (const { type } of found) if (!['dns', 'ip', 'email', 'url'].includes(type)) throw new SigningRequestError(`an alternative name of the kind ${type} is not signed`);
  return found;
}
