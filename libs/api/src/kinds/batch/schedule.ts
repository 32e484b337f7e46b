/** Name, lowest and highest value of the five fields of a cron line, and the names that stand for numbers. */
const fields: readonly { readonly name: string; readonly min: number; readonly max: number; readonly words?: readonly string[] }[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of week', min: 0, max: 6, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const macros: ReadonlySet<string> = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const every = '@every ';
const duration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/;
const zonePrefix = /^(?:TZ|CRON_TZ)=(\S*)(?: (.*))?$/s;

/** What is wrong with a schedule in cron's form: five fields, a macro, or `@every DURATION`; and that it names no time zone, which has a field of its own. */
export function checkSchedule(schedule: string): string[] {
  const wrong = checkForm(schedule);
  const errors = wrong === undefined ? [] : [wrong];
  return schedule.includes('TZ') ? [...errors, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'] : errors;
}

/** What cron (robfig/cron) would say to a schedule. */
export function checkForm(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  const [, zone, rest] = zonePrefix.exec(schedule) ?? [];
  if (zone !== undefined && !isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  const text = zone === undefined ? schedule : (rest ?? '').trim();
  if (text.startsWith('@')) return checkDescriptor(text);
  const parts = text.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  for (const [i, field] of fields.entries()) {
    for (const range of (parts[i] ?? '').split(',')) {
      const wrong = range === '' ? undefined : checkRange(range, field);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

/** Whether a name of a time zone is one that the system has (IANA's), spelt as there. */
export function isTimeZone(zone: string): boolean {
  if (zone === 'Local' || zone === '') return true;
  // Offsets are zones to the platform, not to Kubernetes.
  if (/^[+-]/.test(zone)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions();
    return timeZone === zone || timeZone.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
}

function checkDescriptor(text: string): string | undefined {
  if (macros.has(text)) return undefined;
  if (!text.startsWith(every)) return `unrecognized descriptor: ${text}`;
  const length = text.slice(every.length);
  return length === '0' || duration.test(length) ? undefined : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(length)}`;
}

function checkRange(text: string, field: (typeof fields)[number]): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const [from = '', to, ...rest] = range.split('-');
  let [low, high] = [field.min, field.max];
  if (from !== '*' && from !== '?') {
    const start = numberOf(from, field);
    if (typeof start === 'string') return start;
    const end = to === undefined ? start : numberOf(to, field);
    if (typeof end === 'string') return end;
    if (rest.length > 0) return `too many hyphens: ${text}`;
    [low, high] = [start, end];
  }
  if (more.length > 0) return `too many slashes: ${text}`;
  const every = step === undefined ? 1 : integerOf(step);
  if (typeof every === 'string') return every;
  // `5/15` begins at 5 and goes on to the end.
  if (step !== undefined && to === undefined) high = field.max;
  if (low < field.min) return `beginning of range (${low}) below minimum (${field.min}): ${text}`;
  if (high > field.max) return `end of range (${high}) above maximum (${field.max}): ${text}`;
  if (low > high) return `beginning of range (${low}) beyond end of range (${high}): ${text}`;
  return every === 0 ? `step of range should be a positive number: ${text}` : undefined;
}

/** The number, or what is wrong. */
function numberOf(text: string, field: (typeof fields)[number]): number | string {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  return word >= 0 ? word + field.min : integerOf(text);
}

function integerOf(text: string): number | string {
  if (!/^[+-]?\d+$/.test(text)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`;
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}
