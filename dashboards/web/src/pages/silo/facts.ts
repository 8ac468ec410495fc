import type { Schemas } from '../../api/client';

export interface Silo {
    address: string;
    activations: number;
    classes: number;
}

/** The silos of a cluster, by the addresses that its grains have; none where there is one silo. */
export function silosOf(activations: Schemas['GrainActivations'][]): Silo[] {
    const silos = new Map<string, Silo>();
    for (const { silo, activations: there } of activations) {
        if (silo !== undefined) {
            const { activations: more, classes } = silos.get(silo) ?? { activations: 0, classes: 0 };
            silos.set(silo, { address: silo, activations: more + there, classes: classes + 1 });
        }
    }
    return [...silos.values()].sort((left, right) => (left.address < right.address ? -1 : 1));
}

/** Calls in a second, by those of a window. */
export const perSecond = (calls: number, windowMs: number): number => (windowMs > 0 ? (calls * 1000) / windowMs : 0);

const microsecondsOf = { second: 1_000_000, millisecond: 1000 };

/** 850 µs, 1.2 ms, 3.4 s. */
export function latencyText(us: number): string {
    const [value, unit] =
        us >= microsecondsOf.second
            ? [us / microsecondsOf.second, 's']
            : us >= microsecondsOf.millisecond
              ? [us / microsecondsOf.millisecond, 'ms']
              : [us, 'µs'];
    return `${value < 10 && unit !== 'µs' ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Without what each name begins with: Marketplace.Grains.JobGrain reads JobGrain. */
export const shortName = (name: string): string => name.replace(/^(?:\w+\.)+(?=\w)/, '');

/** Whether an option of the silo says so. */
export const isOn = (all: Schemas['SiloSetting'][], name: string): boolean =>
    all.some((one) => one.name === name && one.value?.toLowerCase() === 'true');
