import type { ConfigMap, Container, EnvVar, Pod, Secret } from '@rhythm/api/types/core-v1';
import { fieldValue, UnresolvedError, resourceValue, type DownwardContext } from './downward.ts';
import { expand } from './expand.ts';

/** The objects a pod refers to, read before. Undefined: it does not exist. */
export interface References {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

export interface EnvInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly references: References;
  readonly services: ReadonlyMap<string, string>;
  readonly context: DownwardContext;
}

/**
 * The environment of a container: Service variables, then `envFrom`, then `env`, later ones winning; `$(VAR)` sees what came before.
 * @throws UnresolvedError when something referred to is missing and not optional.
 */
export function containerEnv(input: EnvInput): Map<string, string> {
  const own = new Map<string, string>();
  for (const source of input.container.envFrom ?? []) {
    for (const [key, value] of bulk(input, source)) if (isVariableName((source.prefix ?? '') + key)) own.set((source.prefix ?? '') + key, value);
  }
  const lookup = (name: string): string | undefined => own.get(name) ?? input.services.get(name);
  for (const variable of input.container.env ?? []) {
    const value = variable.valueFrom === undefined ? expand(variable.value ?? '', lookup) : referred(input, variable);
    if (value !== undefined) own.set(variable.name, value);
  }
  return new Map([...input.services, ...own]);
}

function bulk({ references, pod }: EnvInput, source: NonNullable<Container['envFrom']>[number]): [string, string][] {
  if (source.configMapRef !== undefined) {
    const { name = '', optional } = source.configMapRef;
    const map = references.configMap(name);
    if (map === undefined && optional !== true) throw missing('configmap', name);
    return Object.entries(map?.data ?? {});
  }
  if (source.secretRef !== undefined) {
    const { name = '', optional } = source.secretRef;
    const secret = references.secret(name);
    if (secret === undefined && optional !== true) throw missing('secret', name);
    return Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decode(value)]);
  }
  throw new UnresolvedError(`envFrom of pod ${pod.metadata.name} names no source`);
}

function referred(input: EnvInput, variable: EnvVar): string | undefined {
  const { pod, container, references, context } = input;
  const source = variable.valueFrom ?? {};
  if (source.fieldRef !== undefined) return fieldValue(pod, source.fieldRef.fieldPath, context);
  if (source.resourceFieldRef !== undefined) {
    const wanted = source.resourceFieldRef.containerName ?? container.name;
    const target = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((c) => c.name === wanted);
    if (target === undefined) throw new UnresolvedError(`container ${wanted} not found`);
    return resourceValue(target, source.resourceFieldRef, context);
  }
  if (source.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = source.configMapKeyRef;
    const map = references.configMap(name);
    if (map === undefined && optional !== true) throw missing('configmap', name);
    return keyOf(map?.data, key, optional, () => `couldn't find key ${key} in ConfigMap ${pod.metadata.namespace}/${name}`);
  }
  if (source.secretKeyRef !== undefined) {
    const { name = '', key, optional } = source.secretKeyRef;
    const secret = references.secret(name);
    if (secret === undefined && optional !== true) throw missing('secret', name);
    const value = keyOf(secret?.data, key, optional, () => `couldn't find key ${key} in Secret ${pod.metadata.namespace}/${name}`);
    return value === undefined ? undefined : decode(value);
  }
  throw new UnresolvedError(`variable ${variable.name} names a source that is not supported`);
}

function keyOf(data: Readonly<Record<string, string>> | undefined, key: string, optional: boolean | undefined, message: () => string): string | undefined {
  if (data !== undefined && Object.hasOwn(data, key)) return data[key];
  if (optional === true) return undefined;
  throw new UnresolvedError(message());
}

const missing = (kind: string, name: string): UnresolvedError => new UnresolvedError(`${kind} "${name}" not found`);
const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
/** Since Kubernetes 1.30 a name is any printable ASCII but `=`. */
const isVariableName = (name: string): boolean => name !== '' && /^[\x20-\x3c\x3e-\x7e]+$/.test(name);
