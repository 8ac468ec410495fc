const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

export const count = (value: number): string => whole.format(value);

/** For axes and figures: 0.25, 9,999, 1.23M. */
export const compact = (value: number): string =>
    Math.abs(value) >= 10_000 ? short.format(value) : (Number.isInteger(value) ? whole : small).format(value);

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytesText(size: number): string {
    let [value, unit] = [size, 0];
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit += 1;
    }
    return unit === 0 ? `${size} bytes` : `${value.toPrecision(3)} ${units[unit] ?? ''}`;
}
