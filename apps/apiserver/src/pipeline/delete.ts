import { ApiError, hasReason, invalid, type FieldError, type KubeObject } from '@rhythm/api';
import type { DeleteOptions } from '@rhythm/api/types/meta-v1';
import { limits } from '../limits.ts';
import { planDeletion } from '../registry/deletion.ts';
import type { ChangeResult, Outcome } from '../registry/object-store.ts';
import { readList } from '../watch-cache/list.ts';
import { Admission } from './admission.ts';
import { checkListOptions } from './list-options.ts';
import type { Call, PipelinePorts } from './ports.ts';
import { entryResponse, includeOf, objectResponse, renderingOf, successStatus } from './respond.ts';
import { filterOf } from './selection.ts';
import type { ResourceRequest, ResourceResponse } from '../ports/types.ts';
import { dryRunErrors } from './write-options.ts';

/** Kinds whose last state is the reply to their deletion; for others it is a Status. */
const shownWhenDeleted = new Set(['pods', 'services', 'serviceaccounts', 'podtemplates', 'resourcequotas', 'persistentvolumes', 'persistentvolumeclaims']);
const policies = new Set(['Foreground', 'Background', 'Orphan']);

export async function remove(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { kind, request } = call;
  const rendering = renderingOf(call);
  const options = deleteOptionsOf(ports, call.request);
  if (call.dryRun) {
    const entry = await ports.objects.get(kind, request.namespace, request.name, request.signal);
    await decideDeletion(ports, call, ports.objects.decode(kind, entry), options);
    return entryResponse(ports, call, entry, rendering);
  }
  const result = await removeObject(ports, call, request.name, options);
  if (!result.removed || shownWhenDeleted.has(kind.plural)) return entryResponse(ports, call, result.entry, rendering);
  return objectResponse(ports, call, successStatus(kind, ports.objects.decode(kind, result.entry)), rendering);
}

/** Every object of the list, some at a time; those that are gone already are no error. */
export async function removeCollection(ports: PipelinePorts, call: Call): Promise<ResourceResponse> {
  const { kind, request } = call;
  const rendering = renderingOf(call);
  const options = deleteOptionsOf(ports, call.request);
  checkListOptions(request.options);
  const cache = ports.caches.of(kind);
  const filter = filterOf(kind, cache, request.namespace, request.options);
  const list = await readList({ cache, store: ports.store, probe: ports.caches.probe }, filter, request.options, request.signal);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let entry = list.entries[next++]; entry !== undefined; entry = list.entries[next++]) {
      request.signal.throwIfAborted();
      const { 'metadata.name': name = '', 'metadata.namespace': namespace = '' } = entry.fields;
      const single: Call = { ...call, request: { ...request, namespace, name } };
      try {
        if (call.dryRun) await decideDeletion(ports, single, ports.objects.decode(kind, entry), options);
        else await removeObject(ports, single, name, options);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: limits.deleteWorkers }, work));
  return { code: 200, contentType: rendering.contentType, body: ports.renderer.list(kind, list, rendering, includeOf(call)), warnings: [...call.warnings] };
}

export function removeObject(ports: PipelinePorts, call: Call, name: string, options: DeleteOptions): Promise<ChangeResult> {
  return ports.objects.change(call.kind, call.request.namespace, name, (current) => decideDeletion(ports, call, current, options), call.request.signal);
}

async function decideDeletion(ports: PipelinePorts, call: Call, current: KubeObject, options: DeleteOptions): Promise<Outcome> {
  const admission = new Admission(ports, call, 'DELETE', { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...options });
  // What follows changes the metadata, and replaces what else it changes.
  const old: KubeObject = { ...current, metadata: { ...current.metadata } };
  await admission.mutate(undefined, old);
  await admission.validate(undefined, old);
  const plan = planDeletion(call.kind, current, options, ports.clock.now());
  if (plan.action === 'keep') return { action: 'keep' };
  if (plan.action === 'mark') return { action: 'put', object: plan.object };
  return { action: 'remove', companions: [...admission.companions, ...admission.companionsOfRemoved(old)] };
}

const optionsKind = { group: '', version: 'v1', kind: 'DeleteOptions' };

/** From the body, else from the query. @throws ApiError BadRequest, Invalid. */
export function deleteOptionsOf(ports: Pick<PipelinePorts, 'codec'>, { verb, body, contentType, options: query }: Pick<ResourceRequest, 'verb' | 'body' | 'contentType' | 'options'>): DeleteOptions {
  const given: DeleteOptions = body.length === 0 ? {} : (ports.codec.decode(optionsKind, body, contentType, 'Ignore').object as DeleteOptions);
  if (given.kind !== undefined && given.kind !== optionsKind.kind) throw new ApiError('BadRequest', 'the body of a delete must be DeleteOptions');
  const options: DeleteOptions = {
    gracePeriodSeconds: given.gracePeriodSeconds ?? query.gracePeriodSeconds,
    propagationPolicy: given.propagationPolicy ?? query.propagationPolicy,
    orphanDependents: given.orphanDependents ?? query.orphanDependents,
    preconditions: given.preconditions ?? (verb === 'delete' ? preconditionsOf(query) : undefined),
    dryRun: [...(given.dryRun ?? []), ...(query.dryRun ?? [])],
  };
  checkDeleteOptions(options);
  return options;
}

/** Of a single object: `uid` and `resourceVersion` in the query are conditions, too. */
function preconditionsOf({ uid = '', resourceVersion = '' }: ResourceRequest['options']): DeleteOptions['preconditions'] {
  if (uid === '' && resourceVersion === '') return undefined;
  return { ...(uid === '' ? {} : { uid }), ...(resourceVersion === '' ? {} : { resourceVersion }) };
}

/** @throws ApiError Invalid. Source: apimachinery, meta/v1 validation ValidateDeleteOptions. */
export function checkDeleteOptions({ propagationPolicy, orphanDependents, dryRun }: DeleteOptions): void {
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    errors.push({ type: 'FieldValueInvalid', field: 'propagationPolicy', message: `Invalid value: ${JSON.stringify(propagationPolicy.slice(0, 64))}: orphanDependents and deletionPropagation cannot be both set` });
  }
  if (propagationPolicy !== undefined && !policies.has(propagationPolicy)) {
    errors.push({ type: 'FieldValueNotSupported', field: 'propagationPolicy', message: `Unsupported value: ${JSON.stringify(propagationPolicy.slice(0, 64))}: supported values: "Background", "Foreground", "Orphan", "nil"` });
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}
