/** A value that may be replaced while the process runs: certificates that are renewed, say. Whoever starts something new takes the current one. */
export interface Live<T> {
  readonly current: T;
  /** Calls `listener` with each new value. Returns how to stop that. */
  onChange(listener: (value: T) => void): () => void;
}

/** What never changes, for those who take what may. */
export function constant<T>(value: T): Live<T> {
  return { current: value, onChange: () => () => undefined };
}
