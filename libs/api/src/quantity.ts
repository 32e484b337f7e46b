/** How a quantity is written: `1500m`, `1Gi` or `15e2`. Sums keep the format of the first that is not zero. */
export type QuantityFormat = 'decimal-si' | 'binary-si' | 'decimal-exponent';

/**
 * An exact amount of a resource (apimachinery, api/resource Quantity). Nothing finer than 1/10⁹ exists:
 * parsing rounds away from zero, so that a little of something is never nothing.
 */
export interface Quantity {
  /** The amount in units of 10⁻⁹. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** The text is not a quantity; the message is Kubernetes'. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const suffixWrong = "unable to parse quantity's suffix";

/** Longest text taken, and largest exponent: far above anything that means something, so that hostile text costs nothing. */
const textLengthMax = 128;
const exponentMax = 64;

const nanoPerUnit = 1_000_000_000n;
const nanoPerMilli = 1_000_000n;
/** What binary quantities are capped at: the largest int64. */
const binaryNanoMax = (2n ** 63n - 1n) * nanoPerUnit;

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18],
]);
const binaryExponents: ReadonlyMap<string, number> = new Map([
  ['Ki', 10], ['Mi', 20], ['Gi', 30], ['Ti', 40], ['Pi', 50], ['Ei', 60],
]);
const decimalSuffixes: ReadonlyMap<number, string> = new Map([...decimalExponents].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes: readonly string[] = ['', ...binaryExponents.keys()];

interface Suffix {
  readonly format: QuantityFormat;
  readonly base: 2n | 10n;
  readonly exponent: number;
}

/** Quantities by text: a cluster's objects have few different ones, and each is looked at many times in one write. */
const parsed = new Map<string, Quantity>();
const parsedMax = 1024;

/** The quantity a text or a JSON number stands for. Throws `QuantityError`. */
export function parseQuantity(value: string | number): Quantity {
  if (typeof value === 'number') return readQuantity(value);
  let quantity = parsed.get(value);
  if (quantity === undefined) {
    quantity = readQuantity(value);
    if (parsed.size >= parsedMax) parsed.clear();
    parsed.set(value, Object.freeze(quantity));
  }
  return quantity;
}

function readQuantity(value: string | number): Quantity {
  const text = typeof value === 'number' ? numberText(value) : value;
  const match = text.length > textLengthMax ? null : /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/.exec(text);
  if (match === null) throw new QuantityError(formatWrong);
  const [, sign = '', whole = '', fraction = '', letters = '', digits = ''] = match;
  if (whole === '' && fraction === '') throw new QuantityError(formatWrong);
  const suffix = parseSuffix(letters, digits);
  let nano = toNano(BigInt(whole + fraction), fraction.length, suffix);
  let format = suffix.format;
  if (format === 'binary-si') {
    if (nano > binaryNanoMax) nano = binaryNanoMax;
    if (nano > 0n && nano < nanoPerUnit) format = 'decimal-si';
  }
  return { nano: sign === '-' ? -nano : nano, format };
}

/** Whether `parseQuantity` would take it. */
export function isQuantity(value: string | number): boolean {
  try {
    parseQuantity(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The canonical text: no fraction, no needless zeros, the largest suffix that loses nothing.
 * A binary quantity below 1024 or with a fraction is written in decimal.
 */
export function formatQuantity(quantity: Quantity): string {
  const { nano, format } = quantity;
  if (nano === 0n) return '0';
  const size = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? '-' : '';
  if (format === 'binary-si' && size >= 1024n * nanoPerUnit && size % nanoPerUnit === 0n) return sign + formatBinary(size / nanoPerUnit);
  return sign + formatDecimal(size, format === 'decimal-exponent');
}

/** `formatQuantity` of `parseQuantity`. */
export function canonicalQuantity(value: string | number): string {
  return formatQuantity(parseQuantity(value));
}

/** As in a ResourceList: nothing finer than 1/1000 stays, rounded away from zero. */
export function roundUpToMilli(quantity: Quantity): Quantity {
  return { nano: divideUp(quantity.nano, nanoPerMilli) * nanoPerMilli, format: quantity.format };
}

/** Negative, zero or positive, as for `sort`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Whole units, rounded away from zero: bytes of memory, pieces. */
export function quantityValue(quantity: Quantity): bigint {
  return divideUp(quantity.nano, nanoPerUnit);
}

/** Thousandths, rounded away from zero: millicores. */
export function quantityMilli(quantity: Quantity): bigint {
  return divideUp(quantity.nano, nanoPerMilli);
}

/** The nearest double, for arithmetic that may be rounded (scores, ratios). */
export function quantityToNumber(quantity: Quantity): number {
  return Number(quantity.nano / nanoPerUnit) + Number(quantity.nano % nanoPerUnit) / 1e9;
}

/** A quantity of `units` whole units. */
export function quantityOf(units: number | bigint, format: QuantityFormat = 'decimal-si'): Quantity {
  return { nano: BigInt(units) * nanoPerUnit, format };
}

/** A quantity of `milli` thousandths. */
export function milliQuantity(milli: number | bigint): Quantity {
  return { nano: BigInt(milli) * nanoPerMilli, format: 'decimal-si' };
}

function parseSuffix(letters: string, digits: string): Suffix {
  if (digits === '') {
    const decimal = decimalExponents.get(letters);
    if (decimal !== undefined) return { format: 'decimal-si', base: 10n, exponent: decimal };
    const binary = binaryExponents.get(letters);
    if (binary !== undefined) return { format: 'binary-si', base: 2n, exponent: binary };
  } else if ((letters === 'e' || letters === 'E') && /\d/.test(digits)) {
    const exponent = Number(digits);
    if (Math.abs(exponent) <= exponentMax) return { format: 'decimal-exponent', base: 10n, exponent };
  }
  throw new QuantityError(/^[eEinumkKMGTP]*$/.test(letters) ? suffixWrong : formatWrong);
}

/** `digits` with `places` after the point, times the suffix, in nano, rounded up. */
function toNano(digits: bigint, places: number, suffix: Suffix): bigint {
  const scaled = digits * nanoPerUnit;
  if (suffix.base === 2n) return divideUp(scaled << BigInt(suffix.exponent), 10n ** BigInt(places));
  const exponent = suffix.exponent - places;
  return exponent >= 0 ? scaled * 10n ** BigInt(exponent) : divideUp(scaled, 10n ** BigInt(-exponent));
}

function formatBinary(units: bigint): string {
  let rest = units;
  let power = 0;
  while (power < binarySuffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${binarySuffixes[power] ?? ''}`;
}

function formatDecimal(nano: bigint, asExponent: boolean): string {
  let rest = nano;
  let exponent = -9;
  while (rest % 1000n === 0n && (asExponent || exponent < 18)) {
    rest /= 1000n;
    exponent += 3;
  }
  if (asExponent) return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  return `${rest}${decimalSuffixes.get(exponent) ?? ''}`;
}

/** Division by a positive number, rounded away from zero. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** JSON numbers as JSON writes them, never through a rounded exponent form we would not take. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new QuantityError(formatWrong);
  return String(value);
}
