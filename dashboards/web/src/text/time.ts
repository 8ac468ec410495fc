const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** Date and time in the zone of the reader. */
export const absoluteText = (at: string): string => absolute.format(new Date(at));

/** The same with the zone's name, for a tooltip. */
export const zonedText = (at: string): string => zoned.format(new Date(at));

export const clockText = (at: string | number): string => clock.format(new Date(at));

const steps: [number, string][] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
];

/** A span in its largest unit, with one digit behind the point where it is short: 850 ms, 1.2 s, 3 min. */
export function spanText(ms: number): string {
    if (ms < 1000) {
        return `${Math.max(0, Math.round(ms))} ms`;
    }
    const [size, unit] = steps.find(([length]) => ms >= length) ?? [1000, 's'];
    const value = ms / size;
    return `${value < 10 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${unit}`;
}

export function agoText(at: string, now: number): string {
    const ms = now - Date.parse(at);
    return ms < -1000 ? `in ${spanText(-ms)}` : ms < 1000 ? 'now' : `${spanText(ms)} ago`;
}
