import type { KubeObject } from '@rhythm/api';
import type { Call, PipelinePorts } from './ports.ts';
import type { AdmissionRequest, AdmissionStep, Companion, MutationRounds, RequestAttributes } from '../ports/types.ts';

/** The admission of one write: mutating steps, later validating ones, with what they want written besides. */
export class Admission {
  readonly companions: Companion[] = [];
  readonly #ports: PipelinePorts;
  readonly #call: Call;
  readonly #operation: AdmissionRequest['operation'];
  readonly #options: object | undefined;

  /** @param options of the request, where the call itself does not say them. */
  constructor(ports: PipelinePorts, call: Call, operation: AdmissionRequest['operation'], options?: object) {
    this.#ports = ports;
    this.#call = call;
    this.#operation = operation;
    this.#options = options ?? optionsOf(call, operation);
  }

  /** Steps may change `object` in place. */
  async mutate(object: KubeObject | undefined, old?: KubeObject): Promise<void> {
    const request = this.#request(object, old);
    const kept = new Map<AdmissionStep, unknown>();
    let wantsSecond = false;
    const rounds = (isSecond: boolean): MutationRounds => ({ isSecond, kept, askForSecond: () => (wantsSecond = true) });
    const { repeated, once } = stepsFor(this.#ports.admission, this.#call.attributes);
    const first = { ...request, rounds: rounds(false) };
    for (const step of repeated) {
      const wait = step.admit?.(first);
      if (wait !== undefined) await wait;
    }
    if (wantsSecond) for (const step of repeated) await step.admit?.({ ...request, rounds: rounds(true) });
    for (const step of once) await step.admit?.(request);
  }

  async validate(object: KubeObject | undefined, old?: KubeObject): Promise<void> {
    const request = this.#request(object, old);
    for (const step of stepsFor(this.#ports.admission, this.#call.attributes).validating) {
      const wait = step.validate?.(request);
      if (wait !== undefined) await wait;
    }
  }

  /** What goes with an object that is finally removed. */
  companionsOfRemoved(object: KubeObject): Companion[] {
    return this.#ports.admission.flatMap((step) => step.companionsOfRemoved?.(this.#call.kind, object) ?? []);
  }

  #request(object: KubeObject | undefined, old: KubeObject | undefined): AdmissionRequest {
    const { attributes, kind, dryRun, request, warnings, annotate } = this.#call;
    const asked: { -readonly [K in keyof AdmissionRequest]: AdmissionRequest[K] } = {
      operation: this.#operation,
      attributes,
      kind,
      dryRun,
      signal: request.signal,
      warn: (message) => warnings.add(message),
      alsoWrite: (companion) => this.companions.push(companion),
    };
    if (object !== undefined) asked.object = object;
    if (old !== undefined) asked.old = old;
    if (this.#options !== undefined) asked.options = this.#options;
    if (annotate !== undefined) asked.annotate = annotate;
    return asked;
  }
}

/** The steps that a resource has to do with, by what they do. */
interface Steps {
  readonly repeated: readonly AdmissionStep[];
  readonly once: readonly AdmissionStep[];
  readonly validating: readonly AdmissionStep[];
}

const stepsByResource = new WeakMap<readonly AdmissionStep[], Map<string, Steps>>();
/** Resources whose steps are remembered; there are fewer, unless definitions come and go. */
const resourcesMax = 4096;

function stepsFor(all: readonly AdmissionStep[], { group, resource }: RequestAttributes): Steps {
  let known = stepsByResource.get(all);
  if (known === undefined) stepsByResource.set(all, (known = new Map()));
  const key = `${group}/${resource}`;
  let steps = known.get(key);
  if (steps === undefined) {
    if (known.size >= resourcesMax) known.clear();
    const concerned = all.filter(({ resources }) => resources?.includes(key) ?? true);
    const admitting = concerned.filter((step) => step.admit !== undefined);
    steps = { repeated: admitting.filter(({ once }) => once !== true), once: admitting.filter(({ once }) => once === true), validating: concerned.filter((step) => step.validate !== undefined) };
    known.set(key, steps);
  }
  return steps;
}

/** The options of the query as the API has them. A connection has none: its object is its options. */
function optionsOf({ request: { verb, options } }: Call, operation: AdmissionRequest['operation']): object | undefined {
  if (operation === 'CONNECT' || operation === 'DELETE') return undefined;
  const { dryRun, fieldManager, fieldValidation, force } = options;
  const kind = verb === 'patch' ? 'PatchOptions' : operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions';
  const given: Record<string, unknown> = { kind, apiVersion: 'meta.k8s.io/v1' };
  if (dryRun !== undefined) given['dryRun'] = dryRun;
  if (fieldManager !== undefined) given['fieldManager'] = fieldManager;
  if (fieldValidation !== undefined) given['fieldValidation'] = fieldValidation;
  if (verb === 'patch' && force !== undefined) given['force'] = force;
  return given;
}
