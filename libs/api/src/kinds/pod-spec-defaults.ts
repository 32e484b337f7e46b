import type { Container, PodSpec, Probe, Volume } from '../gen/types/core-v1.ts';
import { formatQuantity, parseQuantity, roundUpToMilli } from '../quantity.ts';

/**
 * Defaults of every pod spec, templates too, that depend on other fields (defaults.tsv). Constant ones are in the schema;
 * the probes' are here as well because a zero counts as absent.
 */
export function setPodSpecDefaults(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  if ((spec.serviceAccountName ?? '') === '' && (spec.serviceAccount ?? '') !== '') spec.serviceAccountName = spec.serviceAccount as string;
  if ((spec.serviceAccountName ?? '') !== '') spec.serviceAccount = spec.serviceAccountName as string;
  spec.securityContext ??= {};
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  for (const container of allContainers(spec)) setContainerDefaults(container);
  roundResources(spec.overhead);
}

/** Containers, init containers and ephemeral containers of a spec. */
export function allContainers(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

/** Resource lists hold nothing finer than 1/1000: rounds up, in place. */
export function roundResources(list: Record<string, string> | undefined): void {
  for (const [name, quantity] of Object.entries(list ?? {})) {
    if (/[nue]/.test(quantity)) (list as Record<string, string>)[name] = formatQuantity(roundUpToMilli(parseQuantity(quantity)));
  }
}

/** `Always` for images without a tag or tagged latest, else `IfNotPresent`; a digest counts as a tag. */
export function defaultPullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const name = image.slice(image.lastIndexOf('/') + 1);
  const tag = name.includes(':') ? name.slice(name.lastIndexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function setVolumeDefaults(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name' || volume[key as keyof Volume] === undefined)) volume.emptyDir = {};
  if (volume.image !== undefined && (volume.image.pullPolicy ?? '') === '') volume.image.pullPolicy = defaultPullPolicy(volume.image.reference ?? '');
}

function setContainerDefaults(container: Container): void {
  if ((container.imagePullPolicy ?? '') === '') container.imagePullPolicy = defaultPullPolicy(container.image ?? '');
  // Those of containers are in the schema, where ephemeral ones have a type of their own.
  if ((container.terminationMessagePath ?? '') === '') container.terminationMessagePath = '/dev/termination-log';
  if ((container.terminationMessagePolicy ?? '') === '') container.terminationMessagePolicy = 'File';
  roundResources(container.resources?.limits);
  roundResources(container.resources?.requests);
  dropStopSignal(container);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) setProbeDefaults(probe);
}

/** Signals of one's own are an alpha feature, off: what asks for one is taken as if it had not (KEP-4960). */
function dropStopSignal(container: Container): void {
  if (container.lifecycle?.stopSignal === undefined) return;
  delete container.lifecycle.stopSignal;
  if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds = probe.timeoutSeconds === 0 ? 1 : (probe.timeoutSeconds ?? 1);
  probe.periodSeconds = probe.periodSeconds === 0 ? 10 : (probe.periodSeconds ?? 10);
  probe.successThreshold = probe.successThreshold === 0 ? 1 : (probe.successThreshold ?? 1);
  probe.failureThreshold = probe.failureThreshold === 0 ? 3 : (probe.failureThreshold ?? 3);
}
