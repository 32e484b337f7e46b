// reflect-metadata must be loaded before @peculiar/x509, which throws without it.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { webcrypto } from 'node:crypto';
import { toDate, type Clock, type Random } from '@rhythm/base';
import type { SigningRequest } from './signing-request.ts';
import { usageExtensions } from './usages.ts';

const dayMs = 24 * 60 * 60 * 1000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Certificates start a little in the past, for peers whose clock is behind. */
const skewMs = 5 * 60 * 1000;

x509.cryptoProvider.set(globalThis.crypto);

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** Who a certificate names and what it may be used for. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Groups, as Kubernetes reads them from a client certificate. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages: ReadonlyArray<'client' | 'server'>;
  /** Default one year. */
  readonly validForMs?: number;
}

/** A certificate authority that can sign. */
export interface Authority extends KeyPair {
  issue(request: CertificateRequest): Promise<KeyPair>;
  /**
   * A certificate (PEM) for the key and names of a signing request, never for an authority, never beyond our own end.
   * Rejects for an unknown usage.
   */
  sign(request: SigningRequest, terms: SigningTerms): Promise<string>;
}

export interface SigningTerms {
  /** Names of Kubernetes' KeyUsage, as `client auth`. */
  readonly usages: readonly string[];
  readonly validForMs: number;
}

export interface PkiPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
}

export const certificateDays = 365;
const authorityDays = 3650;

/** A new self-signed authority on P-256, valid for ten years. */
export async function createAuthority(commonName: string, ports: PkiPorts): Promise<Authority> {
  const keys = await generateKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(ports, authorityDays * dayMs),
    serialNumber: serialNumber(ports.random),
    name: nameOf(commonName, []),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return authority(cert, keys.privateKey, await privatePem(keys.privateKey), ports);
}

/** The authority of files written earlier. */
export async function loadAuthority(pair: KeyPair, ports: PkiPorts): Promise<Authority> {
  const cert = new x509.X509Certificate(pair.certPem);
  const key = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pair.keyPem), algorithm, true, ['sign']);
  return authority(cert, key, pair.keyPem, ports);
}

/** A P-256 key pair without a certificate, PEM (PKCS #8 and SPKI): what signs service-account tokens. */
export async function createSigningKey(): Promise<{ readonly privatePem: string; readonly publicPem: string }> {
  const keys = await generateKeys();
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  return { privatePem: await privatePem(keys.privateKey), publicPem: pem(spki, 'PUBLIC KEY') };
}

function authority(cert: x509.X509Certificate, signingKey: webcrypto.CryptoKey, keyPem: string, ports: PkiPorts): Authority {
  return {
    certPem: `${cert.toString('pem')}\n`,
    keyPem,
    issue: (request) => issue(cert, signingKey, request, ports),
    sign: (request, terms) => sign(cert, signingKey, request, terms, ports),
  };
}

async function issue(ca: x509.X509Certificate, signingKey: webcrypto.CryptoKey, request: CertificateRequest, ports: PkiPorts): Promise<KeyPair> {
  const keys = await generateKeys();
  const names = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const cert = await x509.X509CertificateGenerator.create({
    ...validity(ports, request.validForMs ?? certificateDays * dayMs),
    serialNumber: serialNumber(ports.random),
    subject: nameOf(request.commonName, request.organizations ?? []),
    issuer: ca.subjectName,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => x509.ExtendedKeyUsage[usage === 'client' ? 'clientAuth' : 'serverAuth'])),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certPem: `${cert.toString('pem')}\n`, keyPem: await privatePem(keys.privateKey) };
}

async function sign(ca: x509.X509Certificate, signingKey: webcrypto.CryptoKey, request: SigningRequest, terms: SigningTerms, ports: PkiPorts): Promise<string> {
  const names = [
    ...request.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...request.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ...request.emailAddresses.map((value) => ({ type: 'email' as const, value })),
    ...request.uris.map((value) => ({ type: 'url' as const, value })),
  ];
  const { notBefore, notAfter } = validity(ports, terms.validForMs);
  const cert = await x509.X509CertificateGenerator.create({
    notBefore,
    notAfter: notAfter.getTime() > ca.notAfter.getTime() ? ca.notAfter : notAfter,
    serialNumber: serialNumber(ports.random),
    subject: request.subject,
    issuer: ca.subjectName,
    publicKey: request.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...usageExtensions(terms.usages),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return `${cert.toString('pem')}\n`;
}

/** Built from parts, never from one string: a name with a comma or a plus stays one name. */
function nameOf(commonName: string, organizations: readonly string[]): x509.Name {
  return new x509.Name([...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }]);
}

function validity(ports: PkiPorts, forMs: number): { notBefore: Date; notAfter: Date } {
  const now = ports.clock.now();
  return { notBefore: toDate(now - skewMs), notAfter: toDate(now + forMs) };
}

/** 127 random bits: positive and unguessable (CA/Browser Forum asks for 64). */
function serialNumber(random: Random): string {
  const bytes = random.bytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return pem(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function pem(der: ArrayBuffer, label: string): string {
  return `${x509.PemConverter.encode(der, label)}\n`;
}
