import { ApiError, apiVersionOf, applyPatch, decodeManagers, hasReason, type KindDefinition, type KubeObject } from '@rhythm/api';
import { bodyCodec, schemaOf } from '../../pipeline/codec.ts';
import type { BodyCodec } from '../../pipeline/ports.ts';
import type { AdmissionRequest, AdmissionStep } from '../../ports/types.ts';
import { deepEqual } from '../../registry/deep-equal.ts';
import { isExemptFromWebhooks, type Matched } from '../matching/index.ts';
import { ask, concerns, type AdmissionWebhookPorts } from './ask.ts';
import { WaitBudgets } from './budget.ts';
import { denied } from './denial.ts';
import type { Hook } from './hook.ts';
import { HookSet, isNone } from './hook-set.ts';
import { convertObject } from '../../registry/convert.ts';

/** What the first round leaves for the second. */
interface FirstRound {
  /** Webhooks that are to be asked once more if anything has changed since. */
  readonly asked: Set<string>;
  /** Those of them that another webhook has changed something for already. */
  readonly due: Set<string>;
  /** The object as the last webhook left it. */
  left: string;
}

/** Asks the mutating webhooks one after the other; each sees what those before it have made of the object. */
export function mutatingWebhooks(ports: AdmissionWebhookPorts): AdmissionStep {
  const hooks = new HookSet('mutatingwebhookconfigurations', ports.reader, ports.changes);
  const budgets = new WaitBudgets(ports.clock);
  const codec = bodyCodec(ports.registry);
  const step: AdmissionStep = {
    name: 'MutatingAdmissionWebhook',
    admit(request) {
      const current = hooks.current();
      if (isNone(current)) return;
      return askAll(current, request);
    },
  };
  const askAll = async (asked: ReturnType<HookSet['current']>, request: AdmissionRequest): Promise<void> => {
    const current = await asked;
    if (current.length === 0 || isExemptFromWebhooks(request)) return;
    const first = firstRoundOf(step, request);
    if (request.rounds?.isSecond === true && JSON.stringify(request.object) !== first.left) for (const id of first.asked) first.due.add(id);
    for (const hook of current) {
      if (request.rounds?.isSecond === true && !first.due.has(hook.id)) continue;
      await budgets.charge(request.attributes, () => one(hook, request, first));
    }
    first.left = JSON.stringify(request.object);
  };
  const one = async (hook: Hook, request: AdmissionRequest, first: FirstRound): Promise<void> => {
    const matched = await concerns(hook, request, ports);
    if (matched === undefined) return;
    const verdict = await ask(hook, request, matched, true, ports, budgets);
    if (verdict === undefined) return;
    if (!verdict.isAllowed) throw denied(hook.name, verdict.status);
    const isChanged = verdict.patch !== undefined && (await change(codec, request, matched, verdict.patch));
    if (request.rounds?.isSecond !== true) {
      if (isChanged) {
        for (const id of first.asked) first.due.add(id);
        request.rounds?.askForSecond();
      }
      if (hook.isReinvoked) first.asked.add(hook.id);
    }
  };
  return step;
}

function firstRoundOf(step: AdmissionStep, { rounds }: AdmissionRequest): FirstRound {
  const known = rounds?.kept.get(step) as FirstRound | undefined;
  const first = known ?? { asked: new Set<string>(), due: new Set<string>(), left: '' };
  rounds?.kept.set(step, first);
  return first;
}

/** Applies a patch: what comes out is read as from a client, defaults included. True when it changed anything. @throws ApiError InternalError, BadRequest. */
async function change(codec: BodyCodec, request: AdmissionRequest, matched: Matched, patch: unknown): Promise<boolean> {
  const { object } = request;
  // There is nothing to be patched of what goes away.
  if (object === undefined || matched.object === undefined) {
    if (Array.isArray(patch) && patch.length === 0) return false;
    throw new ApiError('InternalError', `Internal error occurred: admission webhook attempted to modify the object, which is not supported for this operation`);
  }
  const before = JSON.stringify(object);
  const subject = subjectOf(matched.kind, object, request);
  const patched = patchedObject(subject, matched.object, patch);
  const next = await convertObject(matched.kind, request.kind, readBack(codec, subject, patched));
  keepIdentity(next, object, request);
  replace(object, next);
  return !deepEqual(JSON.parse(before), object);
}

/** The kind of the object at hand: of a subresource's own (Binding), or of the resource. */
function subjectOf(kind: KindDefinition, object: KubeObject, { attributes }: AdmissionRequest): Pick<KindDefinition, 'group' | 'version' | 'kind'> & Partial<KindDefinition> {
  if (attributes.subresource === '' || (object.kind === kind.kind && object.apiVersion === apiVersionOf(kind))) return kind;
  return kind.subresources.find(({ name, kind: own }) => name === attributes.subresource && own === object.kind) ?? kind;
}

function patchedObject(subject: Parameters<typeof schemaOf>[0], object: KubeObject, patch: unknown): object {
  try {
    return applyPatch('json', schemaOf(subject), JSON.parse(JSON.stringify(object)) as object, patch);
  } catch (error) {
    throw new ApiError('InternalError', `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function readBack(codec: BodyCodec, subject: Parameters<typeof schemaOf>[0], patched: object): KubeObject {
  try {
    return codec.admit(subject, patched, 'Ignore').object;
  } catch (error) {
    if (!hasReason(error, 'BadRequest')) throw error;
    throw new ApiError('InternalError', `Internal error occurred: ${error.message}`, { cause: error });
  }
}

/** What an object is called is not a webhook's to change, nor who owns its fields in a form that nobody can read. */
function keepIdentity(next: KubeObject, before: KubeObject, { operation, attributes }: AdmissionRequest): void {
  const { name, namespace, uid, creationTimestamp, resourceVersion, managedFields } = before.metadata;
  const isNamed = operation !== 'CREATE' || attributes.name !== '';
  if (next.metadata.namespace !== namespace || (isNamed && next.metadata.name !== name)) throw new ApiError('BadRequest', 'the name and namespace of an object must not be changed by an admission webhook');
  for (const [field, value] of Object.entries({ uid, creationTimestamp, resourceVersion })) {
    if (value === undefined) delete (next.metadata as Record<string, unknown>)[field];
    else (next.metadata as Record<string, unknown>)[field] = value;
  }
  if (decodeManagers(next.metadata.managedFields) !== undefined) return;
  if (managedFields === undefined) delete next.metadata.managedFields;
  else next.metadata.managedFields = managedFields;
}

/** Puts the content of one object into another, whose holders keep it. */
function replace(object: KubeObject, next: KubeObject): void {
  const target = object as unknown as Record<string, unknown>;
  for (const name of Object.keys(target)) if (!Object.hasOwn(next, name)) delete target[name];
  for (const [name, value] of Object.entries(next)) Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}
