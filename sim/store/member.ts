import { seededRandom, silentLog, toError } from '@rhythm/base';
import type { NodeId } from '@rhythm/raft';
import { SimFiles, SimProcess, SimSpaces, type DiskFaults, type World } from '@rhythm/simulator';
import { Gate, GroupOperations, Host, KeyValues, Passwords, SimpleTokens, StoreBackend, WatchHub, type HostOptions, type HostPlant, type MemberRecord } from '@rhythm/store/parts';
import type { Wires } from './transport.ts';

const clusterId = 0xc1n;
/** Small, so that segments are closed, logs are cut and leases are written down in a run of seconds. */
const small = { segmentBytesMax: 3000, cutEveryEntries: 25, leaseCheckpointMs: 2500 } as const;

export const disks: DiskFaults = { writeMs: 0.2, syncMs: 1.5, slow: 0.02, slowMs: 120, error: 0.0004 };
const perfect: DiskFaults = { ...disks, slow: 0, error: 0 };

/** What one life of a member offers. */
export interface Life {
  readonly process: SimProcess;
  readonly host: Host;
  readonly kv: KeyValues;
  readonly hub: WatchHub;
  readonly group: GroupOperations;
}

export interface Surroundings {
  readonly world: World;
  readonly wires: Wires;
  readonly founders: readonly MemberRecord[];
  readonly plant: HostPlant | undefined;
  /** A life has begun: before anything else is told of what it applies. */
  started(member: Member, life: Life): void;
  leads(member: Member, term: number): void;
}

export const recordOf = (id: NodeId): MemberRecord => ({ id, name: `m${id}`, peerUrls: [`http://m${id}`], clientUrls: [] });

/** One member of the store: its disk, which outlives it, and the process that runs the real host on it. */
export class Member {
  readonly id: NodeId;
  life: Life | undefined;
  /** It was removed from the group, and knows it. */
  isRemoved = false;
  readonly files: SimFiles;
  readonly #spaces: SimSpaces;
  readonly #around: Surroundings;
  #process: SimProcess | undefined;
  #lives = 0;
  #isInPeace = false;

  constructor(id: NodeId, around: Surroundings) {
    this.id = id;
    this.#around = around;
    this.files = new SimFiles(around.world, disks);
    this.#spaces = new SimSpaces(around.world, disks);
    this.files.onSync = () => this.#inSync();
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  /** Starts the process, if it is not running. */
  start(): void {
    if (this.#process !== undefined || this.isRemoved) return;
    const { world, wires, founders, plant } = this.#around;
    const process = new SimProcess(world, 0.93 + world.random.next() * 0.14);
    this.#process = process;
    const group: GroupOperations = new GroupOperations(() => this.life?.host as Host, process.clock, 'sim');
    const options: HostOptions = {
      answer: group.answer,
      ...small,
      id: this.id,
      clusterId,
      founders: founders.some(({ id }) => id === this.id) ? founders : [],
      files: this.files.open(process),
      spaces: this.#spaces.open(process),
      transport: wires.transport(this.id, process),
      clock: process.clock,
      random: seededRandom(Number(this.id) * 1000 + ++this.#lives + Math.floor(world.random.next() * 1e9)),
      log: silentLog,
      plant,
    };
    Host.start(options).then(
      (host) => this.#started(process, host, group),
      (error: unknown) => this.#ended(process, toError(error)),
    );
  }

  /** Ends the process with the power of its machine. */
  crash(): void {
    if (this.#process === undefined) return;
    this.#end();
    this.files.crash();
    this.#spaces.crash();
  }

  /** Ends the process only: what it wrote is with the operating system. */
  kill(): void {
    if (this.#process !== undefined) this.#end();
  }

  /** From now on nothing fails. */
  calm(): void {
    this.#isInPeace = true;
    this.files.faults = perfect;
    this.#spaces.faults = perfect;
    this.files.isFull = false;
    this.resume();
    this.start();
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  #started(process: SimProcess, host: Host, group: GroupOperations): void {
    const { world, plant } = this.#around;
    if (process.isOver) return;
    const tokens = new SimpleTokens(process.clock, 300_000);
    const gate = new Gate({
      machine: () => host.state.auth.machine,
      tokens,
      passwords: new Passwords(4),
      certificates: false,
      log: silentLog,
      linearizable: () => host.linearizable(),
      assign: () => Promise.reject(new Error('nobody signs in here')),
    });
    const backend = new StoreBackend({ host, gate, identity: { name: `m${this.id}`, clusterId, memberId: this.id }, group, quotaBytes: 1 << 30 });
    // Whoever keeps the history hears of it first, then the watches.
    const life: { -readonly [key in keyof Life]?: Life[key] } = { process, host, group, kv: new KeyValues(backend, process.clock) };
    this.life = life as Life;
    this.#around.started(this, this.life);
    life.hub = new WatchHub(backend, process.clock, 900, { plant, limits: { queuedBytesMax: 500, historyBytesMax: 150, fragmentBytesMax: 50 } });
    host.failed.catch((error: unknown) => this.#ended(process, toError(error)));
    this.#watchLeading(process, host);
    world.count('starts');
  }

  /** It cannot go on: a supervisor starts it again. */
  #ended(process: SimProcess, error: Error): void {
    if (process !== this.#process) return;
    const { world } = this.#around;
    if (/was removed/.test(error.message)) {
      this.isRemoved = true;
      world.count('removed members');
    } else if (!/space|input\/output/.test(`${error.message} ${String(error.cause)}`)) {
      world.fail(error);
    }
    this.#end();
    world.after(300 + world.random.next() * 300, () => this.start());
  }

  #end(): void {
    this.#process?.end();
    this.#process = undefined;
    this.life = undefined;
  }

  #inSync(): void {
    const { world } = this.#around;
    if (this.#isInPeace || !world.chance(0.003)) return;
    world.count('crash in write');
    const process = this.#process;
    world.after(world.random.next(), () => {
      if (process !== this.#process) return;
      this.crash();
      world.after(200 + world.random.next() * 2000, () => this.start());
    });
  }

  #watchLeading(process: SimProcess, host: Host): void {
    let term = 0;
    const look = (): void => {
      if (process.isOver) return;
      const status = host.status();
      if (status.role === 'leader' && status.term !== term) this.#around.leads(this, (term = status.term));
      this.#around.world.after(25, look);
    };
    look();
  }
}
