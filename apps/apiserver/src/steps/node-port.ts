import { ApiError } from '@rhythm/api';
import { randomInt, type Clock, type Random } from '@rhythm/base';
import type { Service } from '@rhythm/api/types/core-v1';
import type { ObjectReader } from '../ports/types.ts';
import { forbiddenService, invalidService } from './refuse-service.ts';
import { heldNodePorts, mayHaveNodePorts, needsHealthCheckPort, needsNodePorts } from './service-fields.ts';

export const nodePortMin = 30_000;
export const nodePortMax = 32_767;
/** The lower ports are left to services that choose theirs (KEP-3668). */
const dynamicMin = nodePortMin + 86;
/** How long a port chosen here is not chosen again while its Service is on the way through the store and the cache. */
const reservedMs = 2_000;

/**
 * Chooses node ports. Which are in use is read from the Services; ports on their way to the store are remembered here, so
 * two requests to one server never get the same one. Two servers could, for an explicit port, in the moment between
 * their reads: the repair at start reports that.
 */
export class NodePortAllocator {
  readonly #reader: ObjectReader;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #reserved = new Map<number, { readonly owner: string; readonly until: number }>();

  constructor(reader: ObjectReader, random: Random, clock: Clock) {
    this.#reader = reader;
    this.#random = random;
    this.#clock = clock;
  }

  /** Fills in the ports that `service` needs and refuses those that it may not have. */
  async allocate(service: Service, old: Service | undefined, dryRun: boolean): Promise<void> {
    const before = new Set(old === undefined ? [] : heldNodePorts(old));
    const given = heldNodePorts(service).filter((port) => !before.has(port));
    const { spec } = service;
    const missing = needsNodePorts(service) && (spec.ports ?? []).some((port) => (port.nodePort ?? 0) === 0);
    const missingHealth = needsHealthCheckPort(service) && (spec.healthCheckNodePort ?? 0) === 0;
    if (given.length === 0 && !missing && !missingHealth) return;
    const owner = `${service.metadata.namespace}/${service.metadata.name}`;
    const services = await this.#reader.list<Service>('', 'services', '');
    // From here to the reservation nothing waits: two requests cannot both find a port free.
    const used = this.#used(services, owner);
    this.#checkGiven(service, new Set(given), used);
    for (const port of heldNodePorts(service)) used.add(port);
    if (missing) this.#fill(service, used);
    if (missingHealth) spec.healthCheckNodePort = this.#choose(used);
    if (dryRun) return;
    for (const port of heldNodePorts(service)) this.#reserved.set(port, { owner, until: this.#clock.monotonic() + reservedMs });
  }

  #checkGiven(service: Service, given: ReadonlySet<number>, used: ReadonlySet<number>): void {
    const check = (field: string, port: number): void => {
      if (!given.has(port)) return;
      if (!mayHaveNodePorts(service)) throw forbiddenService(service, field, 'may not be used when `type` is \'ClusterIP\'');
      if (port < nodePortMin || port > nodePortMax) throw invalidService(service, field, port, `provided port is not in the valid range. The range of valid ports is ${nodePortMin}-${nodePortMax}`);
      if (used.has(port)) throw invalidService(service, field, port, 'provided port is already allocated');
    };
    (service.spec.ports ?? []).forEach((port, i) => check(`spec.ports[${i}].nodePort`, port.nodePort ?? 0));
    check('spec.healthCheckNodePort', service.spec.healthCheckNodePort ?? 0);
  }

  /** One number serves TCP and UDP of the same port. */
  #fill(service: Service, used: Set<number>): void {
    const ports = service.spec.ports ?? [];
    for (const port of ports) {
      if ((port.nodePort ?? 0) !== 0) continue;
      const twin = ports.find((other) => other.port === port.port && other.protocol !== port.protocol && (other.nodePort ?? 0) !== 0);
      const free = twin !== undefined && !ports.some((other) => other.protocol === port.protocol && other.nodePort === twin.nodePort);
      port.nodePort = free ? twin.nodePort : this.#choose(used);
    }
  }

  #choose(used: Set<number>): number {
    for (const [from, to] of [[dynamicMin, nodePortMax], [nodePortMin, dynamicMin - 1]] as const) {
      const count = to - from + 1;
      const start = randomInt(this.#random, count);
      for (let i = 0; i < count; i++) {
        const port = from + ((start + i) % count);
        if (used.has(port)) continue;
        used.add(port);
        return port;
      }
    }
    throw new ApiError('InternalError', 'failed to allocate a nodePort: range is full');
  }

  #used(services: readonly Service[], owner: string): Set<number> {
    const used = new Set<number>();
    const now = this.#clock.monotonic();
    for (const [port, reserved] of this.#reserved) {
      if (reserved.until <= now) this.#reserved.delete(port);
      else if (reserved.owner !== owner) used.add(port);
    }
    for (const service of services) {
      if (`${service.metadata.namespace}/${service.metadata.name}` === owner) continue;
      for (const port of heldNodePorts(service)) used.add(port);
    }
    return used;
  }
}
