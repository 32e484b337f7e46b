/** Name, lowest and highest value of the five fields of a cron line, and the names that stand for numbers. */
const fields: readonly { readonly name: string; readonly min: number; readonly max: number; readonly words?: readonly string[] }[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of week', min: 0, max: 6, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const macros: ReadonlySet<string> = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const scheduleLengthMax = 1024;

/** What is wrong with a schedule in cron's form: five fields, a macro, or `@every DURATION`. */
export function checkSchedule(schedule: string): string[] {
  if (schedule.length > scheduleLengthMax) return [`must be no more than ${scheduleLengthMax} characters`];
  if (/TZ/.test(schedule)) return ['cannot use TZ or CRON_TZ in schedule, use timeZone field instead'];
  if (schedule.startsWith('@')) {
    if (macros.has(schedule) || /^@every ([0-9.]+(ns|us|µs|ms|s|m|h))+$/.test(schedule)) return [];
    return [`unrecognized descriptor: ${schedule}`];
  }
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== fields.length) return [`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`];
  for (const [i, field] of fields.entries()) {
    const wrong = (parts[i] ?? '').split(',').map((range) => checkRange(range, field)).find((error) => error !== undefined);
    if (wrong !== undefined) return [wrong];
  }
  return [];
}

function checkRange(text: string, field: (typeof fields)[number]): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  if (more.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined && !/^[1-9]\d{0,8}$/.test(step)) return step === '0' ? `step of range should be a positive number: ${text}` : `failed to parse int from ${step}`;
  if (range === '*' || range === '?') return undefined;
  const [from = '', to, ...rest] = range.split('-');
  if (rest.length > 0) return `too many hyphens: ${text}`;
  const low = numberOf(from, field);
  const high = to === undefined ? low : numberOf(to, field);
  if (low === undefined || high === undefined) return `failed to parse int from ${low === undefined ? from : (to ?? '')}`;
  if (low < field.min) return `beginning of range (${low}) below minimum (${field.min}): ${text}`;
  if (high > field.max) return `end of range (${high}) above maximum (${field.max}): ${text}`;
  return low > high ? `beginning of range (${low}) beyond end of range (${high}): ${text}` : undefined;
}

function numberOf(text: string, field: (typeof fields)[number]): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1;
  if (word >= 0) return word + field.min;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
