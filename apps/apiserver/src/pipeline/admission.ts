import type { KubeObject } from '@rhythm/api';
import type { Call, PipelinePorts } from './ports.ts';
import type { AdmissionRequest, AdmissionStep, Companion, MutationRounds } from './types.ts';

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
    const repeated = this.#ports.admission.filter(({ once }) => once !== true);
    for (const step of repeated) await step.admit?.({ ...request, rounds: rounds(false) });
    if (wantsSecond) for (const step of repeated) await step.admit?.({ ...request, rounds: rounds(true) });
    for (const step of this.#ports.admission) if (step.once === true) await step.admit?.(request);
  }

  async validate(object: KubeObject | undefined, old?: KubeObject): Promise<void> {
    const request = this.#request(object, old);
    for (const step of this.#ports.admission) await step.validate?.(request);
  }

  /** What goes with an object that is finally removed. */
  companionsOfRemoved(object: KubeObject): Companion[] {
    return this.#ports.admission.flatMap((step) => step.companionsOfRemoved?.(this.#call.kind, object) ?? []);
  }

  #request(object: KubeObject | undefined, old: KubeObject | undefined): AdmissionRequest {
    return {
      operation: this.#operation,
      attributes: this.#call.attributes,
      kind: this.#call.kind,
      ...(object === undefined ? {} : { object }),
      ...(old === undefined ? {} : { old }),
      dryRun: this.#call.dryRun,
      ...(this.#options === undefined ? {} : { options: this.#options }),
      signal: this.#call.request.signal,
      warn: (message) => this.#call.warnings.add(message),
      alsoWrite: (companion) => this.companions.push(companion),
    };
  }
}

/** The options of the query as the API has them. A connection has none: its object is its options. */
function optionsOf({ request: { verb, options } }: Call, operation: AdmissionRequest['operation']): object | undefined {
  if (operation === 'CONNECT' || operation === 'DELETE') return undefined;
  const { dryRun, fieldManager, fieldValidation, force } = options;
  const given = Object.fromEntries(Object.entries({ dryRun, fieldManager, fieldValidation, ...(verb === 'patch' ? { force } : {}) }).filter(([, value]) => value !== undefined));
  return { kind: verb === 'patch' ? 'PatchOptions' : operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', ...given };
}
