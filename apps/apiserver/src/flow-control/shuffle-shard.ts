/**
 * Shuffle sharding: each flow is dealt a hand of queues, by the hash of its name. Two flows seldom hold the same hand, so that a heavy
 * one fills queues of which the others hold at most a few.
 */

/** 32 bits of the text; `seed` differs from server to server, so that nobody can choose a name that meets another's hand. */
export function hashText(text: string, seed: number): number {
  // FNV-1a over code units, then the finaliser of murmur3.
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Deals `handSize` different numbers below `queues` (at least 1 of each), evenly for evenly spread hashes. The two halves of the hash
 * have to be independent of one another.
 */
export function dealHand(low: number, high: number, queues: number, handSize: number): number[] {
  const hand: number[] = [];
  const taken: number[] = [];
  let state = low;
  for (let dealt = 0; dealt < Math.min(handSize, queues); dealt++) {
    state = (state + 0x9e3779b9) >>> 0;
    let card = Math.floor((mixed(state ^ mixed(high + dealt)) / 2 ** 32) * (queues - dealt));
    // The card-th of those that are left.
    let at = 0;
    while (at < taken.length && (taken[at] as number) <= card) {
      card++;
      at++;
    }
    taken.splice(at, 0, card);
    hand.push(card);
  }
  return hand;
}
