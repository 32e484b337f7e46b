import type { Container, NodeSelectorTerm, PodAffinity, PodAffinityTerm, PodSpec, PodTemplateSpec } from '../../gen/types/core-v1.ts';
import type { ObjectMeta } from '../../gen/types/meta-v1.ts';
import { at, child, ofEach, pathsWhenWrong, together } from '../../validation/field-error.ts';
import { checkDns1123Label, checkLabelValue } from '../../validation/names.ts';
import { appArmorPrefix, seccompContainerPrefix, seccompPodAnnotation } from '../pod-spec/profile-annotations.ts';
import { byteWarnings } from './bytes.ts';
import { portWarnings } from './ports.ts';
import { volumesWarnings } from './volumes.ts';

/* What is allowed in a pod and yet worth a word to whoever wrote it (pkg/api/pod/warnings.go). Each names its field. */

type Meta = Pick<ObjectMeta, 'name' | 'annotations'> | undefined;

const oldLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);

/** Annotations that nothing looks at any more. */
const oldAnnotations: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
];
const useSeccompField = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const useAppArmorField = 'deprecated since v1.30; use the "appArmorProfile" field instead';

const amountFields = ['limits', 'requests'] as const;
const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
/** Amounts in bytes. */
const wholeBytes = ['memory', 'ephemeral-storage'] as const;

/** Warnings about a pod, or with a path about a template. */
export function podSpecWarnings(metadata: Meta, spec: PodSpec | undefined, path = ''): string[] {
  return spec === undefined ? [] : pathsWhenWrong(() => warningsOf(metadata, spec, path));
}

function warningsOf(metadata: Meta, spec: PodSpec, path: string): string[] {
  const here = child(path, 'spec');
  const annotations = metadata?.annotations ?? {};
  const annotationsPath = child(path, 'metadata.annotations');
  const grace = spec.terminationGracePeriodSeconds;
  return together(
    nodeSelectionWarnings(spec, here),
    ofEach(oldAnnotations, ([name, since]) => (Object.hasOwn(annotations, name) ? [`${at(annotationsPath, name)}: ${since}`] : [])),
    volumesWarnings(spec, child(here, 'volumes')),
    repeated(spec.hostAliases, ({ ip }) => ip, child(here, 'hostAliases'), 'ip'),
    repeated(spec.imagePullSecrets, ({ name }) => name ?? '', child(here, 'imagePullSecrets'), 'name'),
    ofEach(spec.imagePullSecrets, (secret, i) => ((secret.name ?? '') === '' ? [`${at(child(here, 'imagePullSecrets'), i)}.name: invalid empty name ""`] : [])),
    ofEach(wholeBytes, (name) => byteWarnings(spec.overhead, name, child(here, 'overhead'))),
    spec.securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, seccompPodAnnotation) ? [`${at(annotationsPath, seccompPodAnnotation)}: ${useSeccompField}`] : [],
    ofEach(containerLists, (list) => ofEach<Container, string>(spec[list], (container, i) => together(
      profileWarnings(container, spec, annotations, annotationsPath),
      containerWarnings(container, at(child(here, list), i)),
    ))),
    portWarnings(spec, here),
    (grace !== undefined && grace < 0 ? [`${child(here, 'terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`] : []),
    ofEach(['podAffinity', 'podAntiAffinity'] as const, (kind) => podAffinityWarnings(spec.affinity?.[kind], child(here, `affinity.${kind}`))),
  );
}

/** Entries of a list that name what an earlier one did. */
function repeated<T>(items: readonly T[] | undefined, keyOf: (item: T) => string, path: string, field: string): string[] {
  if (items === undefined || items.length < 2) return [];
  const seen = new Set<string>();
  return ofEach(items, (item, i) => {
    const key = keyOf(item);
    if (seen.has(key)) return [`${child(at(path, i), field)}: duplicate ${field} ${JSON.stringify(key)}`];
    seen.add(key);
    return [];
  });
}

