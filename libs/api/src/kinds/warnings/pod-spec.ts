import type { Container, ContainerPort, NodeSelectorTerm, PodSpec, PodTemplateSpec } from '../../gen/types/core-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import { parseQuantity } from '../../quantity.ts';
import { at, child, ofEach, pathsWhenWrong, together } from '../../validation/field-error.ts';
import { checkDns1123Label } from '../../validation/names.ts';

/* What is allowed in a pod and yet worth a word to whoever wrote it (pkg/api/pod/warnings.go). Each names its field. */

type Meta = Pick<ObjectMeta, 'name' | 'annotations'> | undefined;

const oldLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);

/** Annotations that a field has taken the place of; those that end in `/` by their beginning. */
const oldAnnotations: readonly (readonly [string, string])[] = [
  ['container.apparmor.security.beta.kubernetes.io/', 'deprecated since v1.30; use the "appArmorProfile" field instead'],
  ['container.seccomp.security.alpha.kubernetes.io/', 'non-functional in v1.27+; use the "seccompProfile" field instead'],
  ['seccomp.security.alpha.kubernetes.io/pod', 'non-functional in v1.27+; use the "seccompProfile" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
];

const amountFields = ['limits', 'requests'] as const;
/** Amounts in bytes. */
const wholeBytes = ['memory', 'ephemeral-storage'] as const;

/** Warnings about a pod, or with a path about a template. */
export function podSpecWarnings(metadata: Meta, spec: PodSpec | undefined, path = ''): string[] {
  return spec === undefined ? [] : pathsWhenWrong(() => warningsOf(metadata, spec, path));
}

function warningsOf(metadata: Meta, spec: PodSpec, path: string): string[] {
  const here = child(path, 'spec');
  const grace = spec.terminationGracePeriodSeconds;
  return together(
    nodeSelectionWarnings(spec, here),
    annotationWarnings(metadata, child(path, 'metadata.annotations')),
    (spec.volumes ?? []).filter((v) => v.gitRepo !== undefined).map((v) => `${at(child(here, 'volumes'), spec.volumes?.indexOf(v) ?? 0)}.gitRepo: deprecated in v1.11, and disabled by default in v1.33+`),
    ofEach(spec.imagePullSecrets, (secret, i) => ((secret.name ?? '') === '' ? [`${at(child(here, 'imagePullSecrets'), i)}.name: invalid empty name ""`] : [])),
    ofEach(spec.initContainers, (container, i) => containerWarnings(container, at(child(here, 'initContainers'), i))),
    ofEach(spec.containers, (container, i) => containerWarnings(container, at(child(here, 'containers'), i))),
    portWarnings(spec, here),
    (grace !== undefined && grace < 0 ? [`${child(here, 'terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`] : []),
  );
}

/** Warnings about a workload: its template, and its name where pods are named after it. */
export function workloadWarnings(metadata: ObjectMeta, template: PodTemplateSpec | undefined, path = 'spec.template'): string[] {
  return together(nameWarnings(metadata, 'Pod names and hostnames'), podSpecWarnings(template?.metadata, template?.spec, path));
}

/** A name that is no DNS label makes an odd host name. */
export function nameWarnings(metadata: Meta, use: string): string[] {
  const wrong = checkDns1123Label(metadata?.name ?? '');
  if (wrong.length === 0) return [];
  return [`metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`];
}

function nodeSelectionWarnings(spec: PodSpec, path: string): string[] {
  const affinity = spec.affinity?.nodeAffinity;
  const base = child(path, 'affinity.nodeAffinity');
  return together(
    Object.keys(spec.nodeSelector ?? {}).flatMap((key) => (oldLabels.has(key) ? [`${at(child(path, 'nodeSelector'), key)}: ${oldLabels.get(key)}`] : [])),
    ofEach(affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, (term, i) =>
      termWarnings(term, at(child(base, 'requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'), i))),
    ofEach(affinity?.preferredDuringSchedulingIgnoredDuringExecution, (term, i) =>
      termWarnings(term.preference, child(at(child(base, 'preferredDuringSchedulingIgnoredDuringExecution'), i), 'preference'))),
    ofEach(spec.topologySpreadConstraints, (constraint, i) => {
      const here = at(child(path, 'topologySpreadConstraints'), i);
      const old = oldLabels.get(constraint.topologyKey);
      return together(
        (old === undefined ? [] : [`${here}.topologyKey: ${constraint.topologyKey} is ${old}`]),
        (constraint.labelSelector === undefined ? [`${here}.labelSelector: a null labelSelector results in matching no pod`] : []),
      );
    }),
  );
}

function termWarnings(term: NodeSelectorTerm | undefined, path: string): string[] {
  return ofEach(term?.matchExpressions, ({ key }, i) => (oldLabels.has(key) ? [`${at(child(path, 'matchExpressions'), i)}.key: ${key} is ${oldLabels.get(key)}`] : []));
}

function annotationWarnings(metadata: Meta, path: string): string[] {
  return Object.keys(metadata?.annotations ?? {}).flatMap((key) => {
    const old = oldAnnotations.find(([name]) => (name.endsWith('/') ? key.startsWith(name) : key === name));
    return old === undefined ? [] : [`${at(path, key)}: ${old[1]}`];
  });
}

function containerWarnings(container: Container, path: string): string[] {
  const seen = new Set<string>();
  const hidden = ofEach(container.env, ({ name }, i) => {
    if (seen.has(name)) return [`${at(child(path, 'env'), i)}: hides previous definition of "${name}", which may be dropped when using apply`];
    seen.add(name);
    return [];
  });
  const fractions = ofEach(amountFields, (field) => {
    const amounts: Readonly<Record<string, string>> = container.resources?.[field] ?? {};
    return ofEach(wholeBytes, (name) => {
      const text = Object.hasOwn(amounts, name) ? amounts[name] : undefined;
      if (text === undefined || parseQuantity(text).nano % 1_000_000_000n === 0n) return [];
      return [`${at(child(path, `resources.${field}`), name)}: fractional byte value "${text}" is invalid, must be an integer`];
    });
  });
  return together(fractions, hidden);
}

/** Ports of one container that say the same, and names that containers share. */
function portWarnings(spec: PodSpec, path: string): string[] {
  // One port clashes with nothing.
  if ((spec.containers ?? []).reduce((count, { ports }) => count + (ports?.length ?? 0), 0) < 2) return [];
  const names = new Map<string, string>();
  return ofEach(spec.containers, (container, i) => {
    const known = new Map<string, string>();
    return ofEach(container.ports, (port, j) => {
      const here = at(child(at(child(path, 'containers'), i), 'ports'), j);
      const same = remember(known, portKey(port), here);
      const named = (port.name ?? '') === '' ? undefined : remember(names, port.name ?? '', here);
      return together(
        (same === undefined ? [] : [`${here}: duplicate port definition with ${same}`]),
        (named === undefined ? [] : [`${here}: duplicate port name "${port.name}" with ${named}, services and probes that select ports by name will use ${named}`]),
      );
    });
  });
}

function portKey(port: ContainerPort): string {
  return JSON.stringify([port.containerPort, port.protocol ?? 'TCP', port.hostIP ?? '', port.hostPort ?? 0]);
}

/** What a key stands for already; otherwise it stands for `value` from now on. */
function remember(known: Map<string, string>, key: string, value: string): string | undefined {
  const before = known.get(key);
  if (before === undefined) known.set(key, value);
  return before;
}
