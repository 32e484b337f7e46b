/** What a request is thought to cost before it is executed (KEP-1040, "width" of requests). */
export interface Cost {
  /** Seats while it is executed. */
  readonly seats: number;
  /** Seats that stay taken afterwards, while its change goes out to those who watch, … */
  readonly finalSeats: number;
  /** … and for how long, milliseconds. */
  readonly finalMs: number;
}

/** Kubernetes' figures (request/config.go of the API server). */
export const costs = {
  /** Of stored JSON: kubernetes#132932. */
  bytesPerSeat: 100_000,
  /** What one list from the cache has in memory at a time at most: it is streamed. */
  streamedBytesMax: 1_000_000,
  listSeatsMax: 100,
  writeSeatsMax: 10,
  /** No request may take more than this share of its level. */
  levelShareMax: 0.15,
  watchesPerSeat: 10,
  /** Work that a change is for each ten who watch, milliseconds of one seat. */
  fanOutMs: 5,
} as const;

/** How long a request is taken to last until it is known. */
export const guessedServiceMs = 3;

export const plainCost: Cost = { seats: 1, finalSeats: 0, finalMs: 0 };
const small: readonly Cost[] = Array.from({ length: costs.listSeatsMax + 1 }, (_, seats) => (seats === 1 ? plainCost : { seats, finalSeats: 0, finalMs: 0 }));

/** What is known of a kind without reading it. */
export interface KindSize {
  readonly objects: number;
  /** Of all of them, as JSON. */
  readonly bytes: number;
  readonly watches: number;
}

/** Of a list or of the first state of a watch. `limit` 0: all. */
export function listCost(size: KindSize, { limit, one, fromStore }: { readonly limit: number; readonly one: boolean; readonly fromStore: boolean }, seatsMax: number): Cost {
  if (size.objects === 0) return plainCost;
  const objects = one ? 1 : limit > 0 ? Math.min(limit, size.objects) : size.objects;
  const bytes = (objects * size.bytes) / size.objects;
  const seats = Math.ceil((fromStore ? bytes : Math.min(bytes, costs.streamedBytesMax)) / costs.bytesPerSeat);
  return small[Math.max(1, Math.min(seats, seatsMax, costs.listSeatsMax))] as Cost;
}

/** Of a write: its change goes to all who watch the kind, and takes seats until it has. */
export function writeCost(watches: number, seatsMax: number): Cost {
  if (watches < costs.watchesPerSeat) return plainCost;
  const wanted = Math.ceil(watches / costs.watchesPerSeat);
  const finalSeats = Math.max(1, Math.min(wanted, seatsMax, costs.writeSeatsMax));
  // Fewer seats than wanted are taken for longer.
  return { seats: 1, finalSeats, finalMs: (wanted * costs.fanOutMs) / finalSeats };
}

/** The most seats one request may take of a level with so many. */
export function requestSeatsMax(levelSeats: number): number {
  return Math.max(1, Math.min(costs.listSeatsMax, Math.ceil(levelSeats * costs.levelShareMax)));
}
