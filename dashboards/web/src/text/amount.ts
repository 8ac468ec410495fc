/** How the market's tokens are written: their symbol and decimals on the chain, none without a chain. */
export interface Token {
    symbol: string;
    decimals: number;
}

const group = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** An amount of base units, exactly: 1,234 units, or 1.234 DEV with the token's decimals. */
export function amountText(units: string, token: Token | null): string {
    if (!/^\d+$/.test(units)) {
        return units;
    }
    if (token === null) {
        return group(units);
    }
    const padded = units.padStart(token.decimals + 1, '0');
    const whole = padded.slice(0, padded.length - token.decimals);
    const rest = padded.slice(padded.length - token.decimals).replace(/0+$/, '');
    return `${group(whole)}${rest === '' ? '' : `.${rest}`} ${token.symbol}`;
}

/** Base units of what a person typed: 1.5 with 18 decimals, or whole units; null where it is no amount. */
export function parseAmount(text: string, token: Token | null): string | null {
    const typed = /^(\d[\d,_ ]*)(?:\.(\d+))?$/.exec(text.trim());
    if (typed === null) {
        return null;
    }
    const decimals = token?.decimals ?? 0;
    const rest = typed[2] ?? '';
    if (rest.length > decimals) {
        return null;
    }
    const digits = (typed[1] ?? '').replace(/[,_ ]/g, '') + rest.padEnd(decimals, '0');
    return digits.replace(/^0+(?=\d)/, '');
}

/**
 * What a person typed into a field for an amount: base units above zero and at most `most`, or what is wrong. An empty field is neither.
 */
export function readAmount(
    typed: string,
    token: Token | null,
    most?: string,
): { units: string | null; error: string | null } {
    const units = parseAmount(typed, token);
    if (units === null || units === '0') {
        return { units: null, error: typed === '' ? null : 'Give an amount above zero, such as 1000.' };
    }
    return most !== undefined && BigInt(units) > BigInt(most)
        ? { units: null, error: `That is more than ${amountText(most, token)}.` }
        : { units, error: null };
}

/** For a chart's scale only, where the sixteenth digit does not matter. */
export const amountNumber = (units: string | undefined, token: Token | null): number | null =>
    units === undefined ? null : Number(units) / 10 ** (token?.decimals ?? 0);