/** Annotations that say what the fields beside them do not. */
function profileWarnings({ name, securityContext }: Container, spec: PodSpec, annotations: Readonly<Record<string, string>>, path: string): string[] {
  const [seccomp, appArmor] = [`${seccompContainerPrefix}${name}`, `${appArmorPrefix}${name}`];
  const hasProfile = (securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile) !== undefined;
  return together(
    securityContext?.seccompProfile === undefined && Object.hasOwn(annotations, seccomp) ? [`${at(path, seccomp)}: ${useSeccompField}`] : [],
    !hasProfile && Object.hasOwn(annotations, appArmor) ? [`${at(path, appArmor)}: ${useAppArmorField}`] : [],
  );
}

function podAffinityWarnings(affinity: PodAffinity | undefined, path: string): string[] {
  const unselected = ({ labelSelector }: PodAffinityTerm, here: string): string[] => (labelSelector === undefined ? [`${here}.labelSelector: a null labelSelector results in matching no pod`] : []);
  return together(
    ofEach(affinity?.requiredDuringSchedulingIgnoredDuringExecution, (term, i) => unselected(term, at(child(path, 'requiredDuringSchedulingIgnoredDuringExecution'), i))),
    ofEach(affinity?.preferredDuringSchedulingIgnoredDuringExecution, ({ podAffinityTerm }, i) => unselected(podAffinityTerm, `${at(child(path, 'preferredDuringSchedulingIgnoredDuringExecution'), i)}.podAffinityTerm`)),
  );
}

/** Warnings about a workload that is made: its template, and its name where pods are named after it. Of a change only about the template, and of none that the generation does not count. */
export function workloadWarnings(metadata: ObjectMeta, template: PodTemplateSpec | undefined, old: ObjectMeta | undefined, path = 'spec.template'): string[] {
  return together(old === undefined ? nameWarnings(metadata, 'Pod names and hostnames') : [], templateWarnings(metadata, template, old, path));
}

/** The same without the name: of workloads whose pods are named otherwise. */
export function templateWarnings(metadata: ObjectMeta, template: PodTemplateSpec | undefined, old: ObjectMeta | undefined, path = 'spec.template'): string[] {
  return old !== undefined && old.generation === metadata.generation ? [] : podSpecWarnings(template?.metadata, template?.spec, path);
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
      termWarnings(term.preference, child(at(child(base, 'preferredDuringSchedulingIgnoredDuringExecution'), i), 'preference'), true)),
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

/** Warnings about the labels that a term asks nodes for; of what is only wished for also about values that no label can have. */
export function termWarnings(term: NodeSelectorTerm | undefined, path: string, wished = false): string[] {
  return ofEach(term?.matchExpressions, ({ key, values }, i) => {
    const here = at(child(path, 'matchExpressions'), i);
    return together(
      oldLabels.has(key) ? [`${here}.key: ${key} is ${oldLabels.get(key)}`] : [],
      wished ? ofEach(values, (value, j) => checkLabelValue(value).map((e) => `${at(child(here, 'values'), j)}: ${value} is invalid, ${e}`)) : [],
    );
  });
}

/** What is said of a node's label that has a newer name. */
export function oldLabel(key: string): string | undefined {
  return oldLabels.get(key);
}

function containerWarnings(container: Container, path: string): string[] {
  const { resources, env } = container;
  const seen = new Set<string>();
  const hidden = ofEach(env, ({ name, value = '', valueFrom }, i) => {
    // A value made of the one before it hides nothing.
    const again = seen.has(name) && (valueFrom !== undefined || value === `$(${name})` || !value.includes(`$(${name})`));
    seen.add(name);
    return again ? [`${at(child(path, 'env'), i)}: hides previous definition of "${name}", which may be dropped when using apply`] : [];
  });
  const fractions = ofEach(wholeBytes, (name) => ofEach(amountFields, (field) => byteWarnings(resources?.[field], name, child(path, `resources.${field}`))));
  return together(fractions, hidden);
}
