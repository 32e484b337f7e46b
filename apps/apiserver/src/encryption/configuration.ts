import { parseDocument, type Section } from '../config-files/index.ts';
import { encryptionLimits } from './limits.ts';

export interface NamedKey {
  readonly name: string;
  readonly secret: Uint8Array;
}

export interface KmsConfig {
  readonly name: string;
  /** Path of the plugin's socket. */
  readonly socket: string;
  readonly timeoutMs: number;
}

export type ProviderConfig =
  | { readonly type: 'identity' }
  | { readonly type: 'aesgcm' | 'aescbc' | 'secretbox'; readonly keys: readonly NamedKey[] }
  | { readonly type: 'kms'; readonly kms: KmsConfig };

/** How the objects of some resources are written: the first provider writes, all read. */
export interface ResourceConfig {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (the core group), `*.*`. */
  readonly resources: readonly string[];
  readonly providers: readonly ProviderConfig[];
}

const providerTypes = ['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const;
const keyBytes = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] } as const;
const groupsByStar = /^\*\.(\*|[a-z0-9.-]*)$/;

/**
 * Reads an EncryptionConfiguration of apiserver.config.k8s.io/v1.
 * @throws ConfigFileError that names each field that is wrong, and never repeats a key.
 */
export function parseEncryptionConfiguration(text: string): ResourceConfig[] {
  return parseDocument(text, 'EncryptionConfiguration', ['apiserver.config.k8s.io/v1'], (root) => {
    const sections = root.sections('resources');
    if (sections.length === 0) root.problem('resources', 'Required value: at least one is required');
    const kmsNames = new Map<string, string>();
    return sections.map((section) => resourceConfig(section, kmsNames));
  });
}

function resourceConfig(section: Section, kmsNames: Map<string, string>): ResourceConfig {
  const resources = section.texts('resources');
  const providers = section.sections('providers');
  section.refuseUnknown();
  if (resources.length === 0) section.problem('resources', 'Required value: at least one is required');
  if (providers.length === 0) section.problem('providers', 'Required value: at least one is required');
  checkResources(section, resources);
  return { resources, providers: providers.map((provider) => providerConfig(provider, kmsNames)).filter((provider) => provider !== undefined) };
}

function checkResources(section: Section, resources: readonly string[]): void {
  const seen = new Set<string>();
  resources.forEach((resource, index) => {
    const why = refusalOf(resource) ?? (seen.has(resource) ? 'the same resource cannot be specified multiple times' : maskOf(resource, resources));
    if (why !== undefined) section.problem(`resources[${index}]`, `Invalid value: ${JSON.stringify(resource)}: ${why}`);
    seen.add(resource);
  });
}

function refusalOf(resource: string): string | undefined {
  if (resource === '*') return "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources";
  if (resource !== resource.toLowerCase()) return 'resource name should not contain capital letters';
  if (resource.includes('/')) return 'subresources are stored with their resource: name the resource';
  if (resource === '*.extensions' || resource.endsWith('.extensions')) return "'extensions' group has been removed and cannot be used for encryption";
  if (resource === '*.events.k8s.io' || resource === 'events.events.k8s.io') return "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file";
  if (resource.startsWith('*') ? !groupsByStar.test(resource) : !/^[a-z0-9][a-z0-9.-]*$/.test(resource)) return 'must be RESOURCE, RESOURCE.GROUP, *.GROUP, *. or *.*';
  return undefined;
}

/** A wildcard of the same list that would make this one mean nothing. */
function maskOf(resource: string, all: readonly string[]): string | undefined {
  const dot = resource.indexOf('.');
  const mask = resource === '*.*' ? undefined : all.includes('*.*') ? '*.*' : resource.startsWith('*') ? undefined : `*.${dot === -1 ? '' : resource.slice(dot + 1)}`;
  return mask !== undefined && all.includes(mask) ? `using overlapping resources such as '${resource}' and '${mask}' in the same resource list is not allowed as they will be masked` : undefined;
}

function providerConfig(section: Section, kmsNames: Map<string, string>): ProviderConfig | undefined {
  const given = providerTypes.filter((type) => section.has(type));
  section.refuseUnknown();
  const [type] = given;
  if (type === undefined) section.problem('', 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity');
  else if (given.length > 1) section.problem('', 'more than one provider specified in a single element, should split into different list elements');
  const own = type === undefined ? undefined : section.section(type);
  if (own === undefined || type === undefined) return undefined;
  if (type === 'identity') {
    own.refuseUnknown();
    return { type };
  }
  return type === 'kms' ? kmsConfig(own, kmsNames) : { type, keys: namedKeys(own, keyBytes[type]) };
}

function namedKeys(section: Section, lengths: readonly number[]): NamedKey[] {
  const keys = section.sections('keys');
  section.refuseUnknown();
  if (keys.length === 0) section.problem('keys', 'Required value: at least one is required');
  const names = new Set<string>();
  return keys.map((key) => {
    const name = key.needed('name');
    const secret = key.needed('secret');
    key.refuseUnknown();
    if (name.includes(':')) key.problem('name', 'Invalid value: must not hold a colon');
    if (names.has(name)) key.problem('name', `Duplicate value: ${JSON.stringify(name)}`);
    names.add(name);
    return { name, secret: secretOf(key, secret, lengths) };
  });
}

function secretOf(section: Section, text: string, lengths: readonly number[]): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (text === '') return bytes;
  if (bytes.toString('base64').replace(/=+$/, '') !== text.trim().replace(/=+$/, '')) section.problem('secret', 'Invalid value: secrets must be base64 encoded');
  else if (!lengths.includes(bytes.length)) section.problem('secret', `Invalid value: secret is not of the expected length, got ${bytes.length}, expected one of [${lengths.join(' ')}]`);
  return bytes;
}

function kmsConfig(section: Section, names: Map<string, string>): ProviderConfig | undefined {
  const apiVersion = section.text('apiVersion', 'v1');
  const name = section.needed('name');
  const endpoint = section.needed('endpoint');
  const timeoutMs = section.duration('timeout', encryptionLimits.kmsTimeoutMsDefault);
  if (section.has('cachesize') && apiVersion === 'v2') section.problem('cachesize', 'Invalid value: cachesize is not supported in v2');
  section.refuseUnknown();
  if (apiVersion === 'v1') section.problem('apiVersion', 'Unsupported value: "v1": KMS v1 is deprecated in Kubernetes and not supported here: use v2');
  else if (apiVersion !== 'v2') section.problem('apiVersion', `Unsupported value: ${JSON.stringify(apiVersion)}: unsupported apiVersion ${apiVersion} for KMS provider, only v2 is supported`);
  if (name.includes(':')) section.problem('name', 'Invalid value: must not hold a colon');
  if (timeoutMs <= 0) section.problem('timeout', 'Invalid value: should be a positive value');
  const known = names.get(name);
  if (known !== undefined && known !== endpoint) section.problem('name', `Invalid value: duplicate KMS provider name ${name}, names must be unique`);
  else if (known !== undefined) section.problem('name', `Duplicate value: ${JSON.stringify(name)}: each KMS provider stands in one element of resources`);
  names.set(name, endpoint);
  const socket = /^unix:\/\/(\/.+|@.+)$/.exec(endpoint)?.[1];
  if (endpoint !== '' && socket === undefined) section.problem('endpoint', 'Invalid value: only unix:///PATH is supported for a KMS provider');
  return socket === undefined ? undefined : { type: 'kms', kms: { name, socket, timeoutMs } };
}
