import type { Flow } from './flow-control.ts';
import { dealHand, hashText } from './shuffle-shard.ts';

/** Hands that are remembered; more are dealt anew each time. */
const rememberedMax = 4096;
const none: readonly number[] = [];
const only: readonly number[] = [0];

interface Dealt {
  readonly version: number;
  readonly hand: readonly number[];
}

/** The hands of the flows, remembered: dealing one takes longer than all the rest of letting a request in. */
export class Hands {
  readonly #seed: number;
  #dealt = new Map<string, Map<string, Dealt>>();
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  of({ name, level }: Pick<Flow, 'name' | 'level'>, distinguisher: string): readonly number[] {
    const { queues, handSize } = level.queues.plan;
    if (queues === 0) return none;
    if (queues === 1) return only;
    const known = this.#dealt.get(name)?.get(distinguisher);
    if (known !== undefined && known.version === level.planVersion) return known.hand;
    const flow = `${name}\0${distinguisher}`;
    const hand = dealHand(hashText(flow, this.#seed), hashText(flow, ~this.#seed), queues, handSize);
    this.#remember(name, distinguisher, { version: level.planVersion, hand });
    return hand;
  }

  #remember(name: string, distinguisher: string, dealt: Dealt): void {
    if (this.#size >= rememberedMax) {
      this.#dealt = new Map();
      this.#size = 0;
    }
    let flows = this.#dealt.get(name);
    if (flows === undefined) this.#dealt.set(name, (flows = new Map()));
    if (!flows.has(distinguisher)) this.#size++;
    flows.set(distinguisher, dealt);
  }
}
