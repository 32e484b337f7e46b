import type { KubeObject } from '@rhythm/api';
import type { Call, PipelinePorts } from './ports.ts';
import type { AdmissionRequest, Companion } from './types.ts';

/** The admission of one write: mutating steps, later validating ones, with what they want written besides. */
export class Admission {
  readonly companions: Companion[] = [];
  readonly #ports: PipelinePorts;
  readonly #call: Call;
  readonly #operation: AdmissionRequest['operation'];

  constructor(ports: PipelinePorts, call: Call, operation: AdmissionRequest['operation']) {
    this.#ports = ports;
    this.#call = call;
    this.#operation = operation;
  }

  /** Steps may change `object` in place. */
  async mutate(object: KubeObject | undefined, old?: KubeObject): Promise<void> {
    const request = this.#request(object, old);
    for (const step of this.#ports.admission) await step.admit?.(request);
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
      warn: (message) => this.#call.warnings.add(message),
      alsoWrite: (companion) => this.companions.push(companion),
    };
  }
}
